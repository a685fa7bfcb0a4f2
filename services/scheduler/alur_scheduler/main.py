"""Builds the scheduler from its parts."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import structlog

from alur_common.blobs import Blobs
from alur_common.bus import Bus
from alur_common.clock import Clock
from alur_common.documents.port import Documents
from alur_common.executions import StoredExecutions
from alur_common.executions.workers import Workers
from alur_common.replies import Replies
from alur_common.starts import Starts
from alur_scheduler.service.recovery import Recovery
from alur_sdk.errors import AlurError

SWEEP_SECONDS = 1.0


class Scheduler:
    """Sweeps once a second."""

    def __init__(self, recovery: Recovery) -> None:
        self._recovery = recovery
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Admit what a crash left, then go on sweeping."""
        await self._recovery.sweep(is_start=True)
        self._task = asyncio.get_running_loop().create_task(self._sweep())

    async def stop(self) -> None:
        """Stop sweeping."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            try:
                await self._recovery.sweep()
            except AlurError as error:
                log = structlog.get_logger("alur.scheduler")
                log.error("sweep failed", reason=error.message)


def build(
    documents: Documents,
    blobs: Blobs,
    bus: Bus,
    starts: Starts,
    definitions: Any,
    replies: Replies,
    clock: Clock,
) -> Scheduler:
    """Return a scheduler on these documents."""
    return Scheduler(Recovery(StoredExecutions(documents), Workers(documents), bus, clock))
