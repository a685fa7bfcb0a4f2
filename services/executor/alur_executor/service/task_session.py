"""A session for a single node run of an execution that another executor owns."""

from __future__ import annotations

from alur_common.executions import Execution, Task, blobs_of
from alur_common.executions.content import read_entries
from alur_engine.applying import apply
from alur_engine.journal import ItemDone, JournalEntry, Started, decode_entry
from alur_engine.planning import asks_in_doubt
from alur_engine.state import Run, State
from alur_executor.service.journaling import JournalWriter
from alur_executor.service.parts import Parts
from alur_executor.service.session import Session


class TaskSession(Session):
    """Runs the node as its owner would; what it comes to goes into the task's own journal.

    The state is read, and what is applied to it is seen here alone.
    """

    async def claim(self) -> None:
        """Do nothing: the task is claimed, and its execution is another's."""

    async def take_durably(self, entry: JournalEntry) -> None:
        """Record an entry and apply it; an intent is durable once this returns, an end with the outcome of the task."""
        self.take(entry)
        if type(entry) is Started:
            await self.writer.flush()

    async def run(self, run: Run) -> None:
        """Bring the node run to its end. Raises `FencedError` when the task belongs to another."""
        step = self.program.steps[run.node.index]
        assert step is not None  # noqa: S101 triggers do not travel
        try:
            await self._surround()
            await self._runs.perform(step, run)
        finally:
            await self.files.close()
        if self.failure is not None:
            raise self.failure


async def waiting_run(parts: Parts, execution: Execution, task: Task, state: State) -> Run | None:
    """Bring the state to where the execution's journal leads; return the node run that waits for the task, or None."""
    batches = await parts.journals.read(execution.id)
    for entry in await read_entries(batches, execution.entries, parts.blobs):
        apply(state, decode_entry(entry))
    run = state.find_run(task.node, task.path)
    is_awaited = run is not None and run.status == "waiting" and run.task == task.id
    return run if is_awaited else None


async def is_open(parts: Parts, writer: JournalWriter, task: Task, state: State, run: Run) -> bool:
    """Make ready for the next attempt; return False when there is none: its end is known, or it is in doubt.

    Who had the task before is shut out of its journal, and what items came to there is known here.
    """
    has_ended = False
    if task.epoch > 1:
        for values in await read_entries(await writer.open_epoch(), None, parts.blobs):
            entry = decode_entry(values)
            apply(state, entry)
            has_ended = has_ended or not isinstance(entry, (Started, ItemDone))
    is_in_doubt = run.status == "running" and asks_in_doubt(run)
    run.status = "running"
    run.attempt = task.attempt - 1
    return not has_ended and not is_in_doubt


def writer_of(parts: Parts, task: Task) -> JournalWriter:
    """Return what writes the task's own journal."""
    return JournalWriter(
        parts.journals,
        blobs_of(parts.blobs, task.execution),
        task.id,
        epoch=task.epoch,
        batches=0,
        limit=parts.limits.bytes,
    )
