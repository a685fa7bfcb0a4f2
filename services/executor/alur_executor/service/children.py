"""Sub-workflows: starting them, waiting for their ends, and stopping those that nobody waits for any more."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import structlog

from alur_common.definitions import WorkflowRecord
from alur_common.events import ExecutionNudged
from alur_common.executions import Execution, Message, Parent
from alur_common.executions.content import output_of
from alur_common.starts import StartRequest, started_id
from alur_engine.applying import error_outcomes, merged_outcomes
from alur_engine.journal import Failed, Finished, ItemDone, JournalEntry, Waiting
from alur_engine.state import Run
from alur_executor.domain.pauses import LONGEST_PAUSE_SECONDS
from alur_sdk import nodes as sdk
from alur_sdk.errors import NotFoundError, UnavailableError
from alur_sdk.items import Item, Json

if TYPE_CHECKING:
    from alur_executor.service.session import Session


class Children:
    """Starts the executions that a node run asks for, each once, whatever dies in between."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.beginning: set[tuple[str, str]] = set()
        """Node runs whose executions are being started just now."""

    async def start(self, run: Run, asked: sdk.Started, number: int, now: float) -> JournalEntry:
        """Start them all; return what the node run does next: wait for their ends, or go on."""
        self.beginning.add(run.key)
        try:
            return await self._start(run, asked, number, now)
        finally:
            self.beginning.discard(run.key)

    async def _start(self, run: Run, asked: sdk.Started, number: int, now: float) -> JournalEntry:
        session = self._session
        parent = session.execution
        ids: list[str] = []
        for index, child in enumerate(asked.starts):
            workflow = await session.parts.definitions.active(
                parent.tenant, parent.project, child.workflow
            )
            request = StartRequest(
                mode="child",
                input=list(child.input),
                source=self._source(run, index),
                parent=Parent(parent.id, *run.key, index, asked.wait),
                depth=parent.depth + 1,
            )
            ids.append(await self._accepted(workflow, request))
        if asked.wait:
            return Waiting(*run.key, number, now, {"children": ids})
        items = [Item({"id": child}, None, _made_from(run, i, ids)) for i, child in enumerate(ids)]
        return Finished(*run.key, number, now, session.parts.clock.now(), {"main": items})

    def _source(self, run: Run, index: int) -> tuple[str, ...]:
        return ("child", self._session.execution.id, *run.key, str(index))

    async def known(self, run: Run, asked: sdk.Started) -> list[str]:
        """Return the ids of the executions that a node run starts, or has started, by asking for these."""
        parent, ids = self._session.execution, []
        active = self._session.parts.definitions.active
        for index, child in enumerate(asked.starts):
            try:
                workflow = await active(parent.tenant, parent.project, child.workflow)
            except NotFoundError as error:
                # Nothing could be started; or it was, and its workflow was deleted since.
                log = structlog.get_logger("alur.executor")
                log.warning("children not looked for", execution_id=parent.id, reason=error.message)
            else:
                ids.append(started_id(workflow, self._source(run, index)))
        return ids

    async def stop(self, ids: list[str]) -> None:
        """Cancel those that have not ended. Safe to repeat: that nobody waits for them is durable before."""
        session = self._session
        await session.claim()
        await session.writer.flush()
        reason = f"execution {session.execution.id} waits for it no longer"
        for child_id in ids:
            child = await session.parts.executions.find(child_id)
            if child is None or child.has_ended:
                continue
            await session.parts.inbox.put(Message(child_id, "cancel", "", {"reason": reason}))
            session.parts.bus.tell(ExecutionNudged(child_id, child.tenant))

    async def _accepted(self, workflow: WorkflowRecord, request: StartRequest) -> str:
        """Start one and return its id; a store that is out of reach for a while is no failure of the node."""
        pause = 0.1
        while True:
            try:
                accepted = await self._session.parts.starts.start(workflow, request)
            except UnavailableError as error:
                log = structlog.get_logger("alur.executor")
                log.warning(
                    "child not started",
                    execution_id=self._session.execution.id,
                    reason=error.message,
                )
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
            else:
                return accepted.execution.id


async def look_at_children(session: Session, run: Run, wanted: list[str]) -> None:
    """Take the ends of children that a run waits for; it goes on after the last of them.

    One that failed fails the run at once, unless its `onError` sends something on: then with what the others come to.
    """
    failed: dict[int, dict[str, Any]] = {}
    for index in range(len(wanted)):
        if run.status == "waiting" and index not in (run.outcomes or {}):
            error = await _look(session, run, index, wanted)
            if error is not None:
                failed[index] = error
    known = run.outcomes or {}
    if run.status == "waiting" and len(known) + len(failed) == len(wanted):
        now = session.parts.clock.now()
        outputs = merged_outcomes({**known, **error_outcomes(run, failed)})
        ended = Finished(*run.key, run.attempt, run.started_at or now, now, outputs)
        session.take(ended._replace(error=next(iter(failed.values()), None)))
        session.keep()


def _made_from(run: Run, index: int, ids: list[str]) -> int | None:
    """Return the item that a node run started an execution for; what one for several items came to is made from none."""
    return index if len(ids) == len(run.items_of()) else None


async def _look(session: Session, run: Run, index: int, wanted: list[str]) -> dict[str, Any] | None:
    """Take the end of one child; return the error of one that failed and whose node goes on all the same."""
    child = await session.parts.executions.find(wanted[index])
    if child is None or not child.has_ended:
        return None
    if child.status == "succeeded":
        output = await output_of(child, session.parts.blobs)
        source = _made_from(run, index, wanted)
        items = [Item(_object(value), None, source) for value in output or []]
        session.take(ItemDone(*run.key, index, {"main": items}))
        return None
    error = _child_error(child, run)
    if getattr(run.node.definition, "on_error", "stop") != "stop":
        return error
    now = session.parts.clock.now()
    session.take(Failed(*run.key, run.attempt, run.started_at or now, now, error))
    return None


def _object(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {"value": value}


def _child_error(child: Execution, run: Run) -> dict[str, Any]:
    error = child.error or {}
    reason = error.get("message") or child.reason or child.status
    # One that failed by its own child says so already, and so does that: the innermost tells enough.
    is_told = error.get("code") == "child-failed"
    return {
        "code": "child-failed",
        "message": reason
        if is_told
        else f"workflow {child.workflow!r} ended {child.status}: {reason}",
        "node": run.node.name,
        "execution": child.id,
    }
