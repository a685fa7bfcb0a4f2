"""Large content goes when the last execution that uses it has gone."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from alur_common.blobs import Blobs
from alur_common.clock import Clock
from alur_common.documents.port import Where
from alur_common.executions import Execution, Executions
from alur_common.executions.uses import EVENTS, BlobUses, Use
from alur_scheduler.domain.partitions import WHOLE
from alur_scheduler.ports import Share
from alur_sdk.errors import NotFoundError, StorageError

PAGE = 200
PAUSE_SECONDS = 0.05
YOUNG_SECONDS = 3600.0
"""A use this young holds even if its execution is not known: that may be about to be accepted."""
EVENT_SECONDS = 40 * 24 * 3600.0
"""Longer than any topic keeps an event, dead letters included."""


class Contents:
    """Looks through the uses of blobs, a page at a time, and removes what is over.

    Somebody may keep the same content while it is removed. A use is durable before its content is put: so whoever put
    it before the removal is seen by the look after it, and gets it back; whoever puts it after the removal writes it anew.
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
            for use in await self._over(page):
                await self._release(use)
                removed += 1
            if len(page) < PAGE:
                return removed
            last = page[-1]
            await asyncio.sleep(PAUSE_SECONDS)
        return removed

    async def _over(self, uses: Sequence[Use]) -> list[Use]:
        """Return those whose execution has gone, or keeps something else."""
        horizon = self._clock.now() - YOUNG_SECONDS
        old = [use for use in uses if use.at < horizon]
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
        """Remove the content unless it is used elsewhere; its use goes last, so that a cut is made good the next time."""
        if not await self._is_used(use.sha256):
            try:
                content = await self._blobs.get(use.sha256)
            except (NotFoundError, StorageError):
                await self._blobs.delete(use.sha256)  # gone or damaged: nobody can want it back
            else:
                await self._blobs.delete(use.sha256)
                if await self._is_used(use.sha256):
                    await self._blobs.put(content)
        await self._uses.remove(use)

    async def _is_used(self, sha256: str) -> bool:
        last: Use | None = None
        while True:
            page = await self._uses.of_blob(sha256, last, PAGE)
            if len(await self._over(page)) < len(page):
                return True
            if len(page) < PAGE:
                return False
            last = page[-1]
