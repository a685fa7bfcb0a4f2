"""Executions: start, list, look, cancel, replay, signal, resolve."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from alur_common.documents.port import Where
from alur_common.events import ExecutionNudged
from alur_common.executions import Execution, Message, where_status
from alur_common.executions.cancelling import Cancelling
from alur_common.executions.content import in_full
from alur_common.replies import Outcome
from alur_common.security.records import Page
from alur_common.security.rights import Caller
from alur_common.starts import Accepted, Startable, StartRequest
from alur_common.telemetry.tracing import current, point_of
from alur_engine.validation.suggestions import did_you_mean
from alur_gateway.domain.journal import shown_entries
from alur_gateway.domain.pages import decode_cursor, encode_cursor
from alur_gateway.domain.shown import STATUSES, Overview, brief, seconds_of, whole
from alur_gateway.ports import Definitions
from alur_gateway.service.needs import Needs
from alur_sdk.errors import (
    ConflictError,
    InvalidError,
    NotFoundError,
    Problem,
    StateError,
)
from alur_sdk.items import Json

MAX_WAIT_SECONDS = 300.0
LOOK_AGAIN_SECONDS = 2.0
"""How long a waiting caller trusts that it will be told, before it looks into the store itself; twice as long the next time."""
LOOK_AT_LEAST_SECONDS = 16.0
"""Between two looks, at most."""
_TRIES = 10
_RESTING = frozenset({"succeeded", "failed", "cancelled", "in-doubt"})
Content = AsyncIterator[bytes]
"""Content in parts."""


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What a caller asks to run. `key` is the idempotency key, `content` what must be the same with it.

    Without `input` the trigger's example begins, else one empty item; an empty list stays empty.
    """

    input: list[dict[str, Any]] | None = None
    start: str | None = None
    version: int | None = None
    key: str | None = None
    content: bytes | None = None
    waits: bool = False


