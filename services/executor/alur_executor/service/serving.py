"""Serving pools: node runs of executions that other executors own, claimed one by one and told back."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass

import structlog

from alur_common.events import ExecutionNudged, TaskOffered
from alur_common.executions import Execution, Message, Task, drop_task
from alur_common.pools import Pools
from alur_common.telemetry.logs import bind
from alur_engine.journal import Failed, encode_entry
from alur_executor.domain.pauses import pause_before
from alur_executor.ports import Trace
from alur_executor.service.journaling import FencedError
from alur_executor.service.loading import loaded
from alur_executor.service.parts import Parts
from alur_executor.service.persisting import until_written
from alur_executor.service.programs import Programs
from alur_executor.service.task_session import (
    TaskSession,
    is_open,
    waiting_run,
    writer_of,
)
from alur_sdk.errors import (
    AlurError,
    ConflictError,
    LimitError,
    NotFoundError,
    Permanent,
)

LOOK_SECONDS = 1.0
"""How often it is looked for tasks of which no event told, and whether those that run here still count."""
MOST_BREAKS = 5
MOST_CLAIMS = 20
"""Whatever kills each executor that runs it (for want of memory, say) is to leave the others alone some day."""
_log = structlog.get_logger("alur.executor")


@dataclass(slots=True)
class _Work:
    task: Task
    job: asyncio.Task[None]
    is_ending: bool = False
    """Its outcome is on the way to the store: it ends by itself, whoever has it then."""


class Serving:
    """Takes tasks of its pools, the oldest first, as many at once as there is room for."""

    def __init__(self, parts: Parts, programs: Programs, pools: Pools, room: int) -> None:
        self._parts = parts
        self._programs = programs
        self._pools = pools
        self._room = room
        self._running: dict[str, _Work] = {}
        self._wake = asyncio.Event()
        self._looking: asyncio.Task[None] | None = None

    async def on_offered(self, event: TaskOffered) -> None:
        """Look at once. Safe to repeat: a task is claimed once."""
        if self._pools.serves(event.pool):
            self._wake.set()

    def start(self) -> None:
        """Take tasks from now on; hold a lease before."""
        if self._pools.takes_tasks:
            self._looking = asyncio.get_running_loop().create_task(self._look())

    async def stop(self, drain_seconds: float) -> None:
        """Take nothing new, let what runs end for a while, and offer the rest again."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
        if self._running:
            jobs = [work.job for work in self._running.values()]
            await asyncio.wait(jobs, timeout=drain_seconds)
        rest = list(self._running.values())
        for work in rest:
            work.job.cancel()
        await asyncio.gather(*(work.job for work in rest), return_exceptions=True)
        for work in rest:
            with contextlib.suppress(AlurError):  # what a worker without a lease has is found
                await self._offer_again(work.task)

    async def _look(self) -> None:
        loop = asyncio.get_running_loop()
        looked = 0.0
        while True:
            self._wake.clear()
            try:
                if loop.time() - looked >= LOOK_SECONDS:
                    looked = loop.time()
                    await self._compare()
                await self._claim()
            except AlurError as error:
                _log.warning("no tasks taken", reason=error.message)
            except Exception as error:  # noqa: BLE001 the outermost loop of the tasks
                _log.error("tasks not looked for", exc_info=error)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._wake.wait()

    async def _compare(self) -> None:
        """Stop what was withdrawn or went to another; begin what is ours though its claim was never answered."""
        ours = {task.id: task for task in await self._parts.tasks.of(self._parts.worker)}
        for key, work in self._running.items():
            known = ours.pop(key, None)
            is_ours = known is not None and known.epoch == work.task.epoch
            if not is_ours and not work.is_ending:
                work.job.cancel()
        for task in ours.values():
            if task.id not in self._running:
                self._begin(await self._parts.tasks.save(task.changed(epoch=task.epoch + 1)))

    async def _claim(self) -> None:
        while len(self._running) < self._room:
            task = await self._parts.tasks.claim(self._pools, self._parts.worker)
            if task is None:
                return
            if task.id not in self._running:
                self._begin(task)

    def _begin(self, task: Task) -> None:
        job = asyncio.get_running_loop().create_task(self._run(task))
        self._running[task.id] = _Work(task, job)

    async def _run(self, task: Task) -> None:
        """Run one task; whatever goes wrong with it, the others go on."""
        try:
            await self._run_once(task)
        except (FencedError, ConflictError):
            _log.warning("task belongs to another", execution_id=task.execution, node=task.node)
        except Exception as error:  # noqa: BLE001 the outermost loop of a task
            _log.error("task broke", execution_id=task.execution, node=task.node, exc_info=error)
            await self._broke(task, error)
        finally:
            self._running.pop(task.id, None)
            self._wake.set()

    async def _broke(self, task: Task, error: Exception) -> None:
        """Offer it again after a pause; what breaks again and again by a fault of ours has failed."""
        breaks = task.breaks + 1
        await asyncio.sleep(pause_before(breaks))
        try:
            if breaks > MOST_BREAKS and not getattr(error, "retryable", False):
                await self._fail(task, AlurError("its task broke: the log says why"))
            else:
                await self._offer_again(task.changed(breaks=breaks))
        except AlurError as again:
            # The claim stands: it is begun anew by the next look, or goes with our lease.
            _log.warning("task not given back", execution_id=task.execution, reason=again.message)

    async def _run_once(self, task: Task) -> None:
        execution = await self._parts.executions.find(task.execution)
        if execution is None or execution.has_ended:
            await self._drop(task, execution)
            return
        bind(execution_id=execution.id, workflow_id=execution.workflow_uid)
        tracing = self._parts.tracing
        span = None if tracing is None else tracing.task(execution)
        if tracing is None or span is None:
            await self._perform(task, execution, None)
            return
        with span:
            trace = tracing.trace(span, execution) if span.is_recorded else None
            await self._perform(task, execution, trace)

    async def _perform(self, task: Task, execution: Execution, trace: Trace | None) -> None:
        parts = self._parts
        try:
            program, state = await loaded(parts, self._programs, execution)
        except AlurError as error:
            if error.retryable:
                raise
            await self._fail(task, error)
            return
        run = await waiting_run(parts, execution, task, state)
        if run is None:
            await self._drop(task, execution)
            return
        writer = writer_of(parts, task)
        session = TaskSession(parts, execution, program, state, writer, trace=trace)
        try:
            if not await is_open(parts, writer, task, state, run):
                await self._finish(task, session)
            elif task.epoch > MOST_CLAIMS:
                message = f"{MOST_CLAIMS} executors that ran it died or stopped before it ended"
                await self._fail(task, Permanent(message, code="executors-died"))
            else:
                await session.run(run)
                await self._finish(task, session)
        finally:
            session.release()

    async def _finish(self, task: Task, session: TaskSession) -> None:
        await session.writer.settle()
        try:
            entries = await session.writer.take_rest()
        except LimitError as error:
            await self._fail(task, error)
            return
        await self._tell(task.changed(entries=entries or None, batches=session.writer.batches))

    async def _fail(self, task: Task, error: AlurError) -> None:
        """Let it fail for what is no fault of the node's."""
        now = self._parts.clock.now()
        told = {"code": error.code, "message": error.message, "node": task.node}
        failed = Failed(task.node, task.path, task.attempt, now, now, told)
        await self._tell(task.changed(entries=[encode_entry(failed)]))

    async def _tell(self, task: Task) -> None:
        """Write the outcome by one compare-and-set, then tell the owner; a scheduler tells what is left untold.

        Raises `ConflictError` when the task is another's by now, or was withdrawn.
        """
        parts = self._parts
        self._running[task.id].is_ending = True
        await self._save(task.changed(worker=None, done_at=parts.clock.now()))
        try:
            await parts.inbox.put(Message(task.execution, "task", task.id, {}))
        except AlurError as error:
            _log.warning("task not told yet", execution_id=task.execution, reason=error.message)
            return
        parts.bus.tell(ExecutionNudged(task.execution, task.tenant))

    async def _save(self, task: Task) -> None:
        """Compare and set, again and again while the store cannot."""
        await until_written(lambda: self._saved(task), "task not written", task.execution)

    async def _saved(self, task: Task) -> None:
        try:
            await self._parts.tasks.save(task)
        except (ConflictError, NotFoundError):
            known = await self._parts.tasks.find(task.id)
            # It may be this very write, whose answer was lost.
            if known is None or (known.epoch, known.done_at) != (task.epoch, task.done_at):
                raise ConflictError(f"task {task.id} is another's", id=task.id) from None

    async def _offer_again(self, task: Task) -> None:
        await self._parts.tasks.save(task.changed(worker=None))
        self._parts.bus.tell(TaskOffered(task.execution, task.tenant, task.pool, task.id))

    async def _drop(self, task: Task, execution: Execution | None) -> None:
        await drop_task(self._parts.tasks, self._parts.journals, task, execution)
