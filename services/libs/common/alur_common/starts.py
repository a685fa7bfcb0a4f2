"""Starting executions: the one place where an execution is accepted, whoever asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Protocol

import orjson

from alur_common.blobs import INLINE_BYTES, Blobs
from alur_common.bus import Bus
from alur_common.clock import Clock, Ids
from alur_common.events import ExecutionAdmitted, ExecutionRequested
from alur_common.executions import Execution, Executions, Parent, blobs_of
from alur_common.identity import derived_id
from alur_common.telemetry.tracing import current
from alur_sdk.errors import DepthLimitError, ExistsError, InvalidError, MismatchError, Problem

MAX_DEPTH = 20
"""How deep sub-workflows and error workflows may start one another."""


class Startable(Protocol):
    """What can be started: a workflow's record or one of its versions."""

    @property
    def tenant(self) -> str: ...
    @property
    def project(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def uid(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def document(self) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class StartRequest:
    """What to start and why.

    `source` makes the id: the parts that say where the start came from (`(trigger, key)`, `(trigger, due time)`); None for a
    new one each time, or the one that `id` gives (whoever waits for the reply has to know it before the start).
    `content` is hashed and compared when the same source comes again.
    """

    mode: str
    input: Sequence[dict[str, Any]]
    trigger: str | None = None
    start: str | None = None
    source: tuple[str, ...] | None = None
    content: bytes | None = None
    reply_to: str | None = None
    parent: Parent | None = None
    depth: int = 0
    replay_of: str | None = None
    cause: str | None = None
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """The execution, and whether this very request made it."""

    execution: Execution
    is_new: bool


def started_id(workflow: Startable, source: Sequence[str]) -> str:
    """Return the id of the execution of a workflow that a source starts."""
    return derived_id(workflow.tenant, workflow.uid, *source)


class Starts:
    """Accepts executions: durable first, told to the others after."""

    def __init__(
        self, executions: Executions, blobs: Blobs, bus: Bus, clock: Clock, ids: Ids
    ) -> None:
        self._executions = executions
        self._blobs = blobs
        self._bus = bus
        self._clock = clock
        self._ids = ids

    async def start(self, workflow: Startable, request: StartRequest) -> Accepted:
        """Accept an execution; it is durable once this returns.

        The same source again returns the first one. Raises `MismatchError` when it comes with other content,
        `DepthLimitError` above the depth limit.
        """
        execution = await self._draft(workflow, request)
        while True:
            try:
                accepted = await self._executions.accept(execution)
            except ExistsError:
                known = await self._known(execution)
                if known is not None:
                    return Accepted(known, is_new=False)
            else:
                self._bus.tell(self._event(accepted))
                return Accepted(accepted, is_new=True)

    async def _draft(self, workflow: Startable, request: StartRequest) -> Execution:
        if request.depth > MAX_DEPTH:
            raise DepthLimitError(f"workflows started one another more than {MAX_DEPTH} deep")
        _check_input(request.input)
        settings = workflow.document["spec"].get("settings", {})
        source, content = request.source, request.content
        values: dict[str, Any] = {
            "id": started_id(workflow, source) if source else request.id or self._ids.execution(),
            "tenant": workflow.tenant,
            "project": workflow.project,
            "workflow": workflow.name,
            "workflow_uid": workflow.uid,
            "version": workflow.version,
            "mode": request.mode,
            "accepted_at": self._clock.now(),
            "input": request.input,
        }
        optional = {
            "trigger": request.trigger,
            "start": request.start,
            "priority": settings.get("priority"),
            "parent": request.parent,
            "depth": request.depth,
            "replay_of": request.replay_of,
            "cause": request.cause,
            "reply_to": request.reply_to,
            "seen": sha256(content).hexdigest() if content is not None else None,
        }
        values.update((name, value) for name, value in optional.items() if value)
        span = current()
        if span is not None:
            values["trace"] = span.point.parent
        if settings.get("concurrency") is not None:
            values |= {"gated": True, "admitted": False}
        execution = Execution.made_of(values)
        return await self._with_large_input_kept(execution)

    async def _with_large_input_kept(self, execution: Execution) -> Execution:
        content = orjson.dumps(execution.input)
        if len(content) <= INLINE_BYTES:
            return execution
        blobs = blobs_of(self._blobs, execution.id)
        return execution.changed(input=None, input_blob=await blobs.put(content))

    async def _known(self, execution: Execution) -> Execution | None:
        """Return the first one of the same source; None when its time was over this very moment."""
        known = await self._executions.find(execution.id)
        if known is not None and execution.seen and known.seen and known.seen != execution.seen:
            raise MismatchError(
                "this idempotency key came before with other content", execution=known.id
            )
        return known

    def _event(self, execution: Execution) -> ExecutionRequested | ExecutionAdmitted:
        if execution.gated:
            return ExecutionRequested(execution.id, execution.tenant)
        return ExecutionAdmitted(execution.id, execution.tenant, execution.priority)


def _check_input(items: Sequence[Any]) -> None:
    for index, item in enumerate(items):
        if not isinstance(item, dict):
            problem = Problem(f"input[{index}]", "type", "an item is a JSON object")
            raise InvalidError("the input is a list of JSON objects, one an item", [problem])
