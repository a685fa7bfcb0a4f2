"""Large content goes when the last execution that uses it has gone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from alur_common.blobs import Blobs
from alur_common.clock import Clock
from alur_common.documents.port import Where
from alur_common.executions import Execution, Executions
from alur_common.executions.uses import ASIDE, EVENTS, BlobUses, Use
from alur_common.telemetry.logs import get_logger
from alur_scheduler.domain.partitions import WHOLE
from alur_scheduler.ports import Share
from alur_sdk.errors import NotFoundError, StorageError

PAGE = 200
PAUSE_SECONDS = 0.05
YOUNG_SECONDS = 3600.0
"""A use this young holds even if its execution is not known: that may be about to be accepted."""
EVENT_SECONDS = 40 * 24 * 3600.0
"""Longer than any topic keeps an event, dead letters included."""

ASIDE_SECONDS = 24 * 3600.0
"""Longer than a process can be stopped and still set a content aside when it goes on."""
_log = get_logger("alur.contents")


class Contents:
    """Looks through the uses of blobs, a page at a time, and removes what is over.

    Somebody may keep the same content while it goes. So it is set aside first, where it is still found, and a use is durable
    before its content is put: whoever put it before that is seen by a look after it, and gets it back; whoever puts it after
    that writes it anew. What has lain aside for long is removed. A process may be killed, or stand still, between any two steps.
    """

    def __init__(
        self,
        executions: Executions,
        uses: BlobUses,
        blobs: Blobs,
        clock: Clock,
        share: Share = WHOLE,
    ) -> None:
        self._share = share
        self._executions = executions
        self._uses = uses
        self._blobs = blobs
        self._clock = clock

    async def sweep(self) -> int:
        """Remove all uses that are over, and contents without another use; return how many uses. Safe to repeat.

        Of several schedulers one does it: all must be read through, whoever removes what.
        """
        removed = 0
        last: Use | None = None
        while self._share.fence_of("contents") is not None:
            page = await self._uses.page(last, PAGE)
            for use in page:
                if use.execution == ASIDE:
                    await self._tried(self._settle, use)
            for use in await self._over(page):
                removed += await self._tried(self._release, use)
            if len(page) < PAGE:
                return removed
            last = page[-1]
            await asyncio.sleep(PAUSE_SECONDS)
        return removed

    async def _tried(self, work: Callable[[Use], Awaitable[None]], use: Use) -> bool:
        """Do it, and return whether that went well: a content that cannot be moved waits for the next sweep, and no other does."""
        try:
            await work(use)
        except (NotFoundError, StorageError) as error:
            _log.warning("content not moved", sha256=use.sha256, reason=error.message)
            return False
        return True

    async def _over(self, uses: Sequence[Use]) -> list[Use]:
        """Return those whose execution has gone, or keeps something else."""
        horizon = self._clock.now() - YOUNG_SECONDS
        old = [use for use in uses if use.at < horizon and use.execution != ASIDE]
        if not old:
            return []
        ids = sorted({use.execution for use in old} - {EVENTS})
        found = await self._executions.search([Where("id", "in", ids)], sort=("id",), limit=PAGE)
        known = {execution.id: execution for execution in found}
        return [use for use in old if not self._holds(known.get(use.execution), use)]

    def _holds(self, execution: Execution | None, use: Use) -> bool:
        if use.execution == EVENTS:
            return use.at >= self._clock.now() - EVENT_SECONDS
        if execution is None:
            return False
        return not execution.is_removed or execution.output_blob == use.sha256

    async def _release(self, use: Use) -> None:
        """Set the content aside unless it is used elsewhere; its use goes last, so that a cut is made good the next time."""
        if not await self._is_used(use.sha256):
            await self._uses.record(Use(ASIDE, use.sha256, self._clock.now()))
            await self._blobs.set_aside(use.sha256)
        await self._uses.remove(use)

    async def _settle(self, aside: Use) -> None:
        """Put a content back that somebody uses; remove what has lain aside for long."""
        if await self._is_used(aside.sha256):
            await self._blobs.put(await self._blobs.get(aside.sha256))
        if aside.at < self._clock.now() - ASIDE_SECONDS:
            await self._blobs.discard(aside.sha256)
            await self._uses.remove(aside)

    async def _is_used(self, sha256: str) -> bool:
        last: Use | None = None
        while True:
            page = await self._uses.of_blob(sha256, last, PAGE)
            users = [use for use in page if use.execution != ASIDE]
            if len(await self._over(users)) < len(users):
                return True
            if len(page) < PAGE:
                return False
            last = page[-1]
