"""Recovery: executions that nobody drives are admitted again, from the store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import groupby

from alur_common.bus import Bus
from alur_common.clock import Clock
from alur_common.documents.port import Where
from alur_common.events import ExecutionNudged
from alur_common.executions import Execution, Executions, Inbox, Message
from alur_common.executions.workers import Workers
from alur_common.telemetry.logs import get_logger
from alur_scheduler.domain.partitions import WHOLE
from alur_scheduler.domain.stillness import Stillness
from alur_scheduler.domain.told import Told
from alur_scheduler.ports import Meter, Share, Takers

PAGE = 200
UNCLAIMED_SECONDS = 2.0
"""Accepted executions younger than this are on their way by the bus."""
_log = get_logger("alur.scheduler")


class Recovery:
    """Finds due timers, executions of dead workers, and accepted ones that no one claimed, each of its share.

    It writes nothing: who takes one up claims it by compare-and-set, so one that is handed over twice runs once.
    """

    def __init__(
        self,
        executions: Executions,
        inbox: Inbox,
        workers: Workers,
        *,
        bus: Bus,
        takers: Takers,
        clock: Clock,
        meter: Meter,
        share: Share = WHOLE,
    ) -> None:
        self._share = share
        self._takers = takers
        self._executions = executions
        self._inbox = inbox
        self._workers = workers
        self._bus = bus
        self._clock = clock
        self._meter = meter
        self._told = [Told() for _ in range(5)]
        self._queued, self._told_ahead, self._due, self._orphans, self._unread = self._told
        self._leases, self._ahead = Stillness(), Stillness()
        self._living: set[str] = set()

    async def sweep(self, *, is_start: bool = False) -> int:
        """Admit again all that needs it; return how many. Safe to repeat: what runs is left alone."""
        now = self._clock.now()
        await self._bury_dead()
        orphans = await self._admit_orphans()
        queued = [Where("active", "eq", "queued"), Where("admitted", "eq", True)]
        if is_start:
            return orphans + await self._admit(queued, self._queued, "unclaimed")
        old = Where("accepted_at", "lt", now - UNCLAIMED_SECONDS)
        unclaimed = await self._admit([*queued, old], self._queued, "unclaimed")
        return orphans + unclaimed + await self._admit_ahead(queued, now)

    async def wake_due(self) -> float | None:
        """Admit what waited for a time that has come; return the next such time, or None."""
        waiting = Where("active", "eq", "waiting")
        await self._admit([waiting, Where("wake_at", "lte", self._clock.now())], self._due, "due")
        upcoming = await self._executions.search(
            [waiting, Where("wake_at", "gt", self._clock.now())], sort=("wake_at",), limit=1
        )
        return upcoming[0].wake_at if upcoming else None

    async def nudge(self) -> int:
        """Nudge executions for which a message lies unread: whoever put it there may have died before telling."""
        count = 0
        last: Message | None = None
        while True:
            page = await self._inbox.page(last, PAGE)
            for execution_id, lying in groupby(page, lambda message: message.execution):
                if self._share.fence_of(execution_id) is None:
                    continue
                execution = await self._executions.find(execution_id)
                if execution is not None and self._concern(execution, list(lying)):
                    self._bus.tell(ExecutionNudged(execution.id, execution.tenant))
                    count += 1
            if len(page) < PAGE:
                self._unread.forget_unseen()
                return count
            last = page[-1]

    def _concern(self, execution: Execution, messages: list[Message]) -> bool:
        """Return whether it is to be told of these now.

        Out of memory it says what it waits for. In memory it reads them all, so it is told at growing intervals.
        """
        if execution.status == "running":
            now = self._clock.monotonic()
            due = [self._unread.is_due(_place(message), now) for message in messages]
            return any(due)
        awaits = execution.awaits or ()
        return execution.status in ("waiting", "in-doubt") and any(
            message.kind != "signal" or message.key in awaits for message in messages
        )

    async def _admit(self, where: list[Where], told: Told, reason: str) -> int:
        """Admit what matches and was not told of just now; return how many."""
        count = 0
        monotonic = self._clock.monotonic()
        is_first = reason == "unclaimed"
        async for page in self._pages(where):
            if is_first:
                oldest = self._clock.now() - page[0].accepted_at if page else 0.0
                self._meter.queue_oldest(oldest)
                is_first = False
            due = [
                one for one in page if self._is_ours(one) and told.is_due(_state(one), monotonic)
            ]
            await self._take(due, reason)
            count += len(due)
        told.forget_unseen()
        return count

    async def _admit_ahead(self, queued: list[Where], now: float) -> int:
        """Admit what a gateway whose clock is ahead of ours accepted: how old it is goes by when it was first seen here."""
        count = 0
        seen: set[str] = set()
        monotonic = self._clock.monotonic()
        async for page in self._pages([*queued, Where("accepted_at", "gt", now)]):
            ours = [execution for execution in page if self._is_ours(execution)]
            seen |= {execution.id for execution in ours}
            old = [
                execution
                for execution in ours
                if self._ahead.look(execution.id, execution.revision, UNCLAIMED_SECONDS, monotonic)
            ]
            due = [one for one in old if self._told_ahead.is_due(_state(one), monotonic)]
            await self._take(due, "unclaimed")
            count += len(due)
        self._ahead.keep(seen)
        self._told_ahead.forget_unseen()
        return count

    async def _pages(self, where: list[Where]) -> AsyncIterator[list[Execution]]:
        """Yield all that match, the oldest first; at least one page, which may be empty."""
        after: list[object] | None = None
        while True:
            page = await self._executions.search(
                where, sort=("accepted_at",), limit=PAGE, after=after
            )
            yield page
            if len(page) < PAGE:
                return
            after = [page[-1].accepted_at, page[-1].id]

    def _is_ours(self, execution: Execution) -> bool:
        return self._share.fence_of(execution.workflow_uid) is not None

    async def _take(self, due: list[Execution], reason: str) -> None:
        await self._takers.take(due)
        self._meter.admitted_again(reason, len(due))

    async def _admit_orphans(self) -> int:
        count = 0
        now = self._clock.monotonic()
        alive: dict[str, bool] = {}
        # Those of whom it is known that they live are the most by far.
        where = [Where("active", "eq", "running")]
        where += [Where("owner", "ne", worker) for worker in sorted(self._living)]
        async for page in self._pages(where):
            ours = [execution for execution in page if self._is_ours(execution)]
            for owner in {execution.owner or "" for execution in ours} - alive.keys():
                alive[owner] = await self._workers.is_alive(owner)
            due = [
                execution
                for execution in ours
                if not alive[execution.owner or ""] and self._orphans.is_due(_state(execution), now)
            ]
            await self._take(due, "orphaned")
            count += len(due)
        self._orphans.forget_unseen()
        return count

    async def _bury_dead(self) -> None:
        """Remove the leases that stand still. What a dead worker had been told is lost with it: all is told anew."""
        now = self._clock.monotonic()
        leases = await self._workers.all()
        self._leases.keep({lease.worker for lease in leases})
        living = {lease.worker for lease in leases}
        for lease in leases:
            is_still = self._leases.look(lease.worker, lease.revision, lease.seconds, now)
            if is_still and await self._workers.bury(lease):
                living.discard(lease.worker)
                _log.warning("worker has died", worker=lease.worker)
        if self._living - living:
            for told in self._told:
                told.forget_all()
        self._living = living


def _state(execution: Execution) -> str:
    """Return what stays the same until somebody takes the execution up."""
    return f"{execution.id}/{execution.revision}"


def _place(message: Message) -> str:
    return f"{message.execution}/{message.kind}/{message.key}"