@dataclass(frozen=True, slots=True)
class Filter:
    """Which executions a list holds."""

    workflow: str | None = None
    status: str | None = None
    since: str | None = None


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a person says became of a node run in doubt: `done`, `not-done` or `fail`."""

    node: str
    outcome: str
    path: str = ""
    item: int | None = None
    output: Json = None


class ExecutionService:
    """The use cases around executions. The caller was authorized for the operation in its project before."""

    def __init__(self, needs: Needs, *, name: str) -> None:
        self._definitions: Definitions = needs.registry
        self._starts = needs.starts
        self._executions = needs.executions
        self._journals = needs.journals
        self._inbox = needs.inbox
        self._blobs = needs.blobs
        self._bus = needs.bus
        self._replies = needs.replies
        self._history = needs.history
        self._clock = needs.clock
        self._name = name
        self._cancelling = Cancelling(
            needs.executions,
            needs.inbox,
            needs.bus,
            needs.outbox,
            needs.replies,
            clock=needs.clock,
        )

    async def start(self, caller: Caller, project: str, name: str, request: RunRequest) -> Accepted:
        """Accept an execution by hand; durable once this returns.

        Raises `NotFoundError` for an unknown workflow or version, `InvalidError` for an unknown `start`.
        """
        record = await self._definitions.active(caller.tenant, project, name)
        startable: Startable = record
        if request.version is not None and request.version != record.version:
            startable = await self._definitions.version(record.uid, request.version)
        _check_start(startable.document, request.start)
        return await self._starts.start(
            startable,
            StartRequest(
                mode="manual",
                input=_example(startable.document, request.start)
                if request.input is None
                else request.input,
                start=request.start,
                source=("run", request.key) if request.key else None,
                content=request.content if request.key else None,
                reply_to=self._name if request.waits else None,
            ),
        )

    async def wait(self, execution_id: str, seconds: float) -> Execution | None:
        """Return the execution once it rests, or None when the time is over before.

        Whoever ends it calls the gateway that started it, so the store is looked at for a call that was lost, and seldom. One
        that was started elsewhere is told elsewhere: it is looked at every two seconds.
        """
        deadline = self._clock.monotonic() + min(seconds, MAX_WAIT_SECONDS)
        pause = LOOK_AGAIN_SECONDS
        while True:
            with self._replies.expect(execution_id) as future:
                execution = await self._executions.get(execution_id)
                left = deadline - self._clock.monotonic()
                if execution.status in _RESTING:
                    return execution
                if left <= 0:
                    return None
                await _settled(future, min(left, pause))
            if execution.reply_to == self._name:
                pause = min(2 * pause, LOOK_AT_LEAST_SECONDS)

    async def search(
        self, caller: Caller, project: str, wanted: Filter, limit: int, cursor: str | None
    ) -> Page[dict[str, Any]]:
        """Return a page of executions, the newest first."""
        where = [
            Where("tenant", "eq", caller.tenant),
            Where("project", "eq", project),
            *_conditions(wanted),
        ]
        after = None if cursor is None else decode_cursor(cursor, ((int, float), (str,)))
        found = await self._executions.search(where, limit=limit + 1, after=after)
        more = len(found) > limit
        last = found[limit - 1] if more else None
        next_cursor = encode_cursor([last.accepted_at, last.id]) if last else None
        return Page([brief(execution) for execution in found[:limit]], next_cursor)

    async def get(self, caller: Caller, project: str, execution_id: str) -> Execution:
        """Return the execution, or raise `NotFoundError` when it is not one of this project."""
        execution = await self._executions.find(execution_id)
        if execution is None or execution.tenant != caller.tenant or execution.project != project:
            raise NotFoundError(f"there is no execution {execution_id}")
        return execution

    async def shown(self, execution: Execution) -> dict[str, Any]:
        """Return the execution with output and nodes, as the API answers it."""
        output = execution.output
        if execution.output_blob:
            output = orjson.loads(await self._blobs.get(execution.output_blob))
        return whole(execution, output, await self.overview(execution))

    async def overview(self, execution: Execution) -> Overview:
        """Return its node runs in short and what it rests for, as far as they are known."""
        if execution.nodes is not None:
            return Overview(execution.nodes)
        return await self._history.overview(execution)

    async def node(
        self, execution: Execution, name: str, cursor: str | None, limit: int
    ) -> dict[str, Any]:
        """Return the runs of one node with their items, paged; raises `NotFoundError` for an unknown node."""
        return await self._history.node(execution, name, cursor, limit)

    async def logs(
        self, execution: Execution, node: str | None, after: int, limit: int
    ) -> Page[dict[str, Any]]:
        """Return a page of what its node runs wrote; raises `NotFoundError` for an unknown node."""
        lines = await self._history.logs(execution, node)
        end = after + limit
        return Page(lines[after:end], str(end) if len(lines) > end else None)

    async def files(self, execution: Execution, after: int, limit: int) -> Page[dict[str, Any]]:
        """Return a page of the files that its node runs emitted."""
        files = await self._history.files(execution)
        end = after + limit
        return Page(files[after:end], str(end) if len(files) > end else None)

    async def file(self, execution: Execution, blob: str) -> dict[str, Any]:
        """Return one of these files; raises `NotFoundError` for any other.

        A content is asked for by its hash, which others may have as well: so it has to be named by an item of this
        execution.
        """
        for file in await self._history.files(execution):
            if file["blob"] == blob:
                return file
        raise NotFoundError(f"this execution has no file {blob[:80]}")

    async def content(self, file: Mapping[str, Any]) -> Content:
        """Return the content of a file of `file`, begun: one that is gone raises `NotFoundError` here."""
        return await _begun(self._blobs.stream(file["blob"]))

    async def journal(self, execution: Execution, after: int, limit: int) -> Page[dict[str, Any]]:
        """Return a page of journal entries in order; `after` counts those already seen."""
        batches = [
            replace(batch, entries=await in_full(batch.entries, self._blobs))
            for batch in await self._journals.read(execution.id)
        ]
        tail = await in_full(execution.entries or [], self._blobs)
        entries = shown_entries(batches, replace(execution, entries=tail))
        end = after + limit
        following = str(end) if len(entries) > end else None
        return Page(entries[after:end], following)

    async def cancel(self, execution: Execution, reason: str) -> Execution:
        """Cancel it: at once while it is queued, else by telling whoever runs it.

        Repeating it is harmless. Raises `StateError` when it has ended otherwise.
        """
        for _ in range(_TRIES):
            if execution.status == "cancelled":
                return execution
            if execution.has_ended:
                raise StateError(f"the execution has {execution.status} already")
            if execution.status != "queued":
                await self._tell(execution, "cancel", "", {"reason": reason})
                return execution
            settings = await self._settings(execution)
            ended = await self._cancelling.cancel(execution, settings, reason)
            if ended is not None:
                return ended
            execution = await self._executions.get(execution.id)
        raise ConflictError("the execution keeps changing: try again", execution=execution.id)

    async def replay(self, execution: Execution, *, newest: bool, key: str | None) -> Accepted:
        """Start the same version (or the newest) again with the same input, once for each key."""
        startable: Startable = (
            await self._definitions.active(execution.tenant, execution.project, execution.workflow)
            if newest
            else await self._definitions.version(execution.workflow_uid, execution.version)
        )
        given = execution.input
        if execution.input_blob:
            given = orjson.loads(await self._blobs.get(execution.input_blob))
        span = current()
        if span is not None:
            span.link(point_of(execution.trace))
        request = StartRequest(
            mode="replay",
            input=given or [],
            trigger=execution.trigger,
            start=execution.start,
            replay_of=execution.id,
            source=("replay", execution.id, key) if key else None,
            content=(b"newest" if newest else b"same") if key else None,
        )
        return await self._starts.start(startable, request)

    async def signal(self, execution: Execution, name: str, payload: dict[str, Any]) -> None:
        """Send a signal; it is kept until a node waits for it. Raises `StateError` when it has ended."""
        if execution.has_ended:
            raise StateError(f"the execution has {execution.status} already")
        await self._inbox.put(Message(execution.id, "signal", name, payload))
        # Read after it was put: whoever goes on with one that rests without waiting for it finds it there, and nobody else
        # has to. One in doubt would be running for the moment in which it was looked at, and could not be resolved.
        now = await self._executions.get(execution.id)
        if now.status not in {"waiting", "in-doubt"} or name in (now.awaits or ()):
            self._bus.tell(ExecutionNudged(execution.id, execution.tenant))

    async def resolve(self, execution: Execution, resolution: Resolution) -> None:
        """Say what became of a node run in doubt, or of one item of it.

        Raises `StateError` when nothing is in doubt, `InvalidError` when this is not.
        """
        if execution.status != "in-doubt":
            raise StateError(f"nothing is in doubt: the execution is {execution.status}")
        _check_doubt(resolution, (await self.overview(execution)).doubts)
        payload = {
            "node": resolution.node,
            "path": resolution.path,
            "item": resolution.item,
            "outcome": resolution.outcome,
            "output": resolution.output,
        }
        item = "" if resolution.item is None else str(resolution.item)
        key = f"{resolution.node}/{resolution.path}/{item}"
        await self._tell(execution, "resolve", key, payload)

    async def _tell(
        self, execution: Execution, kind: str, key: str, payload: dict[str, Any]
    ) -> None:
        await self._inbox.put(Message(execution.id, kind, key, payload))
        self._bus.tell(ExecutionNudged(execution.id, execution.tenant))

    async def _settings(self, execution: Execution) -> Mapping[str, Any]:
        try:
            version = await self._definitions.version(execution.workflow_uid, execution.version)
        except NotFoundError:
            return {}
        settings: Mapping[str, Any] = version.document["spec"].get("settings", {})
        return settings


def _check_doubt(resolution: Resolution, doubts: Sequence[Mapping[str, Any]]) -> None:
    items = {(doubt["node"], doubt["path"]): doubt["items"] for doubt in doubts}
    found = items.get((resolution.node, resolution.path))
    if found is None:
        named = ", ".join(f"{node} {path}".strip() for node, path in items)
        message = f"this node run is not in doubt; in doubt are: {named}"
        raise InvalidError(message, [Problem("node", "unknown", message)])
    if resolution.item is not None and resolution.item not in found:
        named = ", ".join(map(str, found))
        message = f"item {resolution.item} of this node run is not in doubt; in doubt are: {named}"
        raise InvalidError(message, [Problem("item", "unknown", message)])


async def _begun(parts: Content) -> Content:
    """Read the first part, so that what cannot be read is told before an answer has begun."""
    first = await anext(parts, b"")

    async def all_of_it() -> Content:
        yield first
        async for part in parts:
            yield part

    return all_of_it()


async def _settled(future: asyncio.Future[Outcome], seconds: float) -> None:
    await asyncio.wait((future,), timeout=seconds)


def _conditions(wanted: Filter) -> list[Where]:
    conditions = []
    if wanted.workflow is not None:
        conditions.append(Where("workflow", "eq", wanted.workflow))
    if wanted.status is not None:
        statuses = wanted.status.split(",")
        unknown = [status for status in statuses if status not in STATUSES]
        if unknown:
            message = f"{unknown[0]} is no status; there are {', '.join(STATUSES)}"
            raise InvalidError(message, [Problem("status", "unknown", message)])
        conditions.append(where_status(statuses))
    if wanted.since is not None:
        conditions.append(Where("accepted_at", "gte", seconds_of(wanted.since, "since")))
    return conditions


def _example(document: Mapping[str, Any], start: str | None) -> list[dict[str, Any]]:
    """Return what a run by hand begins with when it is given nothing; the engine picks the same trigger."""
    triggers = document["spec"].get("triggers", ())
    manual = [t for t in triggers if t["type"] == "trigger.manual"]
    begun = [t for t in triggers if t["name"] == start] if start else (manual or triggers)[:1]
    example: list[dict[str, Any]] = begun[0].get("params", {}).get("example", []) if begun else []
    return example or [{}]


def _check_start(document: Mapping[str, Any], start: str | None) -> None:
    if start is None:
        return
    spec = document["spec"]
    names = [part["name"] for key in ("triggers", "nodes") for part in spec.get(key, ())]
    if start not in names:
        message = f"there is no trigger or node named {start!r}{did_you_mean(start, names)}"
        raise InvalidError(message, [Problem("start", "unknown", message)])
