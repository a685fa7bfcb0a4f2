"""The ends that processes wrote and died before they told of them."""

from __future__ import annotations

from dataclasses import dataclass, field

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


@dataclass(slots=True)
class _Told:
    """What we have told of one process: all its ends below `next` but the missing, which were not written yet."""

    next: int
    missing: set[int] = field(default_factory=set)

    def start_at(self, low: int) -> None:
        """All below has been told by the process itself."""
        self.missing = {number for number in self.missing if number >= low}
        self.next = max(self.next, low)

    def add(self, numbers: list[int]) -> None:
        """These have been told as well, in this order."""
        for number in numbers:
            self.missing.discard(number)
            self.missing.update(range(self.next, number))
            self.next = max(self.next, number + 1)


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
        self._told: dict[str, _Told] = {}

    async def sweep(self) -> int:
        """Tell all ends of processes whose document stands still; return how many. Safe to repeat.

        One that was only stopped for long may go on and die, when it has written an end between those that we told: so it
        is looked at again, for the missing ones too, until its document is old.
        """
        count = 0
        boxes = await self._boxes.all()
        known = {box["id"] for box in boxes}
        self._stillness.keep(known)
        self._told = {writer: told for writer, told in self._told.items() if writer in known}
        for box in boxes:
            writer, now = box["id"], self._clock.monotonic()
            is_still = self._stillness.look(writer, box["revision"], DEAD_SECONDS, now)
            if not is_still or self._share.fence_of(writer) is None:
                continue
            count += await self._tell(writer, box["low"])
            if box["at"] < self._clock.now() - FORGET_SECONDS:
                await self._boxes.remove(writer)
        return count

    async def _tell(self, writer: str, low: int) -> int:
        told = self._told.setdefault(writer, _Told(low))
        told.start_at(low)
        late = await self._teller.tell_these(writer, sorted(told.missing))
        told.add(late)
        new = await self._teller.tell_from(writer, told.next)
        told.add(new)
        return len(late) + len(new)
