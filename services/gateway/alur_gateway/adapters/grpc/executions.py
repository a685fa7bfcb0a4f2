"""`ExecutionsService`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Protocol

from alur_api.executions.v1 import executions_pb2 as pb
from alur_api.executions.v1.executions_pb2_grpc import ExecutionsServiceServicer
from alur_common.executions import Execution
from alur_gateway.adapters.grpc.guard import caller, project_of
from alur_gateway.adapters.grpc.messages import (
    execution_message,
    log_line_message,
    node_message,
    outcome_word,
    status_word,
)
from alur_gateway.adapters.grpc.paging import page_size, position, token_named
from alur_gateway.adapters.grpc.structs import from_struct, from_timestamp, from_value
from alur_gateway.domain.shown import brief
from alur_gateway.service.executions import Filter, Resolution, RunRequest
from alur_gateway.service.use_cases import UseCases
from alur_sdk.errors import InvalidError, Problem

_ROOM_SECONDS = 0.2
"""Kept of a deadline for the answer itself."""


class Context(Protocol):
    """What is used of the context of a call."""

    def time_remaining(self) -> float | None: ...


class ExecutionsServicer(ExecutionsServiceServicer):
    """Executions, as `executions.proto` describes them. Errors are translated by the guard."""

    def __init__(self, use: UseCases) -> None:
        self._use = use
        self._service = use.executions

    async def Run(self, request: pb.RunRequest, context: Context) -> pb.RunResponse:  # noqa: N802  # the name of the RPC
        wait = _wait_seconds(request, context)
        wanted = RunRequest(
            input=[from_struct(item, f"input[{i}]") for i, item in enumerate(request.input)]
            or None,
            start=request.start or None,
            version=request.version or None,
            key=request.request_id or None,
            content=_content(request),
            waits=wait > 0,
        )
        accepted = await self._service.start(
            caller(), project_of(request), request.workflow, wanted
        )
        ended = await self._service.wait(accepted.execution.id, wait) if wait > 0 else None
        if ended is not None:
            return pb.RunResponse(execution=execution_message(await self._service.shown(ended)))
        return pb.RunResponse(execution=execution_message(brief(accepted.execution)))

    async def Get(self, request: pb.GetRequest, _context: object) -> pb.GetResponse:  # noqa: N802  # the name of the RPC
        shown = await self._service.shown(await self._get(request))
        return pb.GetResponse(execution=execution_message(shown))

    async def List(self, request: pb.ListRequest, _context: object) -> pb.ListResponse:  # noqa: N802  # the name of the RPC
        project = project_of(request)
        await self._use.registry.get_project(caller(), project)
        has_since = request.HasField("since")
        wanted = Filter(
            workflow=request.workflow or None,
            status=",".join(map(status_word, request.statuses)) or None,
            since=from_timestamp(request.since) if has_since else None,
        )
        size, token = page_size(request.page_size), request.page_token or None
        with token_named():
            found = await self._service.search(caller(), project, wanted, size, token)
        shown = [execution_message(one) for one in found.items]
        return pb.ListResponse(executions=shown, next_page_token=found.next_cursor or "")

    async def ListLogs(  # noqa: N802  # the name of the RPC
        self, request: pb.ListLogsRequest, _context: object
    ) -> pb.ListLogsResponse:
        execution = await self._get(request)
        size, after = page_size(request.page_size), position(request.page_token)
        found = await self._service.logs(execution, request.node or None, after, size)
        lines = [log_line_message(line) for line in found.items]
        return pb.ListLogsResponse(lines=lines, next_page_token=found.next_cursor or "")

    async def Cancel(self, request: pb.CancelRequest, _context: object) -> pb.CancelResponse:  # noqa: N802  # the name of the RPC
        execution = await self._get(request)
        cancelled = await self._service.cancel(execution, request.reason or "cancelled by hand")
        await self._use.audit(caller(), "cancel", execution)
        return pb.CancelResponse(execution=execution_message(brief(cancelled)))

    async def Replay(self, request: pb.ReplayRequest, _context: object) -> pb.ReplayResponse:  # noqa: N802  # the name of the RPC
        execution = await self._get(request)
        key = request.request_id or None
        accepted = await self._service.replay(execution, newest=request.newest, key=key)
        await self._use.audit(caller(), "replay", execution)
        return pb.ReplayResponse(execution=execution_message(brief(accepted.execution)))

    async def Signal(self, request: pb.SignalRequest, _context: object) -> pb.SignalResponse:  # noqa: N802  # the name of the RPC
        if not request.name:
            raise InvalidError("a signal has a name", [Problem("name", "missing", "name it")])
        execution = await self._get(request)
        await self._service.signal(execution, request.name, from_struct(request.payload, "payload"))
        await self._use.audit(caller(), "signal", execution)
        return pb.SignalResponse()

    async def Resolve(self, request: pb.ResolveRequest, _context: object) -> pb.ResolveResponse:  # noqa: N802  # the name of the RPC
        resolution = Resolution(
            node=request.node,
            outcome=outcome_word(request.outcome),
            path=request.path,
            item=request.item if request.HasField("item") else None,
            output=from_value(request.output) if request.HasField("output") else None,
        )
        execution = await self._get(request)
        await self._service.resolve(execution, resolution)
        await self._use.audit(caller(), "resolve", execution)
        return pb.ResolveResponse()

    async def Watch(  # noqa: N802  # the name of the RPC
        self, request: pb.WatchRequest, _context: object
    ) -> AsyncIterator[pb.WatchResponse]:
        execution = await self._get(request)
        seen, known = position(request.resume_token), brief(execution)
        async for told in self._use.watching.follow(execution, seen):
            seen = told.seq or seen
            message = pb.WatchResponse(resume_token=str(seen))
            if told.type == "node":
                message.node.CopyFrom(node_message(told.data))
            elif told.type == "execution":
                # A change says only what changed.
                known = known | told.data
                message.execution.CopyFrom(execution_message(known))
            else:
                message.bookmark.SetInParent()
            yield message

    async def _get(self, request: Any) -> Execution:  # noqa: ANN401  # every request that names one
        return await self._service.get(caller(), project_of(request), str(request.id))


def _wait_seconds(request: pb.RunRequest, context: Context) -> float:
    if not request.HasField("wait"):
        return 0.0
    wait = float(request.wait.ToNanoseconds()) / 1_000_000_000
    left = context.time_remaining()
    return wait if left is None else max(0.0, min(wait, left - _ROOM_SECONDS))


def _content(request: pb.RunRequest) -> bytes:
    """Return what must be the same when a request id comes again: all but how long to wait."""
    same = pb.RunRequest()
    same.CopyFrom(request)
    same.ClearField("wait")
    return same.SerializeToString(deterministic=True)
