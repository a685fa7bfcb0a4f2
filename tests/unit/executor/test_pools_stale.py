"""Who stood still with a task while it went on without him: what he writes is refused, so he does nothing outside."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from structlog.testing import capture_logs

from alur_common.executions import Batch, StoredJournals
from alur_executor.service.serving import Serving
from tests.support.virtual_time import in_virtual_time
from tests.unit.executor.pooling import gpu, kill, nothing_is_left, owner, serving
from tests.unit.executor.world import World, chain

TWICE: dict[str, Any] = {"timeout": "PT30S", "retry": {"attempts": 2, "delay": "PT1S"}}


class Stopped(StoredJournals):
    """The journals of a process that stands still just before it appends."""

    def __init__(self, world: World) -> None:
        super().__init__(world.documents)
        self.reached = asyncio.Event()
        self.goes_on = asyncio.Event()

    async def append(self, batch: Batch) -> None:
        self.reached.set()
        await self.goes_on.wait()
        await super().append(batch)


async def stopped(world: World) -> tuple[Serving, Stopped]:
    """Start an executor of the pool that stands still before it writes down that it begins."""
    made = await serving(world)
    journals = Stopped(world)
    made._parts = replace(made._parts, journals=journals)
    return made, journals


async def goes_on(made: Serving, journals: Stopped) -> list[str]:
    """Let it go on after an hour with what it has in hand; return what it says."""
    await asyncio.sleep(3_600)
    with capture_logs() as logs:
        journals.goes_on.set()
        await asyncio.gather(*(work.job for work in made._running.values()))
    return [log["event"] for log in logs]


async def stands_still(world: World, made: Serving, journals: Stopped) -> None:
    """Return once it stands still; it looks at nothing then, and its lease runs out."""
    await journals.reached.wait()
    assert made._looking is not None
    made._looking.cancel()
    await world.workers.remove("gpu-1")


@in_virtual_time
async def test_one_that_wakes_after_another_has_done_its_task_does_nothing(world: World) -> None:
    await owner(world)
    made, journals = await stopped(world)
    execution_id = await world.start(chain(gpu(inDoubt="ask")), {"n": 1})
    await stands_still(world, made, journals)
    await serving(world, "gpu-2")
    await world.pools.sweep()
    ended = await world.rest(execution_id)
    assert "task belongs to another" in await goes_on(made, journals)
    assert (ended.status, len(world.outside.calls)) == ("succeeded", 1)
    assert await nothing_is_left(world, ended)


@in_virtual_time
async def test_one_that_wakes_after_its_task_was_withdrawn_does_nothing(world: World) -> None:
    await owner(world)
    made, journals = await stopped(world)
    execution_id = await world.start(chain(gpu()), {"n": 1})
    await stands_still(world, made, journals)
    await world.tell(execution_id, "cancel", "cancel")
    ended = await world.rest(execution_id)
    assert "task belongs to another" in await goes_on(made, journals)
    assert (ended.status, world.outside.calls) == ("cancelled", [])
    assert await nothing_is_left(world, ended)


@in_virtual_time
async def test_one_that_wakes_after_the_time_of_its_task_does_nothing(world: World) -> None:
    await owner(world)
    made, journals = await stopped(world)
    execution_id = await world.start(chain(gpu(timeout="PT30S")), {"n": 1})
    await stands_still(world, made, journals)
    ended = await world.rest(execution_id)
    assert "task belongs to another" in await goes_on(made, journals)
    assert ((ended.error or {})["code"], world.outside.calls) == ("timeout", [])
    assert await nothing_is_left(world, ended)


@in_virtual_time
async def test_one_that_wakes_after_the_scheduler_dropped_its_task_does_nothing(
    world: World,
) -> None:
    one = await owner(world)
    made, journals = await stopped(world)
    execution_id = await world.start(chain(gpu()), {"n": 1})
    await stands_still(world, made, journals)
    await world.kill(one)
    execution = await world.executions.get(execution_id)
    await world.executions.save(execution.changed(status="cancelled"))
    await world.pools.sweep()  # offers it again
    await world.pools.sweep()  # drops it
    assert await world.tasks.is_empty()
    assert "task belongs to another" in await goes_on(made, journals)
    assert world.outside.calls == []


@pytest.mark.parametrize("is_removed", [False, True], ids=["before", "after"])
@in_virtual_time
async def test_an_owner_that_dies_as_it_takes_a_task_back_leaves_its_items_to_the_next(
    world: World, is_removed: bool
) -> None:
    one = await owner(world)
    made = await serving(world)
    world.outside.next = [None]
    world.outside.hold()
    execution_id = await world.start(chain(gpu(**TWICE)), {"n": 0}, {"n": 1})
    await world.outside.until(2)
    await kill(world, made)
    remove, reached = world.tasks.remove, asyncio.Event()

    async def dies(key: str, *, at_revision: int | None = None) -> None:
        if is_removed:
            await remove(key, at_revision=at_revision)
        reached.set()
        await asyncio.sleep(1e6)

    world.tasks.remove = dies  # type: ignore[method-assign]  # the moment in between
    await asyncio.sleep(40)
    await world.recovery.wake_due()
    await reached.wait()
    await world.kill(one)
    world.tasks.remove = remove  # type: ignore[method-assign]  # the next one lives
    await owner(world, "two")
    await serving(world, "gpu-2")
    ended = await world.rest(execution_id)
    assert [call.body["n"] for call in world.outside.calls] == [0, 1, 1]
    assert [item["answer"] for item in ended.output] == [0, 1]
    assert await nothing_is_left(world, ended)
