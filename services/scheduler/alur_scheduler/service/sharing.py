"""Sharing the work between schedulers: each holds some partitions, under a fence that grows with every change of holder.

A scheduler has one small document, which it writes again every second. Whether it lives is told by whether that moves, as
the others see it by their own clocks; one that stands still is removed, and then what it held is anybody's. It goes by
its own clock as well: what has not been renewed for the length of a lease is not ours until it is. Should it be stopped
between that look and a write, the fence in what it writes to is greater by then, and the write is refused.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from alur_common.clock import Clock
from alur_common.documents.port import Document, Documents, Where
from alur_common.telemetry.logs import get_logger
from alur_scheduler.domain.collections import PARTITIONS, SCHEDULERS
from alur_scheduler.domain.partitions import SLOTS, Partition, moves, slot_of
from alur_scheduler.domain.stillness import LOOKS, Stillness
from alur_scheduler.ports import ShareMeter
from alur_sdk.errors import AlurError, ConflictError, ExistsError, NotFoundError

TURN_SECONDS = 1.0
"""So often a scheduler says that it lives, and looks who else does."""
LEASE_SECONDS = 4.0
KEPT_SECONDS = 24 * 3600.0
MOST = 1_000
_log = get_logger("alur.scheduler")


class SharedWork:
    """The `Share` of one scheduler among several. `begin`, then `turn` every second; `leave` gives up all at once."""

    def __init__(
        self,
        documents: Documents,
        clock: Clock,
        meter: ShareMeter,
        *,
        me: str,
        name: str,
        count: int,
    ) -> None:
        """`me` names this process and none before it. `name` is the same after a restart; empty when there is none."""
        self._documents = documents
        self._clock = clock
        self._meter = meter
        self._me = me
        self._name = name
        self._count = count
        self._held: dict[int, int] = {}
        """Partition -> fence."""
        self._renewed = -LEASE_SECONDS
        self._least: dict[int, int] = {}
        """Partition -> the greatest fence by which we were refused."""
        self._told: set[int] = set()
        self._others = Others(documents)
        self.since = clock.now()

    @property
    def slots(self) -> Sequence[int]:
        held = self._held if self._is_fresh() else {}
        return [slot for slot in range(SLOTS) if slot % self._count in held]

    def fence_of(self, key: str) -> int | None:
        return self._held.get(self._number(key)) if self._is_fresh() else None

    def refused(self, what: str, key: str, fence: int) -> None:
        number = self._number(key)
        self._meter.refused(what)
        self._least[number] = max(fence, self._least.get(number, 0))
        if number not in self._told:
            self._told.add(number)
            _log.warning(
                "write refused: another scheduler holds the partition",
                what=what,
                key=key,
                partition=number,
                fence=fence,
            )

    def _number(self, key: str) -> int:
        return slot_of(key) % self._count

    def _is_fresh(self) -> bool:
        return self._clock.monotonic() - self._renewed < LEASE_SECONDS

    async def begin(self) -> None:
        """Say that we are there. Whoever had our name before is dead, and what it held is ours again at once."""
        self.since = self._clock.now()
        if self._name:
            where = [Where("name", "eq", self._name), Where("id", "ne", self._me)]
            await self._documents.delete_many(SCHEDULERS, where, limit=MOST)
        await self._insert()
        await self.turn()

    async def turn(self) -> bool:
        """Renew, bury the dead, take and give what is due; return whether something became ours.

        Nobody takes what is ours before our document was removed. So where it was not, what is read of the partitions
        meanwhile holds, and one round trip to the store is enough for us to know that we go on.
        """
        begun = self._clock.monotonic()
        is_renewed, partitions = await self._looked(begun)
        self.since = min([self.since, *self._others.since])
        if not is_renewed:
            await self._lost()
            return False
        self._renewed = begun
        before = set(self._held)
        self._held = {one.number: one.fence for one in partitions if one.holder == self._me}
        if self._others.are_known:
            await self._move(partitions, self._others)
        gained = self._held.keys() - before
        self._told -= gained
        self._meter.partitions(len(self._held))
        if self._held.keys() != before:
            _log.info("partitions held", partitions=sorted(self._held))
        return bool(gained)

    async def leave(self) -> None:
        """Give everything up: the others take it at their next look."""
        self._held = {}
        try:
            await self._documents.delete(SCHEDULERS, self._me)
        except AlurError as error:
            _log.warning("partitions not given up", reason=error.message)

    async def _looked(self, now: float) -> tuple[bool, list[Partition]]:
        """Renew, and read everything, at once."""
        try:
            async with asyncio.TaskGroup() as group:
                renewed = group.create_task(self._is_renewed())
                partitions = group.create_task(self._partitions())
                group.create_task(self._others.look(self._me, now))
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from None
        return renewed.result(), partitions.result()

    async def _is_renewed(self) -> bool:
        try:
            await self._documents.replace(SCHEDULERS, self._document())
        except NotFoundError:
            return False
        return True

    async def _lost(self) -> None:
        self._held = {}
        self._meter.refused("lease")
        self._meter.partitions(0)
        _log.warning(
            "lease refused: another scheduler found this one standing still, and holds its partitions"
        )
        await self._insert()

    async def _insert(self) -> None:
        try:
            await self._documents.insert(SCHEDULERS, self._document())
        except ExistsError:
            return  # a write whose answer was lost

    def _document(self) -> Document:
        return {
            "id": self._me,
            "name": self._name,
            "since": self.since,
            "expires_at": self._clock.now() + KEPT_SECONDS,
        }

    async def _partitions(self) -> list[Partition]:
        found = await self._documents.find(
            PARTITIONS, [Where("count", "eq", self._count)], limit=MOST
        )
        known = {one["number"]: one for one in found}
        return [
            Partition(n, known[n]["holder"], known[n]["fence"], known[n]["revision"])
            if n in known
            else Partition(n)
            for n in range(self._count)
        ]

    async def _move(self, partitions: Sequence[Partition], others: Others) -> None:
        due = moves(partitions, self._me, {self._me, *others.present}, {self._me, *others.active})
        for one, _ in due.give:
            del self._held[one.number]
        behind = [one for one in partitions if self._is_behind(one)]
        writes = [*((one, self._me) for one in (*due.take, *behind)), *due.give]
        await asyncio.gather(*(self._write(one, holder) for one, holder in writes))

    def _is_behind(self, one: Partition) -> bool:
        """Return whether it is ours, and yet a greater fence was seen: of another number of partitions, or a restored store."""
        return one.number in self._held and one.fence < self._least.get(one.number, 0)

    async def _write(self, one: Partition, holder: str) -> None:
        fence = max(one.fence, self._least.get(one.number, 0)) + 1
        document: Document = {
            "id": f"{self._count:03}/{one.number:03}",
            "count": self._count,
            "number": one.number,
            "holder": holder,
            "fence": fence,
        }
        try:
            if one.revision:
                await self._documents.replace(PARTITIONS, document, at_revision=one.revision)
            else:
                await self._documents.insert(PARTITIONS, document)
        except (ConflictError, ExistsError, NotFoundError):
            return  # another one was quicker
        if holder == self._me:
            self._held[one.number] = fence


class Others:
    """The other schedulers, as one sees them: who is there, and whom it has seen move."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._stillness = Stillness()
        self._revisions: dict[str, int] = {}
        self._looks = 0
        self.present: set[str] = set()
        self.active: set[str] = set()
        self.since: list[float] = []
        """Since when those that are active have been at work."""

    @property
    def are_known(self) -> bool:
        """Whether it may be told by now who of them lives: whoever has just come waits for that."""
        return not self.present or bool(self.active) or self._looks >= LOOKS

    async def look(self, me: str, now: float) -> None:
        """Look at all of them, and remove those that stand still. `now` is monotonic seconds."""
        found = await self._documents.find(SCHEDULERS, [Where("id", "ne", me)], limit=MOST)
        living = [one for one in found if not await self._is_buried(one, now)]
        self._looks += 1
        self.present = {one["id"] for one in living}
        moved = {
            o["id"] for o in living if self._revisions.get(o["id"], o["revision"]) != o["revision"]
        }
        self.active = (self.active | moved) & self.present
        self.since = [one["since"] for one in living if one["id"] in self.active]
        self._revisions = {one["id"]: one["revision"] for one in living}
        self._stillness.keep(self.present)

    async def _is_buried(self, one: Document, now: float) -> bool:
        if not self._stillness.look(one["id"], one["revision"], LEASE_SECONDS, now):
            return False
        try:
            await self._documents.delete(SCHEDULERS, one["id"], at_revision=one["revision"])
        except ConflictError:
            return False
        _log.warning("scheduler has died", scheduler=one["id"])
        return True
