"""Node runs of other pools, as the owner of their execution sees them: offered, awaited, taken back, withdrawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alur_common.events import TaskOffered
from alur_common.executions import Task, task_id
from alur_common.executions.content import read_entries
from alur_engine.journal import Finished, ItemDone, JournalEntry, Started, decode_entry
from alur_engine.planning import mark_doubt, wakes_at
from alur_engine.state import Run
from alur_sdk.errors import ConflictError

if TYPE_CHECKING:
    from alur_executor.service.session import Session


def new_task(session: Session, run: Run) -> str:
    """Return an id for what is offered at this point of the journal, and nowhere else."""
    return task_id(session.execution.id, *run.key, session.writer.epoch, session.writer.recorded)


async def offer(session: Session, run: Run) -> None:
    """Offer a node run that waits for it to the executors of its pool. Safe to repeat."""
    parts, execution = session.parts, session.execution
    wait = run.wait or {}
    task = Task(
        wait["task"],
        execution.tenant,
        execution.id,
        *run.key,
        attempt=run.attempt,
        pool=wait["pool"],
        offered_at=parts.clock.now(),
    )
    await parts.tasks.offer(task)
    parts.bus.tell(TaskOffered(execution.id, execution.tenant, task.pool, task.id))


async def look_at_task(session: Session, run: Run, key: str) -> None:
    """Take what came back from another executor; what a crash kept from being offered is offered now."""
    task = await session.parts.tasks.find(key)
    if task is not None:
        if task.done_at is not None:
            await _take(session, run, await _entries(session, task))
        return
    due = wakes_at(run)
    if due is None or due > session.parts.clock.now():
        await session.claim()
        await (
            session.writer.flush()
        )  # whoever claims it demands that the journal says that it waits
        await offer(session, run)


async def _take(session: Session, run: Run, entries: list[JournalEntry]) -> None:
    """Record what a task came to as if it had happened here. Without an end nobody knows what came of it."""
    *before, last = entries
    is_known = not isinstance(last, (Started, ItemDone))
    for entry in before if is_known else entries:
        if not is_known or isinstance(entry, ItemDone):
            session.take(entry)
    if not is_known:
        mark_doubt(run)
        session.keep()
    elif isinstance(last, Finished) and last.reply is not None:
        await session.take_durably(last)
    else:
        session.take(last)
        session.keep()


async def _entries(session: Session, task: Task) -> list[JournalEntry]:
    parts = session.parts
    batches = await parts.journals.read(task.id)
    return [decode_entry(e) for e in await read_entries(batches, task.entries, parts.blobs)]


async def forget(session: Session, key: str) -> None:
    """Remove a task whose outcome is durable, or which nobody waits for, and shut out whoever has it."""
    await session.parts.journals.close(key)
    await session.parts.tasks.remove(key)


async def withdraw(session: Session, run: Run) -> None:
    """Take a task back that does not count any more: whoever runs it stops."""
    if run.task is not None:
        await session.claim()
        await session.writer.flush()  # only an owner gets past this
        await forget(session, run.task)


async def has_come_back(session: Session, run: Run, key: str) -> bool:
    """Take a task back whose time is over, with what its items came to so far; return whether it was done just before.

    Its journal is closed first and stays: what was removed by an owner that died then is read by the next.
    """
    await session.claim()
    await session.writer.prove()
    parts = session.parts
    batches = await parts.journals.close(key)
    while (task := await parts.tasks.find(key)) is not None:
        if task.done_at is not None:
            await _take(session, run, await _entries(session, task))
            return True
        try:
            await parts.tasks.remove(key, at_revision=task.revision)
        except ConflictError:
            continue  # it was claimed, or done, meanwhile
    for values in await read_entries(batches, None, parts.blobs):
        entry = decode_entry(values)
        if isinstance(entry, ItemDone):
            session.take(entry)
    await session.writer.flush()
    return False
