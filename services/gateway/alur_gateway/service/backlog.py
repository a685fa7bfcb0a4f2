"""Who has to wait before starting more: those whose executions have waited too long for an executor."""

from __future__ import annotations

import asyncio
from typing import Protocol

from alur_common.clock import Clock
from alur_common.documents.port import Where
from alur_common.executions import Executions
from alur_common.starts import Accepted, Startable, StartRequest
from alur_common.telemetry import get_logger
from alur_sdk.errors import AlurError, LimitedError

LOOK_SECONDS = 1.0
STALE_SECONDS = 2 * LOOK_SECONDS
PAGE = 200
"""So many of the oldest are looked at: whose are among them has most that waits."""
LONGEST_SECONDS = 60.0
_log = get_logger("alur.gateway")


class Starter(Protocol):
    """What starts executions."""

    async def start(self, workflow: Startable, request: StartRequest) -> Accepted:
        """Accept an execution; it is durable once this returns."""


class BoundedStarts:
    """Starts executions of a tenant as long as those it has do not wait for too long."""

    def __init__(
        self, starts: Starter, executions: Executions, clock: Clock, limit_seconds: float
    ) -> None:
        self._starts = starts
        self._executions = executions
        self._clock = clock
        self._limit = limit_seconds
        self._late: dict[str, float] = {}
        """Tenant -> since when its oldest waits, where that is too long."""
        self._looked = self._seen = 0.0
        self._look: asyncio.Task[None] | None = None

    async def start(self, workflow: Startable, request: StartRequest) -> Accepted:
        """Accept an execution. Raises `LimitedError` when the tenant's own have waited for too long."""
        if workflow.tenant in self._late and self._clock.monotonic() - self._seen > STALE_SECONDS:
            await self._find_late()  # nobody has started anything since
        self._look_again()
        since = self._late.get(workflow.tenant)
        if since is not None:
            age = self._clock.now() - since
            message = f"executions wait for {age:.0f} s already: start this one later"
            raise LimitedError(message, min(age, LONGEST_SECONDS))
        return await self._starts.start(workflow, request)

    def _look_again(self) -> None:
        """Look at what waits, now and then, beside what goes on; without starts nobody looks."""
        now = self._clock.monotonic()
        if now - self._looked >= LOOK_SECONDS and (self._look is None or self._look.done()):
            self._looked = now
            self._look = asyncio.get_running_loop().create_task(self._find_late())

    async def _find_late(self) -> None:
        where = [
            Where("active", "eq", "queued"),
            Where("admitted", "eq", True),
            Where("accepted_at", "lt", self._clock.now() - self._limit),
        ]
        try:
            found = await self._executions.search(where, sort=("accepted_at",), limit=PAGE)
        except AlurError as error:
            _log.warning("backlog not seen", reason=error.message)
            return
        self._seen = self._clock.monotonic()
        self._late = {e.tenant: e.accepted_at for e in reversed(found)}
