"""How a session changes its execution's document: claim, suspend, end. Each is one compare-and-set."""

from __future__ import annotations

import asyncio
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import orjson
import structlog

from alur_common.blobs import INLINE_BYTES
from alur_common.definitions import WorkflowRecord
from alur_common.events import (
    ExecutionNudged,
    ExecutionStarted,
    ExecutionSuspended,
)
from alur_common.executions import Execution, Message, Status, blobs_of
from alur_common.replies import Outcome
from alur_common.starts import MAX_DEPTH, StartRequest
from alur_common.telemetry.tracing import NOTHING
from alur_engine.planning import End, outputs_of
from alur_engine.state import State
from alur_executor.service.journaling import FencedError
from alur_executor.service.persisting import until_written
from alur_sdk.errors import AlurError, ConflictError, NotFoundError
from alur_sdk.instants import rfc3339
from alur_sdk.items import Json

if TYPE_CHECKING:
    from alur_executor.service.session import Session

_ERROR = "trigger.error"


class Endings:
    """Writes the document of one session's execution."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._claiming = asyncio.Lock()

    async def claim(self) -> None:
        """Take ownership for the first time, durably."""
        session = self._session
        async with self._claiming:
            if session.is_claimed:
                return
            with self._span("claim execution"):
                await self._claim()
        execution = session.execution
        session.parts.bus.tell(
            ExecutionStarted(execution.id, execution.tenant, execution.workflow_uid)
        )
        session.watching.execution({"status": "running"})

    def _span(self, name: str) -> AbstractContextManager[object]:
        trace = self._session.trace
        return NOTHING if trace is None else trace.step(name)

    async def _claim(self) -> None:
        session = self._session
        execution = session.execution
        await self._save(
            execution.changed(
                status="running",
                owner=session.parts.worker,
                epoch=execution.epoch + 1,
            )
        )
        session.is_claimed = True
        session.on_claimed(execution.id)

    async def suspend(self, at: float | None, status: Status) -> None:
        """Leave memory: everything known is durable first."""
        with self._span("suspend execution"):
            await self._suspend(at, status)

    async def _suspend(self, at: float | None, status: Status) -> None:
        session = self._session
        await session.claim()
        await session.writer.flush()
        await self._save(
            session.execution.changed(
                status=status,
                owner=None,
                wake_at=at,
                awaits=_awaited(session.state),
                batches=session.writer.batches,
            )
        )
        execution = session.execution
        session.watching.execution({"status": status})
        outcome = Outcome("waiting", status)
        session.parts.replies.send(execution.reply_to, execution.id, outcome)
        session.parts.bus.tell(ExecutionSuspended(execution.id, execution.tenant, at))

    async def end(self, end: End) -> None:
        """End the execution. Whom its end concerns is told before, durably, so that nobody is forgotten.

        Raises `LimitError` when what it made cannot be kept.
        """
        with self._span("complete execution"):
            await self._end(end)

    async def _end(self, end: End) -> None:
        session = self._session
        handler = None
        if self._concerns_others(end):
            await session.claim()
            await session.writer.flush()
            handler = await self._tell_others(end)
        await session.writer.settle()
        outbox = session.parts.outbox
        whole = await self._ended(end, handler)
        ended = outbox.stamp(await self._with_large_output_kept(whole))
        try:
            await self._save(ended)
        except FencedError:
            outbox.drop(ended)
            raise
        except Exception:  # whatever it is: the end may have been written all the same
            outbox.miss(ended)
            raise
        await self._announce(session.execution, whole.output)

    def _concerns_others(self, end: End) -> bool:
        session = self._session
        parent = session.execution.parent
        fails = end.status == "failed" and session.program.settings.error_workflow is not None
        return fails or (parent is not None and parent.waits)

    async def _tell_others(self, end: End) -> str | None:
        """Return the execution of the error workflow, if one was started."""
        session = self._session
        handler = None
        if end.status == "failed" and session.program.settings.error_workflow is not None:
            handler = await self._start_error_workflow(end)
        execution = session.execution
        parent = execution.parent
        if parent is not None and parent.waits:
            await session.parts.inbox.put(Message(parent.execution, "child", execution.id, {}))
        return handler

    async def _start_error_workflow(self, end: End) -> str | None:
        session = self._session
        execution = session.execution
        name = session.program.settings.error_workflow
        if execution.mode == "error" or execution.depth >= MAX_DEPTH or name is None:
            return None
        summary = {
            "execution": {
                "id": execution.id,
                "mode": execution.mode,
                "status": end.status,
                "startedAt": rfc3339(execution.accepted_at),
                "error": end.error,
            },
            "workflow": dict(session.program.workflow),
            "trigger": execution.trigger,
        }
        try:
            workflow = await session.parts.definitions.active(
                execution.tenant, execution.project, name
            )
            request = StartRequest(
                mode="error",
                input=[summary],
                trigger=_error_trigger(workflow),
                source=("error", execution.id),
                cause=execution.id,
                depth=execution.depth + 1,
            )
            accepted = await session.parts.starts.start(workflow, request)
        except NotFoundError as error:
            structlog.get_logger("alur.executor").error(
                "error workflow not started", execution_id=execution.id, reason=error.message
            )
            return None
        return accepted.execution.id

    async def _ended(self, end: End, handler: str | None) -> Execution:
        session = self._session
        program, state = session.program, session.state
        now = session.parts.clock.now()
        status: Any = end.status
        output: Any = None
        if status == "succeeded":
            output = [item.json for item in outputs_of(program.graph, state)]
        entries = await session.writer.take_rest()
        return session.execution.changed(
            status=status,
            owner=None,
            epoch=max(session.execution.epoch, session.writer.epoch),
            finished_at=now,
            wake_at=None,
            entries=entries or None,
            batches=session.writer.batches,
            output=output,
            error=end.error,
            reason=end.reason,
            handler=handler,
            reply=state.reply,
            expire_at=self._expires_at(now, status),
        )

    def _expires_at(self, now: float, status: str) -> float:
        """Return when retention may remove it."""
        program = self._session.program
        keep = program.keep_succeeded if status == "succeeded" else program.keep_failed
        return now + keep

    async def _with_large_output_kept(self, ended: Execution) -> Execution:
        if not ended.output:
            return ended
        content = orjson.dumps(ended.output)
        if len(content) <= INLINE_BYTES:
            return ended
        blobs = blobs_of(self._session.parts.blobs, ended.id)
        sha256 = await until_written(lambda: blobs.put(content), "output not kept", ended.id)
        return ended.changed(output=None, output_blob=sha256)

    async def _announce(self, ended: Execution, output: Json) -> None:
        session = self._session
        parts = session.parts
        outcome = Outcome("ended", ended.status, output, ended.error)
        parts.replies.send(ended.reply_to, ended.id, outcome)
        took = (ended.finished_at or 0) - (ended.started_at or ended.accepted_at)
        parts.meter.ended(ended.status, took)
        session.watching.execution({"status": ended.status, "error": ended.error})
        parent = ended.parent
        if parent is not None and parent.waits:
            parts.bus.tell(ExecutionNudged(parent.execution, ended.tenant))
        await parts.outbox.tell(ended)

    async def _save(self, execution: Execution) -> None:
        """Compare and set, again and again while the store cannot."""
        self._session.execution = await until_written(
            lambda: self._saved(execution), "execution not written", execution.id
        )

    async def _saved(self, execution: Execution) -> Execution:
        """Return it as it is stored. What stands there may be this very write, whose answer was lost.

        A conflict with the same owner and epoch is read again; any other means that it is not ours.
        """
        executions = self._session.parts.executions
        while True:
            try:
                return await executions.save(execution)
            except ConflictError:
                known = await executions.find(execution.id)
                if known is not None and _is_same_write(known, execution):
                    return known
                execution = execution.changed(revision=self._demand_ours(known))
            except NotFoundError:
                raise FencedError(execution.id) from None

    def _demand_ours(self, known: Execution | None) -> int:
        before = self._session.execution
        if known is None or known.has_ended or known.epoch != before.epoch:
            raise FencedError(before.id)
        if known.owner != before.owner:
            raise FencedError(before.id)
        return known.revision


def _awaited(state: State) -> list[str] | None:
    names = {(run.wait or {}).get("signal") for run in state.open.values()}
    return sorted(name for name in names if name) or None


def _is_same_write(known: Execution, execution: Execution) -> bool:
    return known.revision == execution.revision + 1 and all(
        getattr(known, name) == getattr(execution, name)
        for name in ("status", "owner", "epoch", "finished_at", "wake_at")
    )


def failed_before_start(error: AlurError) -> End:
    """Return the end of an execution that could not even begin."""
    return End("failed", {"code": error.code, "message": error.message}, None)


def _error_trigger(workflow: WorkflowRecord) -> str | None:
    """Return the name of the trigger by which an error workflow starts; without one it begins as by hand."""
    triggers = workflow.document["spec"].get("triggers", ())
    return next(
        (one["name"] for one in triggers if one["type"] == _ERROR and not one.get("disabled")), None
    )
