"""The ends that processes wrote and died before they told of them."""

from __future__ import annotations

from alur_common.bus import Bus
from alur_common.clock import Clock
from alur_common.documents.port import Documents
from alur_common.executions import Executions
from alur_common.executions.outbox import Outboxes, Teller
from alur_scheduler.domain.partitions import WHOLE
from alur_scheduler.domain.stillness import Stillness
from alur_scheduler.ports import Share

DEAD_SECONDS = 25.0
"""A process is taken to be dead when its document has not changed for so long."""
FORGET_SECONDS = 24 * 3600.0
"""Longer than a process can be stopped and still write an end when it goes on."""


class Relay:
    """Tells what dead processes have left: each relay of those that are in its share."""

    def __init__(
        self,
        documents: Documents,
        executions: Executions,
        bus: Bus,
        clock: Clock,
        share: Share = WHOLE,
    ) -> None:
        self._share = share
        self._boxes = Outboxes(documents, clock)
        self._teller = Teller(executions, bus)
        self._clock = clock
        self._stillness = Stillness()
        self._next: dict[str, int] = {}
        """Process -> the first of its ends that we have not told."""

    async def sweep(self) -> int:
        """Tell all ends of processes whose document stands still; return how many. Safe to repeat.

        One that was only stopped for long may go on and die: so it is looked at again until its document is old.
        """
        count = 0
        boxes = await self._boxes.all()
        self._stillness.keep({box["id"] for box in boxes})
        for box in boxes:
            writer, now = box["id"], self._clock.monotonic()
            is_still = self._stillness.look(writer, box["revision"], DEAD_SECONDS, now)
            if not is_still or self._share.fence_of(writer) is None:
                continue
            first = max(box["low"], self._next.get(writer, 0))
            self._next[writer] = await self._teller.tell_from(writer, first)
            count += self._next[writer] - first
            if box["at"] < self._clock.now() - FORGET_SECONDS:
                await self._boxes.remove(writer)
                del self._next[writer]
        return count
