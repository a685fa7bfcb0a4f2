"""Pools: node runs that travel, found again when the executor that had them died or whoever waits was not told."""

from __future__ import annotations

from alur_common.bus import Bus
from alur_common.clock import Clock
from alur_common.documents.port import Documents
from alur_common.events import ExecutionNudged, TaskOffered
from alur_common.executions import (
    Executions,
    Message,
    StoredInbox,
    StoredJournals,
    Task,
    Tasks,
    Workers,
    drop_task,
)
from alur_common.telemetry.logs import get_logger
from alur_scheduler.domain.stillness import Stillness
from alur_scheduler.domain.told import Told
from alur_scheduler.ports import Meter
from alur_sdk.errors import ConflictError, NotFoundError

PAGE = 200
UNTOLD_SECONDS = 10.0
"""An outcome younger than this is on its way to whoever waits for it."""
MOST_POOLS = 50
"""Of so many pools is told how long the oldest has waited."""
_log = get_logger("alur.scheduler")


class PoolSweep:
    """Looks after tasks; any number of schedulers may."""

    def __init__(
        self,
        documents: Documents,
        executions: Executions,
        *,
        bus: Bus,
        clock: Clock,
        meter: Meter,
    ) -> None:
        self._tasks = Tasks(documents)
        self._workers = Workers(documents)
        self._inbox = StoredInbox(documents)
        self._journals = StoredJournals(documents)
        self._executions = executions
        self._bus = bus
        self._clock = clock
        self._meter = meter
        self._done = Stillness()
        self._told = Told()
        self._measured: set[str] = set()

    async def sweep(self) -> int:
        """Offer again what dead executors had, tell what was left untold; return how many. Safe to repeat."""
        if not self._measured and await self._tasks.is_empty():
            return 0
        orphans = await self._offer_orphans()
        told = await self._tell_done()
        await self._measure()
        return orphans + told

    async def _offer_orphans(self) -> int:
        count = 0
        alive: dict[str, bool] = {}
        last: Task | None = None
        while True:
            page = await self._tasks.claimed(last, PAGE)
            for worker in {str(task.worker) for task in page} - alive.keys():
                alive[worker] = await self._workers.is_alive(worker)
            for task in page:
                if not alive[str(task.worker)]:
                    count += await self._offer(task)
            if len(page) < PAGE:
                return count
            last = page[-1]

    async def _offer(self, task: Task) -> bool:
        try:
            await self._tasks.save(task.changed(worker=None))
        except (ConflictError, NotFoundError):
            return False  # another scheduler was quicker, or it was withdrawn
        _log.warning("task offered again", execution_id=task.execution, pool=task.pool)
        self._meter.offered_again(task.pool)
        self._bus.tell(TaskOffered(task.execution, task.tenant, task.pool, task.id))
        return True

    async def _tell_done(self) -> int:
        """Tell of outcomes that nobody has taken: whoever wrote them may have died before telling."""
        count = 0
        seen: set[str] = set()
        last: Task | None = None
        while True:
            page = await self._tasks.done(last, PAGE)
            now = self._clock.monotonic()
            for task in page:
                seen.add(task.id)
                is_still = self._done.look(task.id, task.revision, UNTOLD_SECONDS, now)
                if is_still and self._told.is_due(task.id, now):
                    count += await self._tell(task)
            if len(page) < PAGE:
                self._done.keep(seen)
                self._told.forget_unseen()
                return count
            last = page[-1]

    async def _tell(self, task: Task) -> bool:
        if await self._is_forgotten(task):
            return False
        await self._inbox.put(Message(task.execution, "task", task.id, {}))
        self._bus.tell(ExecutionNudged(task.execution, task.tenant))
        return True

    async def _is_forgotten(self, task: Task) -> bool:
        """Remove a task whose execution is over; return whether it is."""
        execution = await self._executions.find(task.execution)
        if execution is not None and not execution.has_ended:
            return False
        await drop_task(self._tasks, self._journals, task, execution)
        return True

    async def _measure(self) -> None:
        heads = await self._tasks.oldest(MOST_POOLS)
        now = self._clock.now()
        for task in heads:
            await self._is_forgotten(task)
            self._meter.pool_oldest(task.pool, now - task.offered_at)
        waiting = {task.pool for task in heads}
        for pool in self._measured - waiting:
            self._meter.pool_empty(pool)
        self._measured = waiting
