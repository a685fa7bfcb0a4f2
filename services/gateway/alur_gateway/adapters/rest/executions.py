"""Executions over REST, their live events included."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

import orjson
from fastapi import Query
from fastapi.responses import Response, StreamingResponse
from pydantic import StringConstraints
from starlette.requests import Request

from alur_common.executions import Execution
from alur_gateway.adapters.rest.bodies import body_of, raw_body
from alur_gateway.adapters.rest.execution_models import (
    CancelBody,
    ExecutionDocument,
    ExecutionPage,
    FilePage,
    JournalPage,
    LogPage,
    NodeRuns,
    ReplayBody,
    ResolveBody,
    SignalBody,
    StartBody,
    Started,
)
from alur_gateway.adapters.rest.preconditions import content_answer, is_fresh
from alur_gateway.adapters.rest.routing import (
    PAGE_SIZE,
    Cursor,
    Limit,
    Route,
    Who,
    page,
    reply,
)
from alur_gateway.domain.downloads import download_headers
from alur_gateway.domain.errors import MalformedError
from alur_gateway.domain.shown import brief
from alur_gateway.service.executions import (
    MAX_WAIT_SECONDS,
    Filter,
    Resolution,
    RunRequest,
)
from alur_gateway.service.use_cases import UseCases
from alur_gateway.service.watching import HEARTBEAT, Told
from alur_gateway.service.webhooks import MAX_KEY_LENGTH
from alur_sdk.errors import InvalidError, Problem

_EVENTS = "text/event-stream"
_KEY = ("Idempotency-Key",)
StartArg = Annotated[StartBody, body_of(StartBody)]
CancelArg = Annotated[CancelBody, body_of(CancelBody)]
ReplayArg = Annotated[ReplayBody, body_of(ReplayBody)]
SignalArg = Annotated[SignalBody, body_of(SignalBody)]
ResolveArg = Annotated[ResolveBody, body_of(ResolveBody)]
Status = Annotated[str, StringConstraints(max_length=200)]
Wait = Annotated[
    float | None, Query(ge=0, le=MAX_WAIT_SECONDS, description="Wait so many seconds for the end.")
]


class ExecutionRoutes:
    """Handlers around executions; the names are operations of the table of rights."""

    def __init__(self, use: UseCases) -> None:
        self._use = use
        self._service = use.executions

    def routes(self) -> list[Route]:
        """Return the routes."""
        many = "/projects/{project}/executions"
        one = many + "/{execution_id}"
        routes = [
            self._start(),
            Route("GET", many, self.list_executions, ExecutionPage),
            Route("POST", one + ":cancel", self.cancel_execution, Started, 202, CancelBody),
            self._replay(one),
            Route("POST", one + ":signal", self.signal_execution, Started, 202, SignalBody),
            Route("POST", one + ":resolve", self.resolve_execution, Started, 202, ResolveBody),
            Route("GET", one, self.get_execution, ExecutionDocument, headers=("If-None-Match",)),
            Route("GET", one + "/logs", self.get_execution_logs, LogPage),
            Route("GET", one + "/files", self.list_execution_files, FilePage),
            Route(
                "GET",
                one + "/files/{blob}",
                self.get_execution_file,
                media="application/octet-stream",
                headers=("If-None-Match",),
            ),
            Route("GET", one + "/nodes/{name:path}", self.get_execution_node, NodeRuns),
        ]
        return [route.tagged("executions") for route in [*routes, *self._watching(one)]]

    def _start(self) -> Route:
        return Route(
            "POST",
            "/projects/{project}/workflows/{name}/executions",
            self.start_execution,
            Started,
            202,
            StartBody,
            headers=_KEY,
            others=((200, ExecutionDocument),),
        )

    def _replay(self, one: str) -> Route:
        path = one + ":replay"
        return Route("POST", path, self.replay_execution, Started, 202, ReplayBody, headers=_KEY)

    def _watching(self, one: str) -> list[Route]:
        return [
            Route("GET", one + "/journal", self.get_execution_journal, JournalPage),
            Route(
                "GET",
                one + "/events",
                self.watch_execution,
                media=_EVENTS,
                headers=("Last-Event-ID",),
            ),
        ]

    async def start_execution(
        self,
        *,
        request: Request,
        project: str,
        name: str,
        caller: Who,
        body: StartArg,
        wait: Wait = None,
    ) -> Response:
        """Start an execution. With `wait`, answer with the finished one when it ends in time."""
        wanted = RunRequest(
            input=body.input,
            start=body.start,
            version=body.version,
            key=_key_of(request),
            content=await raw_body(request),
            waits=wait is not None,
        )
        accepted = await self._service.start(caller, project, name, wanted)
        execution_id = accepted.execution.id
        headers = {
            "location": f"/api/v1/projects/{project}/executions/{execution_id}",
            "alur-execution-id": execution_id,
        }
        ended = await self._service.wait(execution_id, wait) if wait else None
        if ended is not None:
            return reply(200, await self._service.shown(ended), headers)
        return reply(202, {"id": execution_id}, headers)

    async def list_executions(
        self,
        *,
        project: str,
        caller: Who,
        limit: Limit = PAGE_SIZE,
        cursor: Cursor = None,
        workflow: Annotated[str | None, Query(max_length=63)] = None,
        status: Annotated[
            list[Status] | None, Query(description="One, or some: repeated, or joined by commas.")
        ] = None,
        since: Annotated[str | None, Query(max_length=64, description="RFC 3339.")] = None,
    ) -> Response:
        """Return a page of executions, the newest first."""
        await self._use.registry.get_project(caller, project)
        wanted = Filter(workflow, ",".join(status) if status else None, since)
        found = await self._service.search(caller, project, wanted, limit, cursor)
        return page(found.items, found.next_cursor)

    async def get_execution(
        self, request: Request, project: str, execution_id: str, caller: Who
    ) -> Response:
        """Return an execution with its output and node runs. Its ETag changes whenever any of that does."""
        execution = await self._service.get(caller, project, execution_id)
        return content_answer(request, await self._service.shown(execution))

    async def get_execution_node(
        self,
        *,
        project: str,
        execution_id: str,
        name: str,
        caller: Who,
        limit: Limit = PAGE_SIZE,
        cursor: Cursor = None,
    ) -> Response:
        """Return a page of the runs of one node with their items: at most `limit` at each port."""
        execution = await self._service.get(caller, project, execution_id)
        return reply(200, await self._service.node(execution, name, cursor, limit))

    async def get_execution_journal(
        self,
        *,
        project: str,
        execution_id: str,
        caller: Who,
        limit: Limit = PAGE_SIZE,
        cursor: Cursor = None,
    ) -> Response:
        """Return a page of the journal, in order, without items."""
        execution = await self._service.get(caller, project, execution_id)
        found = await self._service.journal(execution, _count_of(cursor), limit)
        return page(found.items, found.next_cursor)

    async def get_execution_logs(
        self,
        *,
        project: str,
        execution_id: str,
        caller: Who,
        node: Annotated[str | None, Query(max_length=64, description="Of this node.")] = None,
        limit: Limit = PAGE_SIZE,
        cursor: Cursor = None,
    ) -> Response:
        """Return what its node runs wrote (`console.log`, `print`), the oldest line first."""
        execution = await self._service.get(caller, project, execution_id)
        found = await self._service.logs(execution, node, _count_of(cursor), limit)
        return page(found.items, found.next_cursor)

    async def list_execution_files(
        self,
        *,
        project: str,
        execution_id: str,
        caller: Who,
        limit: Limit = PAGE_SIZE,
        cursor: Cursor = None,
    ) -> Response:
        """Return the files that its node runs emitted, each content once. They are kept as long as the execution."""
        execution = await self._service.get(caller, project, execution_id)
        found = await self._service.files(execution, _count_of(cursor), limit)
        return page(found.items, found.next_cursor)

    async def get_execution_file(
        self, request: Request, project: str, execution_id: str, blob: str, caller: Who
    ) -> Response:
        """Return the content of a file, to be kept under its name."""
        execution = await self._service.get(caller, project, execution_id)
        file = await self._service.file(execution, blob)
        headers = download_headers(file)
        if is_fresh(request, headers["etag"]):
            return Response(status_code=304, headers={"etag": headers["etag"]})
        if request.method == "HEAD":  # nothing is read for it
            return Response(headers=headers)
        return StreamingResponse(await self._service.content(file), headers=headers)

    async def cancel_execution(
        self, project: str, execution_id: str, caller: Who, body: CancelArg
    ) -> Response:
        """Cancel an execution; repeating it is harmless."""
        execution = await self._service.get(caller, project, execution_id)
        cancelled = await self._service.cancel(execution, body.reason)
        await self._use.audit(caller, "cancel", execution)
        return reply(202, brief(cancelled))

    async def replay_execution(
        self, request: Request, project: str, execution_id: str, caller: Who, body: ReplayArg
    ) -> Response:
        """Start the same version again with the same input."""
        execution = await self._service.get(caller, project, execution_id)
        key = _key_of(request)
        accepted = await self._service.replay(execution, newest=body.newest, key=key)
        await self._use.audit(caller, "replay", execution)
        new_id = accepted.execution.id
        location = f"/api/v1/projects/{project}/executions/{new_id}"
        return reply(202, {"id": new_id}, {"location": location, "alur-execution-id": new_id})

    async def signal_execution(
        self, project: str, execution_id: str, caller: Who, body: SignalArg
    ) -> Response:
        """Send a signal to an execution."""
        execution = await self._service.get(caller, project, execution_id)
        await self._service.signal(execution, body.name, body.payload)
        await self._use.audit(caller, "signal", execution)
        return reply(202, {"id": execution.id})

    async def resolve_execution(
        self, project: str, execution_id: str, caller: Who, body: ResolveArg
    ) -> Response:
        """Say what became of a node run that is in doubt."""
        execution = await self._service.get(caller, project, execution_id)
        resolution = Resolution(body.node, body.outcome, body.path, body.item, body.output)
        await self._service.resolve(execution, resolution)
        await self._use.audit(caller, "resolve", execution)
        return reply(202, {"id": execution.id})

    async def watch_execution(
        self, request: Request, project: str, execution_id: str, caller: Who
    ) -> Response:
        """Follow an execution by Server-Sent Events: a snapshot, then what changes, then its end."""
        execution = await self._service.get(caller, project, execution_id)
        after = _count_of(request.headers.get("last-event-id"))
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        if request.method == "HEAD":  # it would never end
            return Response(media_type=_EVENTS, headers=headers)
        return StreamingResponse(
            self._events(execution, after), media_type=_EVENTS, headers=headers
        )

    async def _events(self, execution: Execution, after: int) -> AsyncIterator[bytes]:
        yield b"retry: 1000\n\n"
        async for told in self._use.watching.follow(execution, after):
            yield _event(told)


def _event(told: Told) -> bytes:
    if told is HEARTBEAT:
        return b": heartbeat\n\n"
    data = {"type": told.type, "seq": told.seq, "data": told.data}
    return b"id: %d\ndata: %s\n\n" % (told.seq, orjson.dumps(data))


def _key_of(request: Request) -> str | None:
    key = request.headers.get("idempotency-key")
    if key is not None and not 0 < len(key) <= MAX_KEY_LENGTH:
        raise MalformedError(f"an idempotency key has 1 to {MAX_KEY_LENGTH} characters")
    return key


def _count_of(text: str | None) -> int:
    """Return a position that we gave out before; nothing is the beginning."""
    if text is None or text == "":
        return 0
    if not text.isascii() or not text.isdigit() or len(text) > 15:  # noqa: PLR2004  # far beyond any list
        problem = Problem("cursor", "invalid", "no position of this list")
        raise InvalidError(problem.message, [problem])
    return int(text)
