"""The executor: takes admitted executions, as many as it may, and runs a session for each."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from alur_common.events import ExecutionAdmitted, ExecutionNudged
from alur_common.executions import Execution
from alur_common.executions.workers import Workers
from alur_common.pools import DEFAULT_POOL
from alur_common.progress import Change
from alur_common.telemetry import names
from alur_common.telemetry.logs import bind
from alur_engine.history import node_change
from alur_executor.domain.fair_queue import FairQueue
from alur_executor.domain.pauses import FIRST_PAUSE_SECONDS, pause_before
from alur_executor.ports import Peers, Trace
from alur_executor.service.journaling import FencedError
from alur_executor.service.loading import loaded
from alur_executor.service.opening import Trouble, fail, fresh, resumed
from alur_executor.service.parts import Parts
from alur_executor.service.programs import Programs
from alur_executor.service.session import Session
from alur_sdk.errors import AlurError, LimitError

MOST_BREAKS = 5
"""So often a session is begun anew after a fault of ours; what is out of reach for a while is waited for."""
GOING_ON = 0.1
"""The part of a stop's time in which executions still begin nodes."""


@dataclass(frozen=True, slots=True)
class Capacity:
    """How many executions may be in memory, of all and of one tenant (0: as many), and how long a lease lasts.

    `tenant_weights` are the shares of tenants that wait for room. No more than `waiting` wait here, the rest in the store.
    """

    executions: int = 1_000
    tenant_executions: int = 0
    lease_seconds: float = 3.0
    drain_seconds: float = 10.0
    tenant_weights: Mapping[str, float] = field(default_factory=dict)
    waiting: int = 50_000  # more than are run before schedulers tell of the rest again


