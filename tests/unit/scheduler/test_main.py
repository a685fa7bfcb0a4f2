"""The process of a scheduler."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from alur_common.blobs_memory import MemoryBlobs
from alur_common.bus_in_process import InProcessBus
from alur_common.clock import SystemClock, SystemIds
from alur_common.dependencies import Dependencies
from alur_common.documents.memory import MemoryDocuments
from alur_common.executions.outbox import DirectOutbox
from alur_common.ground import Ground
from alur_common.process import Process
from alur_common.telemetry import Metrics
from alur_scheduler import main as scheduler
from alur_scheduler.settings import Settings


class Stopping(InProcessBus):
    """A bus whose process is told to stop while it joins its groups of consumers."""

    has_joined = False

    def __init__(self, running: Process) -> None:
        super().__init__()
        self._running = running

    async def start(self) -> None:
        self._running.tell()
        await asyncio.sleep(0)
        self.has_joined = True


@asynccontextmanager
async def given(thing: object) -> AsyncIterator[object]:
    yield thing


async def test_one_told_to_stop_while_it_joins_its_groups_ends_in_good_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, metrics = SystemClock(), Metrics()
    running = Process(metrics, None)
    bus = Stopping(running)
    store = MemoryDocuments(clock)
    under = Ground(
        store,
        MemoryBlobs(),
        bus,  # type: ignore[arg-type]  # of one process
        DirectOutbox(bus),
        clock,
        SystemIds(clock),
        "s-1",
        Dependencies({}, metrics),
    )

    monkeypatch.setattr(scheduler, "process", lambda *_: given(running))
    monkeypatch.setattr(scheduler, "ground", lambda *_: given(under))
    monkeypatch.setenv("ALUR_CALLS_PORT", "0")
    await scheduler.main(Settings(data=tmp_path))
    assert bus.has_joined
