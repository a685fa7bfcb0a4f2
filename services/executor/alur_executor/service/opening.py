"""How a session is opened: at the begin of an execution, on what another left, or only to write down that it has failed."""

from __future__ import annotations

from dataclasses import dataclass

from alur_common.definitions import VersionRecord
from alur_common.executions import Batch, Execution, blobs_of
from alur_common.executions.content import read_entries
from alur_engine.applying import apply, begin
from alur_engine.journal import Started, decode_entry
from alur_engine.planning import recover
from alur_engine.state import State
from alur_executor.domain.programs import Program
from alur_executor.ports import Trace
from alur_executor.service.endings import Endings, failed_before_start
from alur_executor.service.journaling import JournalWriter
from alur_executor.service.parts import Parts
from alur_executor.service.programs import Programs
from alur_executor.service.session import Session
from alur_sdk.errors import AlurError, ConflictError, Permanent

MOST_DEATHS = 20
"""What kills each executor that runs it (for want of memory, say) takes all else down that runs there."""


@dataclass(slots=True)
class Trouble:
    """What has gone wrong so far with an execution that is run here."""

    breaks: int = 0
    reason: AlurError | None = None
    """Why it is given up: from then on nothing else is tried."""
    program: Program | None = None
    """Whose error workflow hears of it; None where hearing of it may be what breaks."""

    def give_up(self, reason: AlurError, session: Session | None) -> None:
        """Fail it for this reason, on behalf of its last session where that can still be."""
        is_first = self.reason is None and session is not None
        self.program = session.program if is_first and session is not None else None
        self.reason = reason


def fresh(
    parts: Parts, execution: Execution, program: Program, state: State, trace: Trace | None
) -> Session:
    """Begin. The claim is written with the first thing that has to be durable, or with the end."""
    execution = _timed(parts, execution, program)
    writer = _writer(parts, execution, 1, 0)
    session = Session(parts, execution, program, state, writer, trace=trace)
    if execution.parent is not None and execution.parent.waits:
        session.nudge()  # it may have been cancelled with its parent before it began
    return session


async def resumed(
    parts: Parts, execution: Execution, program: Program, state: State, trace: Trace | None
) -> Session | None:
    """Take over: own it, close the journal to any stale owner, then go on from what the journal says.

    Returns None when another was quicker, or when it has failed because nobody survives it.
    """
    claimed = await _taken_over(parts, _timed(parts, execution, program))
    if claimed is None:
        return None
    writer = _writer(parts, claimed, claimed.epoch, 0)
    batches = await writer.open_epoch()
    if claimed.deaths >= MOST_DEATHS and not await _has_moved(parts, claimed, batches):
        message = f"{MOST_DEATHS} executors that ran it died or stopped before anything of it ended"
        await _end(parts, claimed, writer, program, Permanent(message, code="executors-died"))
        return None
    for entry in await read_entries(batches, claimed.entries, parts.blobs):
        apply(state, decode_entry(entry))
    recover(state)
    session = Session(parts, claimed, program, state, writer, trace=trace)
    session.check_deadline()
    session.nudge()
    return session


async def fail(
    parts: Parts,
    programs: Programs,
    execution: Execution,
    error: AlurError,
    program: Program | None = None,
) -> None:
    """End an execution that cannot begin or go on: its version is gone, its start is wrong, or it makes more than is kept.

    Without its program nobody is told but who started it. Another owner before is shut out of the journal first.
    """
    program = program or programs.empty(_without_nodes(execution))
    execution = _timed(parts, execution, program)
    writer = _writer(parts, execution, execution.epoch + 1, execution.batches)
    is_of_another = execution.epoch > 0 and execution.owner != parts.worker
    if is_of_another:
        claimed = await _taken_over(parts, execution)
        if claimed is None:
            return
        execution = claimed
        await writer.open_epoch()
    await _end(parts, execution, writer, program, error, is_claimed=is_of_another)


async def _end(
    parts: Parts,
    execution: Execution,
    writer: JournalWriter,
    program: Program,
    error: AlurError,
    *,
    is_claimed: bool = True,
) -> None:
    session = Session(parts, execution, program, begin(program.graph, []), writer)
    session.is_claimed = is_claimed
    await Endings(session).end(failed_before_start(error))


async def _has_moved(parts: Parts, execution: Execution, batches: list[Batch]) -> bool:
    """Return whether anything ended while the last owners had it, `MOST_DEATHS` of them."""
    lately = [batch for batch in batches if batch.epoch >= execution.epoch - MOST_DEATHS]
    entries = await read_entries(lately, None, parts.blobs)
    return any(type(decode_entry(entry)) is not Started for entry in entries)


async def _taken_over(parts: Parts, execution: Execution) -> Execution | None:
    """Return it as this worker's, durably; None when another was quicker."""
    deaths = execution.deaths if execution.status == "running" else 0
    is_of_dead = execution.status == "running" and execution.owner != parts.worker
    taken = execution.changed(
        status="running",
        owner=parts.worker,
        epoch=execution.epoch + 1,
        deaths=deaths + is_of_dead,
        wake_at=None,
    )
    try:
        return await parts.executions.save(taken)
    except ConflictError:
        return None


def _without_nodes(execution: Execution) -> VersionRecord:
    return VersionRecord(
        execution.tenant,
        execution.project,
        execution.workflow,
        execution.workflow_uid,
        execution.version,
        {"spec": {}},
        execution.accepted_at,
    )


def _timed(parts: Parts, execution: Execution, program: Program) -> Execution:
    if execution.started_at is not None:
        return execution
    now = parts.clock.now()
    parts.meter.started(now - execution.accepted_at)
    deadline = now + program.timeout if program.timeout is not None else None
    return execution.changed(started_at=now, deadline=deadline)


def _writer(parts: Parts, execution: Execution, epoch: int, batches: int) -> JournalWriter:
    return JournalWriter(
        parts.journals,
        blobs_of(parts.blobs, execution.id),
        execution.id,
        epoch=epoch,
        batches=batches,
        limit=parts.limits.bytes,
    )
