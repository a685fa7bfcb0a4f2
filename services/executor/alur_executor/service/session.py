"""A session: one execution in memory, driven from begin to end, to its suspension, or to the loss of its ownership."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

from alur_common.executions import Execution, Status
from alur_common.replies import Outcome
from alur_engine.applying import apply, finish
from alur_engine.journal import (
    Cancelled,
    Failed,
    Finished,
    JournalEntry,
    Started,
    Stopped,
    Waiting,
)
from alur_engine.planning import (
    Cancel,
    Command,
    End,
    Expire,
    Rest,
    Start,
    Suspend,
    Wake,
    plan,
    wakes_at,
)
from alur_engine.state import Run, State
from alur_executor.domain.programs import Program, Step
from alur_executor.domain.results import result_of
from alur_executor.ports import Trace
from alur_executor.service.context import RunContext
from alur_executor.service.endings import Endings
from alur_executor.service.journaling import FencedError, JournalWriter
from alur_executor.service.logs import RunLogs
from alur_executor.service.messages import Messages
from alur_executor.service.parts import Parts
from alur_executor.service.quick import SLICE_SECONDS, QuickRuns
from alur_executor.service.runs import NodeRuns
from alur_executor.service.scoping import Surroundings
from alur_executor.service.watching import Watching

SHOWN_AFTER_SECONDS = 0.5
"""What goes on for so long is in the store for whoever looks there."""


_ENDS = (Finished, Failed, Waiting, Stopped)
_CUTS = (Cancelled, Failed, Stopped)
"""What may cut off other node runs."""


class Session:
    """Drives one execution; everything it decides comes from `plan`."""

    def __init__(
        self,
        parts: Parts,
        execution: Execution,
        program: Program,
        state: State,
        writer: JournalWriter,
        *,
        trace: Trace | None = None,
    ) -> None:
        self.parts = parts
        self.execution = execution
        self.program = program
        self.state = state
        self.writer = writer
        self.trace = trace
        """None: it is not recorded."""
        self.is_claimed = execution.owner == parts.worker
        self.on_claimed: Callable[[str], None] = lambda _: None
        """Called once with the execution's id when this worker is durably its owner."""
        self.surroundings = Surroundings(execution, program, state)
        self.watching = Watching(parts.progress, execution.id)
        self.logs = RunLogs(parts.clock, state)
        self.files = parts.files.area(execution.tenant)
        self.tasks: dict[tuple[str, str], asyncio.Task[None]] = {}
        self.failure: BaseException | None = None
        self._changed = asyncio.Event()
        self._flush: asyncio.Task[None] | None = None
        self._kept = 0
        """So many entries have to be durable before anything else starts."""
        self.has_mail = False
        """Messages wait in the inbox."""
        self._is_leaving = False
        self._runs = NodeRuns(self)
        self._steps = program.steps
        self._endings = Endings(self)
        self._messages = Messages(self)

    def context(self) -> RunContext:
        """Return a new context for a node run."""
        return RunContext(self.parts, self.execution, self.program, self.logs, self.files)

    def nudge(self) -> None:
        """A message lies in the inbox."""
        self.has_mail = True
        self._changed.set()

    def hand_back(self) -> None:
        """Start no node any more: the session is over once what runs has ended, and another owner goes on."""
        self._is_leaving = True
        self._changed.set()

    def changed(self) -> None:
        """Something was applied: plan again."""
        self._changed.set()

    def take(self, entry: JournalEntry) -> None:
        """Record an entry and apply it; it becomes durable with the next flush. What the attempt said goes before."""
        if self.logs and isinstance(entry, _ENDS):
            said = self.logs.take((entry.node, entry.path), getattr(entry, "attempt", 1))
            if said is not None:
                self._record(said)
        if isinstance(entry, _CUTS):
            self._show_begun(entry)
        self._record(entry)
        self.watching.tell(self.state, entry)

    def _show_begun(self, entry: JournalEntry) -> None:
        """Record of what else runs that it has begun: after the entry nothing more may be heard of it."""
        ending = (getattr(entry, "node", None), getattr(entry, "path", None))
        for under_way in self._runs.unseen():
            if under_way.run.key != ending:
                self._record(under_way.started_entry())

    def _record(self, entry: JournalEntry) -> None:
        self.writer.record(entry)
        apply(self.state, entry)

    def ran(self, step: Step, run: Run, entry: JournalEntry, begun: float) -> None:
        """Count and record an attempt that has ended just now; `begun` is of `perf_counter`."""
        seconds = time.perf_counter() - begun
        self.parts.meter.ran(step.graph.type.type, result_of(entry), seconds)
        if self.trace is not None:
            self.trace.took(step, run, entry, seconds)

    def keep(self) -> None:
        """Let nothing start before all that is recorded so far is durable."""
        self._kept = self.writer.recorded

    async def take_durably(self, entry: JournalEntry) -> None:
        """Record an entry and apply it; return once it is durable. Nothing starts after it before that.

        State follows the order of the journal, whichever flush ends first, so that a replay leads to the same.
        """
        self.take(entry)
        if type(entry) is not Started:
            self.keep()
        await self.claim()
        await self.writer.flush()

        if isinstance(entry, Finished) and entry.reply is not None:
            outcome = Outcome("reply", "running", reply=self.state.reply)
            self.parts.replies.send(self.execution.reply_to, self.execution.id, outcome)

    def flush_soon(self) -> None:
        """Make what is recorded durable beside the session, without waiting for it."""
        if self._flush is None or self._flush.done():
            self._flush = asyncio.get_running_loop().create_task(self.writer.flush())
            self._flush.add_done_callback(self._flushed)

    def _flushed(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self.failure = self.failure or error
            self._changed.set()

    async def claim(self) -> None:
        """Make this worker the owner, durably. Raises `FencedError` when somebody else is."""
        if not self.is_claimed:
            await self._endings.claim()

    def spawn(self, run: Run, work: Coroutine[Any, Any, None]) -> None:
        """Run a node beside the session; its failure to be written down ends the session."""
        key = run.key
        task = asyncio.get_running_loop().create_task(work)
        self.tasks[key] = task

        def done(finished: asyncio.Task[None]) -> None:
            if self.tasks.get(key) is finished:
                del self.tasks[key]
            if not finished.cancelled() and (error := finished.exception()) is not None:
                self.failure = self.failure or error
            self._changed.set()

        task.add_done_callback(done)

    async def drive(self) -> None:
        """Run until the execution ends, rests or suspends. Raises `FencedError` when it belongs to another."""
        try:
            await self._surround()
            while not await (self._leave() if self._is_leaving else self._turn()):
                pass
        finally:
            await self._stop_tasks()
            await self.files.close()

    def release(self) -> None:
        """Forget everything; the session is not used again."""
        self.state.release()
        del self._runs, self._endings, self._messages
        self.__dict__.pop("quick", None)

    async def _surround(self) -> None:
        execution = self.execution
        if "$vars" in self.program.mentions:
            variables = await self.parts.definitions.variables(execution.tenant, execution.project)
            self.surroundings.variables = dict(variables)
        if "$env" in self.program.mentions:
            self.surroundings.environment = dict(self.parts.environment())
        self.surroundings.random = self.parts.random
        self.quick = QuickRuns(self.surroundings, self.context(), self.parts.clock)

    async def _turn(self) -> bool:
        """Do what is planned; return whether the session is over."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        while True:
            if self.failure is not None:
                raise self.failure
            if self.has_mail:
                self.has_mail = False
                await self._messages.take_all()
            while self.writer.durable < self._kept:
                await self.claim()
                await self.writer.flush()
            commands = plan(self.state, self.parts.clock.now())
            if not commands:
                await self._wait()
                return False
            if await self._obey_all(commands):
                return True
            if loop.time() - begun > SLICE_SECONDS:
                await asyncio.sleep(0)
                return False

    async def _leave(self) -> bool:
        """Do what is planned but begin no node; return whether the session is over: nothing runs, and all is durable."""
        if self.failure is not None:
            raise self.failure
        if self.has_mail:
            self.has_mail = False
            await self._messages.take_all()
        if self.writer.durable < self.writer.recorded:
            await self.claim()
            await self.writer.flush()
        commands = plan(self.state, self.parts.clock.now())
        commands = [command for command in commands if type(command) is not Start]
        if commands:
            return await self._obey_all(commands)
        if not self.tasks:
            return True
        await self._wait()
        return False

    async def _obey_all(self, commands: list[Command]) -> bool:
        for command in commands:
            if type(command) is Start and self._take_quick(command.run):
                continue
            if await self._obey(command, is_alone=len(commands) == 1):
                return True
        return False

    def _take_quick(self, run: Run) -> bool:
        """Run a quick node whose result nothing has to keep; return False when it is for the full path."""
        step = self._steps[run.node.index]
        if step is None or not step.is_quick or step.graph.keeps or run.outcomes:
            return False
        begun = time.perf_counter()
        finished = self.quick.run(step, run, self.parts.clock.now())
        if finished is None:
            return False
        self.ran(step, run, finished, begun)
        if self.logs:
            self.take(finished)
            return True
        self.writer.record(finished)
        finish(self.state, run, finished)
        if self.watching.is_on():
            self.watching.tell(self.state, finished)
        return True

    async def _obey(self, command: Command, *, is_alone: bool) -> bool:
        if isinstance(command, Start):
            await self._runs.start(command.run, is_alone=is_alone and not self.tasks)
        elif isinstance(command, Cancel):
            await self._runs.cut_off(command.run)
        elif isinstance(command, Wake):
            self._messages.wake(command.run)
        elif isinstance(command, Expire):
            await self._runs.expire(command.run)
        elif isinstance(command, End):
            return await self._end(command)
        elif isinstance(command, Rest):
            return await self._suspend_unless_mail(None, "in-doubt")
        else:
            return await self._suspend(command)
        return False

    async def _end(self, command: End) -> bool:
        await self._stop_tasks()
        await self._endings.end(command)
        return True

    async def _suspend(self, command: Suspend) -> bool:
        """Leave memory, unless it is only a short time: then wait here. A wait is durable in any case."""
        deadline = self.execution.deadline
        times = [time for time in (command.at, deadline) if time is not None]
        at = min(times, default=None)
        now = self.parts.clock.now()
        is_wait = any(run.wait for run in self.state.open.values())
        longest = self.parts.in_memory_wait if is_wait else self.parts.in_memory_delay
        if at is not None and at - now <= longest and not self._is_leaving:
            if is_wait:
                await self._show()
            await self._wait()
            return False
        return await self._suspend_unless_mail(at, "waiting")

    async def _suspend_unless_mail(self, at: float | None, status: Status) -> bool:
        if await self._messages.take_all():
            return False  # plan again
        await self._endings.suspend(at, status)
        if status == "in-doubt":
            self.parts.meter.in_doubt()
        return True

    async def _wait(self) -> None:
        """Wait until something changes, a short wait is over, or the time of the whole execution is."""
        self._changed.clear()
        if self.failure is not None or self.has_mail:
            return
        now = self.parts.clock.now()
        times = [time for time in (self._next_due(), self.execution.deadline) if time is not None]
        limit = max(min(times) - now, 0) if times else None
        is_shown = self.is_claimed and not self.writer.has_pending and not self._runs.unseen()
        if not is_shown and (limit is None or limit > SHOWN_AFTER_SECONDS):
            if not await self._changes_within(SHOWN_AFTER_SECONDS):
                await self._show()
        elif not await self._changes_within(limit):
            self.check_deadline()

    async def _changes_within(self, seconds: float | None) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            return False
        return True

    async def _show(self) -> None:
        """Bring all that is known into the store, for whoever looks there."""
        for under_way in self._runs.unseen():
            self.take(under_way.started_entry())
        await self.claim()
        await self.writer.flush()

    def _time_is_over(self, deadline: float) -> Cancelled:
        message = f"the execution took longer than {self.program.settings.timeout}"
        return Cancelled("timeout", deadline, {"code": "timeout", "message": message})

    def check_deadline(self) -> None:
        """Fail the execution when its time is over."""
        deadline = self.execution.deadline
        if deadline is not None and self.parts.clock.now() >= deadline:
            self.take(self._time_is_over(deadline))

    def _next_due(self) -> float | None:
        waiting = (run for run in self.state.open.values() if run.status == "waiting")
        return min((time for run in waiting if (time := wakes_at(run)) is not None), default=None)

    async def _stop_tasks(self) -> None:
        tasks = list(self.tasks.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.gather(*tasks, return_exceptions=True)


__all__ = ["FencedError", "Session"]
