"""Retention: what has been kept long enough goes, a little at a time."""

from __future__ import annotations

import asyncio

from alur_common.clock import Clock
from alur_common.documents.port import Where
from alur_common.executions import Executions, Inbox, Journals

BATCH = 100
PAUSE_SECONDS = 0.05


class Retention:
    """Removes executions whose time is over, with journal and inbox; the execution itself goes last."""

    def __init__(
        self, executions: Executions, journals: Journals, inbox: Inbox, clock: Clock
    ) -> None:
        self._executions = executions
        self._journals = journals
        self._inbox = inbox
        self._clock = clock

    async def sweep(self) -> int:
        """Remove all that is due in small batches; return how many. Cut off, it goes on the next time."""
        removed = 0
        while True:
            where = [Where("expire_at", "lte", self._clock.now())]
            due = await self._executions.search(where, sort=("expire_at",), limit=BATCH)
            for execution in due:
                await self._journals.remove(execution.id)
                for message in await self._inbox.read(execution.id):
                    await self._inbox.remove(message)
            for execution in due:
                await self._executions.delete(execution.id)
            removed += len(due)
            if len(due) < BATCH:
                return removed
            await asyncio.sleep(PAUSE_SECONDS)
