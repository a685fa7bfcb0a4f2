"""A tenant whose executions wait too long is told when to come again; others go on."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from alur_common.starts import StartRequest
from alur_gateway.service.backlog import BoundedStarts
from alur_sdk.errors import LimitedError
from tests.unit.gateway.world import World, record_of

REQUEST = StartRequest(mode="manual", input=[{}])
RECORD = record_of()


class Late(World):
    """Starts that are bounded by 30 seconds."""

    def __init__(self) -> None:
        super().__init__()
        self.run = lambda _: None  # nobody executes anything
        self.bounded = BoundedStarts(self.starts, self.executions, self.clock, 30.0)


@pytest.fixture
def world() -> Late:
    return Late()


async def _start_later(world: Late, seconds: float, tenant: str = "t") -> str:
    world.clock.advance(seconds)
    accepted = await world.bounded.start(replace(RECORD, tenant=tenant), REQUEST)
    await asyncio.sleep(0)  # whoever looks at what waits does so beside
    await asyncio.sleep(0)
    return accepted.execution.id


async def test_starts_are_refused_while_older_ones_wait_too_long(world: Late) -> None:
    first = await _start_later(world, 0)
    await _start_later(world, 29)
    await _start_later(world, 2)  # now it is seen
    with pytest.raises(LimitedError) as refused:
        await _start_later(world, 0)
    assert refused.value.after_seconds == pytest.approx(31)
    await _start_later(world, 0, tenant="another")
    execution = await world.executions.get(first)
    await world.executions.save(replace(execution, status="succeeded"))
    await _start_later(world, 3)  # nothing is left that waits
