"""What happens around each call: who asks, may they, and what an error becomes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextvars import ContextVar
from typing import Any, NoReturn
from urllib.parse import unquote

import grpc
import structlog
from google.protobuf.message import DecodeError, Message

from alur_common.calls.status import abort, code_of
from alur_common.calls.tracing import caller_of, failed
from alur_common.security.rights import Caller
from alur_common.telemetry import names
from alur_common.telemetry.tracing import Kind, Tracer, current
from alur_gateway.adapters.grpc.metrics import CallMetrics, Ending
from alur_gateway.domain.errors import MalformedError
from alur_gateway.service.refusals import Asked
from alur_gateway.service.use_cases import UseCases
from alur_sdk.errors import AlurError, UnavailableError

DEFAULT_PROJECT = "default"
_PACKAGE = "/alur_api."
_WORKFLOWS = "/alur_api.workflows.v1.WorkflowsService"
_EXECUTIONS = "/alur_api.executions.v1.ExecutionsService"
_NODES = "/alur_api.nodes.v1.NodeTypesService"
OPERATIONS = {
    f"{_WORKFLOWS}/Create": "create_workflow",
    f"{_WORKFLOWS}/Get": "get_workflow",
    f"{_WORKFLOWS}/List": "list_workflows",
    f"{_WORKFLOWS}/Update": "put_workflow",
    f"{_WORKFLOWS}/Delete": "delete_workflow",
    f"{_WORKFLOWS}/ListVersions": "list_versions",
    f"{_WORKFLOWS}/Validate": "validate",
    f"{_WORKFLOWS}/Watch": "watch_workflows",
    f"{_EXECUTIONS}/Run": "start_execution",
    f"{_EXECUTIONS}/Get": "get_execution",
    f"{_EXECUTIONS}/List": "list_executions",
    f"{_EXECUTIONS}/ListLogs": "get_execution_logs",
    f"{_EXECUTIONS}/Cancel": "cancel_execution",
    f"{_EXECUTIONS}/Replay": "replay_execution",
    f"{_EXECUTIONS}/Signal": "signal_execution",
    f"{_EXECUTIONS}/Resolve": "resolve_execution",
    f"{_EXECUTIONS}/Watch": "watch_execution",
    f"{_NODES}/Get": "get_node_type",
    f"{_NODES}/List": "list_node_types",
}
"""RPC -> operation in the table of rights. Of our packages, what does not stand here is not served."""
_caller: ContextVar[Caller] = ContextVar("caller")
_log = structlog.get_logger("alur.gateway.grpc")

Unary = Callable[[Message, Any], Awaitable[Message]]
Streamed = Callable[[Message, Any], AsyncIterator[Message]]


def caller() -> Caller:
    """Return who makes the current call; they were authorized for it."""
    return _caller.get()


def project_of(request: Any) -> str:  # noqa: ANN401  # every request message that has a project
    """Return the project that a request means."""
    return str(getattr(request, "project", "")) or DEFAULT_PROJECT


class Guard(grpc.aio.ServerInterceptor):  # type: ignore[type-arg]  # generic in the stubs alone
    """Authenticates, authorizes and translates errors for every RPC of ours; health and reflection are open."""

    def __init__(
        self,
        use: UseCases,
        draining: asyncio.Event,
        metrics: CallMetrics,
        tracer: Tracer | None = None,
    ) -> None:
        self._use = use
        self._draining = draining
        self._metrics = metrics
        self._tracer = tracer

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Any]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Any:  # noqa: ANN401  # a handler of the library
        method = str(handler_call_details.method)
        handler = await continuation(handler_call_details)
        if handler is None or not method.startswith(_PACKAGE):
            return handler
        operation = OPERATIONS[method]
        metadata = dict(handler_call_details.invocation_metadata or ())
        if handler.response_streaming:
            return grpc.unary_stream_rpc_method_handler(
                self._streamed(handler.unary_stream, operation, metadata),
                request_deserializer=_tolerant(handler.request_deserializer),
                response_serializer=handler.response_serializer,
            )
        behaviour = self._unary(handler.unary_unary, operation, metadata)
        return grpc.unary_unary_rpc_method_handler(
            behaviour if self._tracer is None else _traced(self._tracer, behaviour, method),
            request_deserializer=_tolerant(handler.request_deserializer),
            response_serializer=handler.response_serializer,
        )

    def _unary(self, behaviour: Unary, operation: str, metadata: dict[str, Any]) -> Unary:
        async def call(request: Message, context: Any) -> Message:  # noqa: ANN401  # the library's
            with self._metrics.observed(operation) as ending:
                try:
                    await self._admit(operation, metadata, request)
                    return await behaviour(request, context)
                except AlurError as error:
                    self._note(error, operation, metadata, request, context)
                    await self._refuse(context, ending, error)
                except Exception as error:  # noqa: BLE001  # the outermost loop of a call: never UNKNOWN
                    await self._refuse(context, ending, _unexpected(operation, error))

        return call

    def _streamed(self, behaviour: Streamed, operation: str, metadata: dict[str, Any]) -> Streamed:
        async def call(request: Message, context: Any) -> AsyncIterator[Message]:  # noqa: ANN401  # the library's
            with self._metrics.observed(operation, is_stream=True) as ending:
                try:
                    await self._admit(operation, metadata, request)
                    async for message in self._until_drained(behaviour(request, context)):
                        yield message
                except AlurError as error:
                    self._note(error, operation, metadata, request, context)
                    await self._refuse(context, ending, error)
                except Exception as error:  # noqa: BLE001  # the outermost loop of a call: never UNKNOWN
                    await self._refuse(context, ending, _unexpected(operation, error))

        return call

    def _note(
        self,
        error: AlurError,
        operation: str,
        metadata: dict[str, Any],
        request: Message | _Unreadable,
        context: Any,  # noqa: ANN401  # the library's
    ) -> None:
        asked = Asked(
            operation=operation,
            client=_client_of(context.peer()),
            caller=_caller.get(None),
            shows_token="authorization" in metadata,
            project=str(getattr(request, "project", "")),
        )
        self._use.refusals.of_request(error, asked)

    async def _refuse(self, context: Any, ending: Ending, error: AlurError) -> NoReturn:  # noqa: ANN401  # the library's
        ending.code = code_of(error).name
        span = current()
        if span is not None:
            failed(span, ending.code)
        await abort(context, error)

    async def _admit(
        self, operation: str, metadata: dict[str, Any], request: Message | _Unreadable
    ) -> None:
        if isinstance(request, _Unreadable):
            raise MalformedError("the request is no message of this RPC, or nested too deep")
        scheme, _, token = str(metadata.get("authorization", "")).partition(" ")
        bearer = token.strip() if scheme.lower() == "bearer" else None
        who = await self._use.registry.authenticate(bearer=bearer)
        project = project_of(request) if hasattr(request, "project") else None
        _caller.set(who)
        self._use.authorize(operation, who, project)

    async def _until_drained(self, messages: AsyncIterator[Message]) -> AsyncIterator[Message]:
        """Yield messages until the server drains; then the client has to come back, here or elsewhere."""
        drained = asyncio.ensure_future(self._draining.wait())
        following = asyncio.ensure_future(anext(messages))
        try:
            while True:
                await asyncio.wait({following, drained}, return_when=asyncio.FIRST_COMPLETED)
                if not following.done():
                    raise UnavailableError("the server is going away: watch again with the token")
                try:
                    yield following.result()
                except StopAsyncIteration:
                    return
                following = asyncio.ensure_future(anext(messages))
        finally:
            drained.cancel()
            await _cancelled(following)


def _client_of(peer: str) -> str:
    """Return the address in what the library calls a peer: `ipv4:192.0.2.1:4711`, `ipv6:%5B2001:db8::1%5D:4711`."""
    kind, _, rest = unquote(peer).partition(":")
    return rest.rpartition(":")[0].strip("[]") if kind in {"ipv4", "ipv6"} else kind


def _traced(tracer: Tracer, behaviour: Unary, method: str) -> Unary:
    """Return the call within a span that goes on from the caller's."""
    name = method.removeprefix("/")

    async def call(request: Message, context: Any) -> Message:  # noqa: ANN401  # the library's
        given = {names.RPC_SYSTEM: names.GRPC, names.RPC_METHOD: name}
        caller = caller_of(context.invocation_metadata())
        with tracer.begin(name, Kind.SERVER, parent=caller, attributes=given):
            return await behaviour(request, context)

    return call


class _Unreadable:
    """Stands for a request that could not be read; left to the library, that would be INTERNAL."""


def _tolerant(read: Callable[[bytes], Message]) -> Callable[[bytes], Message | _Unreadable]:
    def deserialize(content: bytes) -> Message | _Unreadable:
        try:
            return read(content)
        except DecodeError:
            return _Unreadable()

    return deserialize


async def _cancelled(task: asyncio.Future[Message]) -> None:
    """Cancel a task and let it clean up; what it ended with was told or is of no use any more."""
    task.cancel()
    await asyncio.wait((task,))
    if not task.cancelled():
        task.exception()


def _unexpected(operation: str, error: Exception) -> AlurError:
    _log.error("rpc failed", operation=operation, error=type(error).__name__, exc_info=error)
    return AlurError("something went wrong here")
