"""The lease of an executor: held before the first work and until the last."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from alur_common.executions.workers import Workers
from alur_executor.adapters.peers import ExecutorPort
from alur_executor.service.previewing import Previews
from alur_sdk.errors import StorageError, UnavailableError
from tests.support.jail import no_jail
from tests.support.virtual_time import in_virtual_time
from tests.unit.executor.world import World, chain, node


class Refusing(Workers):
    """A store that refuses some renewals, and to forget."""

    refusals = 3

    async def renew(self, worker: str, seconds: float, now: float, *more: Any) -> None:
        if self.refusals:
            self.refusals -= 1
            raise StorageError("the disk is full")
        await super().renew(worker, seconds, now, *more)

    async def remove(self, worker: str) -> None:
        raise StorageError("the disk is full")


@in_virtual_time
async def test_a_lease_is_held_once_work_may_come(world: World) -> None:
    executor = await world.executor()
    executor._workers = Refusing(world.documents)
    await Workers.remove(executor._workers, "one")
    await executor.hold_lease()
    assert await world.workers.is_alive("one")


@in_virtual_time
async def test_a_lease_is_held_until_what_runs_has_ended(world: World) -> None:
    executor = await world.executor()
    await executor.hold_lease()
    held = world.outside.hold()
    execution_id = await world.start(chain(node("a")), {"n": 1})
    await world.outside.called.wait()
    stopping = asyncio.create_task(executor.stop())
    await asyncio.sleep(8)
    assert await world.workers.is_alive("one")
    held.set_result(None)
    await stopping
    assert (await world.executions.get(execution_id)).status == "succeeded"
    assert not await world.workers.is_alive("one")


@in_virtual_time
async def test_a_lease_that_cannot_be_removed_runs_out(world: World) -> None:
    executor = await world.executor()
    await executor.hold_lease()
    executor._workers = Refusing(world.documents)
    await executor.stop()
    for _ in range(5):
        await world.recovery.sweep()
        await asyncio.sleep(1)
    assert not await world.workers.is_alive("one")


@in_virtual_time
async def test_one_that_stops_refuses_what_is_handed_over_so_that_another_gets_it(
    world: World,
) -> None:
    executor = await world.executor()
    port = ExecutorPort(executor, Previews(no_jail(), world.noted))
    await executor.hold_lease()
    held = world.outside.hold()
    await world.start(chain(node("a")), {"n": 1})
    await world.outside.called.wait()
    stopping = asyncio.create_task(executor.stop())
    await asyncio.sleep(1)
    with pytest.raises(UnavailableError, match="stops"):
        await port.admit([("another", "t", 0)])
    held.set_result(None)
    await stopping
