"""A group that reads no more is noticed: nothing else would tell that its partitions stand still."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from alur_common.events import Event, ExecutionRequested
from alur_common.kafka.bus import KafkaBus
from alur_common.telemetry import Metrics


class Consumer:
    """Fails as a library does that has a fault."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    async def getmany(self, **_: Any) -> None:
        raise self._error


async def _nothing(_: Event) -> None:
    """Handle an event by doing nothing."""


async def begun(error: Exception) -> KafkaBus:
    bus = KafkaBus("127.0.0.1:9", service="test", worker="w", metrics=Metrics())
    bus.subscribe(ExecutionRequested, "g", _nothing)
    group = bus._groups["g"]
    group._subscriber = SimpleNamespace(consumer=Consumer(error))
    await group.begin()
    await asyncio.wait([group._tasks[0]], timeout=1)
    return bus


async def test_whoever_looks_for_the_broker_learns_that_a_group_has_ended() -> None:
    bus = await begun(ValueError("a fault"))
    with pytest.raises(ValueError, match="a fault"):
        await bus.reach()
    bus._groups["g"]._tasks[1].cancel()
