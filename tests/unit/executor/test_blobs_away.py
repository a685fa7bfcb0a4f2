"""Large content while nothing can be kept for ten minutes: what is done is kept once it can be, and not done again."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from alur_common.blobs import INLINE_BYTES
from alur_common.blobs_memory import MemoryBlobs
from alur_common.events import ExecutionCompleted
from alur_common.executions import CountedBlobs, Execution, StoredExecutions
from alur_sdk.errors import StorageError
from tests.support.virtual_time import in_virtual_time
from tests.unit.executor.pooling import gpu, owner, serving
from tests.unit.executor.world import World, chain, node

LARGE = {"body": {"n": f"{{{{ 'x'.repeat({INLINE_BYTES}) }}}}"}}


class Away(MemoryBlobs):
    """Out of reach for ten minutes from `leave` on."""

    back = 0.0

    def leave(self) -> None:
        self.back = self.back or asyncio.get_running_loop().time() + 600

    def _check(self) -> None:
        if asyncio.get_running_loop().time() < self.back:
            raise StorageError("the bucket is out of reach")

    async def put(self, content: bytes) -> str:
        self._check()
        return await super().put(content)

    async def get(self, sha256: str) -> bytes:
        self._check()
        return await super().get(sha256)


@pytest.fixture
def away(world: World) -> Away:
    """Leave as the first request reaches the outside."""
    kept = Away()
    world.blobs = CountedBlobs(kept, world.documents, world.clock)
    world.outside.on_call = lambda _: kept.leave()
    return kept


@pytest.mark.parametrize("more", [{}, {"inDoubt": "ask"}], ids=["repeat", "ask"])
@pytest.mark.parametrize("follows", [[], [node("b", "sim.read")]], ids=["last", "not last"])
@in_virtual_time
async def test_an_effect_is_not_repeated(
    world: World, away: Away, more: dict[str, Any], follows: list[dict[str, Any]]
) -> None:
    spec = chain(node("a", params=LARGE, **more), *follows)
    ended = await world.run(spec, {"n": 1})
    assert (ended.status, len(world.outside.calls)) == ("succeeded", 1 + len(follows))
    assert asyncio.get_running_loop().time() >= away.back


@in_virtual_time
async def test_an_effect_in_a_pool_is_not_repeated(world: World, away: Away) -> None:
    await owner(world)
    await serving(world)
    ended = await world.rest(await world.start(chain(gpu(params=LARGE)), {"n": 1}))
    assert (ended.status, len(world.outside.calls)) == ("succeeded", 1)
    assert asyncio.get_running_loop().time() >= away.back


@in_virtual_time
async def test_an_end_is_told_with_its_output_although_that_cannot_be_read(
    world: World, away: Away
) -> None:
    class Executions(StoredExecutions):
        async def save(self, execution: Execution) -> Execution:
            if execution.has_ended:
                away.leave()
            return await super().save(execution)

    told: list[str] = []

    async def on_end(event: ExecutionCompleted) -> None:
        told.append(event.key)

    world.bus.subscribe(ExecutionCompleted, "test", on_end)
    world.executions = Executions(world.documents)
    world.outside.on_call = lambda _: None
    execution_id = "0199a3f0-0000-7000-8000-000000000001"
    with world.replies.expect(execution_id) as reply:
        await world.executor()
        await world.start(chain(node("a", params=LARGE)), {"n": 1}, id=execution_id)
        async with asyncio.timeout(60):
            outcome = await reply
    await asyncio.sleep(1)
    assert (outcome.status, len(outcome.output[0]["answer"])) == ("succeeded", INLINE_BYTES)
    assert told == [execution_id]
