"""An execution that its executor cannot go on with has failed, whatever the store does at that moment; another's has not."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from alur_common.documents.memory import MemoryDocuments
from alur_common.executions import Batch, Execution, StoredExecutions, StoredJournals
from alur_engine.state import Limits
from alur_executor.service.executor import MOST_BREAKS
from alur_executor.service.opening import MOST_DEATHS
from alur_sdk.errors import NotFoundError, StorageError
from tests.support.virtual_time import in_virtual_time
from tests.unit.executor.world import World, chain, node


class Refusing(StoredExecutions):
    """Refuses the next reads, or the next writes."""

    reads = writes = 0

    async def find(self, execution_id: str) -> Execution | None:
        if self.reads:
            self.reads -= 1
            raise StorageError("the store is out of reach")
        return await super().find(execution_id)

    async def save(self, execution: Execution) -> Execution:
        if self.writes:
            self.writes -= 1
            raise StorageError("the store is out of reach")
        return await super().save(execution)


class Breaking(StoredJournals):
    """Has a fault of ours that ends each session, and does something at the last one that is begun."""

    def __init__(
        self, documents: MemoryDocuments, at_last: Callable[[str], Awaitable[None]]
    ) -> None:
        super().__init__(documents)
        self._left = MOST_BREAKS + 1
        self._at_last = at_last

    async def append(self, batch: Batch) -> None:
        self._left -= 1
        if self._left == 0:
            await self._at_last(batch.execution)
        raise RuntimeError("a fault of ours")


async def _given_up(world: World, at_last: Callable[[str], Awaitable[None]]) -> str:
    world.journals = Breaking(world.documents, at_last)
    await world.executor()
    return await world.start(chain(node("a")), {"n": 1})


@in_virtual_time
async def test_what_is_given_up_while_the_store_cannot_read_or_write_has_failed_afterwards(
    world: World,
) -> None:
    world.executions = refusing = Refusing(world.documents)

    async def refuse(_: str) -> None:
        refusing.reads, refusing.writes = 3, 3

    ended = await world.rest(await _given_up(world, refuse))
    assert (ended.status, (ended.error or {})["code"]) == ("failed", "internal")


@in_virtual_time
async def test_what_belongs_to_another_by_now_is_not_given_up(world: World) -> None:
    async def take_over(execution_id: str) -> None:
        known = await world.executions.get(execution_id)
        await world.workers.renew("two", 1e9, world.clock.now())
        await world.executions.save(known.changed(owner="two", epoch=known.epoch + 1))

    execution_id = await _given_up(world, take_over)
    await asyncio.sleep(60)
    known = await world.executions.get(execution_id)
    assert (known.status, known.owner, known.epoch) == ("running", "two", MOST_BREAKS + 2)


@pytest.mark.parametrize("checkpoint", [False, True], ids=["at the end", "on the way"])
@in_virtual_time
async def test_the_error_workflow_hears_of_what_makes_more_than_is_kept(
    world: World, checkpoint: bool
) -> None:
    world.limits = Limits(bytes=10_000)
    world.definitions.add("on-call", chain(node("tell", "core.noop")))
    fields = {"text": "{{ 'x'.repeat(20000) }}"}
    large = node("a", "core.set", params={"fields": fields}, checkpoint=checkpoint)
    ended = await world.run(chain(large, settings={"errorWorkflow": "on-call"}), {"n": 1})
    assert (ended.status, (ended.error or {})["code"]) == ("failed", "limit-bytes")
    assert [told.id for told in await world.all("on-call")] == [ended.handler]


@in_virtual_time
async def test_who_had_what_another_failed_sends_nothing_more_when_it_wakes(world: World) -> None:
    execution_id, held = await world.replaced()
    world.definitions.failures = [NotFoundError("its version is gone")]
    ended = await world.rest(execution_id)
    assert (ended.status, (ended.error or {})["code"]) == ("failed", "not-found")
    held.set_result(None)
    await asyncio.sleep(60)
    assert len(world.outside.calls) == 1
    assert await world.executions.get(execution_id) == ended


async def _die_in_turn(world: World, count: int, *, after: int) -> None:
    """Kill so many executors, each in the call of the outside that follows `after` more."""
    for _ in range(count):
        made = len(world.outside.calls)
        executor = await world.executor(f"x-{made}")
        world.outside.next = [None] * after
        world.outside.hold()
        await world.recovery.sweep(is_start=True)
        await world.outside.until(made + after + 1)
        await world.kill(executor, f"x-{made}")


@in_virtual_time
async def test_what_kills_each_executor_that_runs_it_fails_in_the_end(world: World) -> None:
    world.definitions.add("on-call", chain(node("tell", "core.noop")))
    spec = chain(node("a"), settings={"errorWorkflow": "on-call"})
    execution_id = await world.start(spec, {"n": 1})
    await _die_in_turn(world, MOST_DEATHS, after=0)
    await world.executor("last")
    ended = await world.rest(execution_id)
    assert (ended.status, (ended.error or {})["code"]) == ("failed", "executors-died")
    assert len(world.outside.calls) == MOST_DEATHS
    assert [told.id for told in await world.all("on-call")] == [ended.handler]


@in_virtual_time
async def test_what_goes_on_between_deaths_ends_however_many_there_are(world: World) -> None:
    length = MOST_DEATHS + 2
    execution_id = await world.start(chain(*(node(f"n{n}") for n in range(length))), {"n": 1})
    await _die_in_turn(world, 1, after=0)
    await _die_in_turn(world, length - 1, after=1)
    await world.executor("last")
    assert (await world.rest(execution_id)).status == "succeeded"
    assert len({call.key for call in world.outside.calls}) == length


@in_virtual_time
async def test_deaths_count_that_follow_on_each_other_only(world: World) -> None:
    wait = node("wait", "core.wait", params={"for": "PT1H"})
    execution_id = await world.start(chain(node("a"), wait, node("b")), {"n": 1})
    await _die_in_turn(world, MOST_DEATHS - 1, after=0)
    await world.executor("last")
    assert (await world.rest(execution_id, "waiting")).deaths == MOST_DEATHS - 1
    held = world.outside.hold()
    while len(world.outside.calls) < MOST_DEATHS + 1:
        await asyncio.sleep(60)
        await world.recovery.wake_due()
    assert (await world.executions.get(execution_id)).deaths == 0
    held.set_result(None)
    assert (await world.rest(execution_id)).status == "succeeded"
