"""Retention: what has been kept long enough goes, a little at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from alur_common.clock import Clock
from alur_common.documents.port import Where
from alur_common.events import OUTSIDE_DAYS
from alur_common.executions import Execution, Executions, Inbox, Journals
from alur_common.executions.outbox import Outboxes
from alur_common.identity import is_derived
from alur_scheduler.domain.partitions import WHOLE
from alur_scheduler.ports import Share
from alur_sdk.errors import ConflictError, NotFoundError

BATCH = 100
PAUSE_SECONDS = 0.05
SOURCE_SECONDS = 86_400.0
"""How long a source can come again: a delivery under its idempotency key, a due time."""
TOPIC_SECONDS = OUTSIDE_DAYS * 86_400.0
"""The same of what lies on a topic: an event, a record."""
_BY_MODE = {"event": TOPIC_SECONDS, "kafka": TOPIC_SECONDS}


class Retention:
    """Removes executions whose time is over, with journal and inbox; the execution itself goes last.

    One whose source can come again leaves a small document with its id: the same start is then answered as before, and
    starts nothing. It takes the place of the execution, so a first start looks for nothing. An end of which nobody has been
    told stays until somebody has: it is told from the execution.
    """

    def __init__(
        self,
        executions: Executions,
        journals: Journals,
        inbox: Inbox,
        outboxes: Outboxes,
        *,
        clock: Clock,
        share: Share = WHOLE,
    ) -> None:
        self._share = share
        self._executions = executions
        self._journals = journals
        self._inbox = inbox
        self._outboxes = outboxes
        self._clock = clock

    async def sweep(self) -> int:
        """Remove all that is due in small batches; return how many. Cut off, it goes on the next time."""
        removed = 0
        where = [Where("expire_at", "lte", self._clock.now())]
        # Read after the time: whoever wrote an end that is due has its document by now, or has told all.
        lows = {box["id"]: box["low"] for box in await self._outboxes.all()}
        after: list[object] | None = None
        while True:
            found = await self._executions.search(
                where, sort=("expire_at",), limit=BATCH, after=after
            )
            due = [one for one in found if self._is_ours(one) and _is_told(one, lows)]
            for execution in due:
                if not execution.is_removed:
                    await self._journals.remove(execution.id)
                    for message in await self._inbox.read(execution.id):
                        await self._inbox.remove(message)
            for execution in due:
                await self._remove(execution)
            removed += len(due)
            if len(found) < BATCH:
                return removed
            after = [found[-1].expire_at, found[-1].id]
            await asyncio.sleep(PAUSE_SECONDS)

    def _is_ours(self, execution: Execution) -> bool:
        return self._share.fence_of(execution.workflow_uid) is not None

    async def _remove(self, execution: Execution) -> None:
        until = await self._source_until(execution)
        if until is None:
            await self._executions.delete(execution.id)
            return
        try:
            await self._executions.save(execution.removed(until))
        except (ConflictError, NotFoundError):
            return  # another scheduler was quicker

    async def _source_until(self, execution: Execution) -> float | None:
        """Return until when its start may come again, or None when it cannot: a parent starts a child until it has ended."""
        if not is_derived(execution.id):
            return None
        now = self._clock.now()
        until = execution.accepted_at + _BY_MODE.get(execution.mode, SOURCE_SECONDS)
        if until > now:
            return until
        if execution.parent is None:
            return None
        parent = await self._executions.find(execution.parent.execution)
        return None if parent is None or parent.has_ended else now + SOURCE_SECONDS


def _is_told(execution: Execution, lows: Mapping[str, int]) -> bool:
    """Whether its end was told: its writer says so, or is done. `lows` is writer -> the first that may not be told."""
    low = lows.get(execution.told_by or "")
    return low is None or execution.told_number < low