class Executor:
    """Runs executions. Each handler may be called twice with the same event: what runs or has ended is left alone."""

    def __init__(
        self,
        parts: Parts,
        programs: Programs,
        workers: Workers,
        capacity: Capacity,
        peers: Peers | None = None,
    ) -> None:
        self.address = ""
        """Where other processes reach this one; it stands beside the lease."""
        self.pools: Sequence[str] = (DEFAULT_POOL,)
        """What it serves; the same."""
        self._peers = peers
        self._parts = parts
        self._programs = programs
        self._workers = workers
        self._capacity = capacity
        self._sessions: dict[str, Session | None] = {}
        self._queue = FairQueue(capacity.tenant_executions, capacity.tenant_weights)
        self._tasks: set[asyncio.Task[None]] = set()
        self._taken: dict[str, asyncio.Future[None]] = {}
        self._nudged: set[str] = set()
        """Messages wait for these, and their sessions are yet to begin."""
        self._hands_back = False
        self.is_stopping = False
        """It takes nothing new any more."""
        self._lease: asyncio.Task[None] | None = None
        self._log = structlog.get_logger("alur.executor")

    async def on_admitted(self, event: ExecutionAdmitted) -> asyncio.Future[None] | None:
        """Run it now, or when there is room; a higher priority goes first.

        Returns what is done when the execution is claimed, ended or left to another: then the event has had its effect.
        Where too many wait already it is left in the store, in which schedulers find it again.
        """
        return self._take(event.key, event.tenant, event.priority)

    def _take(self, execution_id: str, tenant: str, priority: int) -> asyncio.Future[None] | None:
        if self.is_stopping:
            return None
        if execution_id in self._sessions or execution_id in self._queue:
            return self._taken.get(execution_id)
        if len(self._queue) >= self._capacity.waiting:
            return None
        taken = self._taken[execution_id] = asyncio.get_running_loop().create_future()
        is_full = len(self._sessions) >= self._capacity.executions
        if is_full or not self._queue.has_room(tenant):
            self._queue.put(tenant, execution_id, priority)
        else:
            self._begin(execution_id, tenant)
        return taken

    def _is_taken(self, execution_id: str) -> None:
        taken = self._taken.pop(execution_id, None)
        if taken is not None and not taken.done():
            taken.set_result(None)

    async def on_nudged(self, event: ExecutionNudged) -> None:
        """Tell the session that messages wait; without one take the execution up, now or when there is room."""
        if self._hears(event.key) or self.is_stopping:
            return
        execution = await self._parts.executions.find(event.key)
        if execution is None or execution.has_ended or await self._pass_on(execution):
            return
        self._take(execution.id, execution.tenant, execution.priority)
        self._hears(execution.id)

    def _hears(self, execution_id: str) -> bool:
        """Tell its session, or the one that is to begin, that messages wait; return False when there is none."""
        session = self._sessions.get(execution_id)
        if session is not None:
            session.nudge()
        elif execution_id in self._sessions or execution_id in self._queue:
            self._nudged.add(execution_id)
        else:
            return False
        return True

    async def _pass_on(self, execution: Execution) -> bool:
        """Tell the living worker that owns it, if it is another one; return whether it is."""
        if self._peers is None:
            return False
        if execution.status != "running" or await self._may_take(execution):
            return False
        await self._peers.nudge(str(execution.owner), execution.id)
        return True

    def _begin(self, execution_id: str, tenant: str) -> None:
        self._sessions[execution_id] = None
        self._queue.begun(tenant)
        task = asyncio.get_running_loop().create_task(self._run(execution_id, tenant))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, execution_id: str, tenant: str) -> None:
        """Run one execution; whatever goes wrong with it, the others go on."""
        trouble = Trouble()
        try:
            while await self._goes_on(execution_id, trouble):
                pass
        finally:
            self._sessions.pop(execution_id, None)
            self._nudged.discard(execution_id)
            self._is_taken(execution_id)
            self._parts.meter.active(len(self._sessions))
            self._queue.ended(tenant)
            while self._queue and len(self._sessions) < self._capacity.executions:
                following = self._queue.take()
                if following is None:
                    break
                of_tenant, waiting = following
                if waiting not in self._sessions:
                    self._begin(waiting, of_tenant)

    async def _goes_on(self, execution_id: str, trouble: Trouble) -> bool:
        """Run it until it ends, leaves memory or belongs to another; return True after a pause when its session broke."""
        try:
            while await self._run_once(execution_id, trouble):
                pass
        except FencedError:
            self._log.warning("execution belongs to another", execution_id=execution_id)
            self._sessions[execution_id] = None
            return await self._is_ours(execution_id)
        except LimitError as error:  # what it made cannot be kept, and would not be another time
            trouble.give_up(error, self._sessions[execution_id])
        except Exception as error:  # noqa: BLE001 the outermost loop of a session
            self._log.error("session broke", execution_id=execution_id, exc_info=error)
            if trouble.breaks >= MOST_BREAKS and not getattr(error, "retryable", False):
                trouble.give_up(AlurError("its session broke: the log says why"), None)
        else:
            return False
        self._sessions[execution_id] = None
        await asyncio.sleep(pause_before(trouble.breaks))
        trouble.breaks += 1
        return True

    async def _is_ours(self, execution_id: str) -> bool:
        """Return whether an earlier session of ours was quicker: then nobody else would go on with it."""
        try:
            execution = await self._parts.executions.find(execution_id)
        except AlurError:
            return True  # it is looked at again once the store is within reach
        if execution is None:
            return False
        return execution.status == "running" and execution.owner == self._parts.worker

    async def _run_once(self, execution_id: str, trouble: Trouble) -> bool:
        """Drive it until it ends or leaves memory, or fail it; return whether a message came in that very moment."""
        execution = await self._parts.executions.find(execution_id)
        if execution is None or not await self._may_take(execution):
            return False
        if trouble.reason is not None:
            await fail(self._parts, self._programs, execution, trouble.reason, trouble.program)
            return False
        bind(execution_id=execution_id, workflow_id=execution.workflow_uid)
        tracing = self._parts.tracing
        span = None if tracing is None else tracing.session(execution)
        if tracing is None or span is None:
            return await self._drive(execution, None)
        with span:
            if not span.is_recorded:
                return await self._drive(execution, None)
            here = execution.moved_to(span.point.parent)
            again = await self._drive(here, tracing.trace(span, execution))
            if (session := self._sessions.get(execution_id)) is not None:
                span.set(names.EXECUTION_STATUS, session.execution.status)
                span.set(names.EPOCH, session.execution.epoch)
            return again

    async def _drive(self, execution: Execution, trace: Trace | None) -> bool:
        execution_id = execution.id
        session = await self._session(execution, trace)
        if session is None:
            return False
        self._sessions[execution_id] = session
        if execution_id in self._nudged:
            self._nudged.discard(execution_id)
            session.nudge()
        session.on_claimed = self._is_taken
        if self._hands_back:
            session.hand_back()
        self._parts.meter.active(len(self._sessions))
        try:
            await session.drive()
        finally:
            session.release()
        return session.has_mail and not session.execution.has_ended and not self._hands_back

    async def _may_take(self, execution: Execution) -> bool:
        if execution.has_ended or not execution.admitted:
            return False
        if execution.status == "running" and execution.owner not in (None, self._parts.worker):
            return not await self._workers.is_alive(str(execution.owner))
        return True

    async def _session(self, execution: Execution, trace: Trace | None) -> Session | None:
        """Return a session at the state that the journal leads to; None when it cannot even begin."""
        try:
            program, state = await loaded(self._parts, self._programs, execution)
        except AlurError as error:
            if error.retryable:
                raise  # the store or the registry is out of reach for a while: it is admitted again
            await fail(self._parts, self._programs, execution, error)
            return None
        if execution.epoch == 0 and execution.status == "queued":
            return fresh(self._parts, execution, program, state, trace)
        return await resumed(self._parts, execution, program, state, trace)

    def live(self, execution_id: str) -> list[Change] | None:
        """Return the node runs of an execution in memory so far, or None."""
        session = self._sessions.get(execution_id)
        if session is None:
            return None
        return [
            node_change(run)
            for frame in session.state.frames.values()
            for run in frame.runs.values()
            if run.status != "pending" and not run.node.is_trigger
        ]

    async def hold_lease(self) -> None:
        """Hold a lease once this returns, and until `stop`.

        Nothing may be admitted here before: who works without a lease is taken for dead.
        """
        is_held = await self._renew_lease()
        while not is_held:
            await asyncio.sleep(FIRST_PAUSE_SECONDS)
            is_held = await self._renew_lease()
        self._lease = asyncio.get_running_loop().create_task(self._keep_lease())

    async def _keep_lease(self) -> None:
        """Renew the lease until cancelled, each third of its length."""
        while True:
            await asyncio.sleep(self._capacity.lease_seconds / 3)
            await self._renew_lease()

    async def _renew_lease(self) -> bool:
        seconds, now = self._capacity.lease_seconds, self._parts.clock.now()
        try:
            await self._workers.renew(self._parts.worker, seconds, now, self.address, self.pools)
        except AlurError as error:
            self._log.error("lease not renewed", reason=error.message)
            self._parts.meter.lease(False)
            return False
        self._parts.meter.lease(True)
        return True

    async def stop(self) -> None:
        """Take nothing new, let what runs end for a while, and hand back the rest: it goes on from its journal.

        Executions go on for a tenth of that while; then no node begins any more, so that those under way can end.
        The lease is held until then, that nobody takes over what still runs here.
        """
        self.is_stopping = True
        self._queue.clear()
        await self._wait_for_ends(self._capacity.drain_seconds * GOING_ON)
        self._hands_back = True
        self._parts.ways.turn_away()
        for session in list(self._sessions.values()):
            if session is not None:
                session.hand_back()
        await self._wait_for_ends(self._capacity.drain_seconds * (1 - GOING_ON))
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._lease is not None:
            self._lease.cancel()
        try:
            await self._workers.remove(self._parts.worker)
        except AlurError as error:
            self._log.warning("lease not removed, it runs out", reason=error.message)

    async def _wait_for_ends(self, seconds: float) -> None:
        """Wait until all that runs has ended, at most so long."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)
