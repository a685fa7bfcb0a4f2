"""Serving ports to the other services."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any, NoReturn

import grpc
from grpc_health.v1 import health_pb2_grpc

from alur_api.calls.v1 import calls_pb2, calls_pb2_grpc
from alur_common.calls.deadlines import within
from alur_common.calls.faults import packed
from alur_common.calls.health import Health
from alur_common.calls.settings import LIMITS, CallSettings
from alur_common.calls.status import DETAILS_KEY, code_of
from alur_common.calls.surface import Operation, operation_of
from alur_common.calls.tracing import CallMetrics, failed, serving
from alur_common.telemetry import Metrics
from alur_common.telemetry.logs import get_logger
from alur_common.telemetry.tracing import NOTHING, Tracer
from alur_sdk.errors import AlurError, NotFoundError, UnauthenticatedError, UnavailableError

Method = Callable[..., Any]
Served = tuple[Operation, Method]
SERVICE = calls_pb2.DESCRIPTOR.services_by_name["CallsService"].full_name
_log = get_logger("alur.calls")


class CallsServer:
    """A gRPC server of ports. Its health turns off when it drains."""

    def __init__(
        self,
        settings: CallSettings,
        metrics: Metrics | None = None,
        tracer: Tracer | None = None,
    ) -> None:
        self._settings = settings
        self._counts = CallMetrics(metrics or Metrics())
        self._tracer = tracer
        self._methods: dict[tuple[str, str], Served] = {}
        self._server: grpc.aio.Server | None = None
        self.health = Health([SERVICE])

    def serve(self, port: str, methods: Sequence[Method]) -> None:
        """Offer these methods under the name of a port; all of them are annotated."""
        for method in methods:
            operation = operation_of(method)
            self._methods[port, operation.name] = (operation, method)

    async def start(self, host: str, port: int) -> int:
        """Listen; return the port (0 takes a free one). Raises `UnavailableError` for a taken one."""
        identity = self._settings.identity
        options = (*LIMITS, ("grpc.so_reuseport", 0))
        self._server = server = grpc.aio.server(options=options)
        servicer = _Servicer(self._methods, self._settings.bearer, self._counts, self._tracer)
        calls_pb2_grpc.add_CallsServiceServicer_to_server(servicer, server)
        health_pb2_grpc.add_HealthServicer_to_server(self.health, server)
        address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        try:
            if identity is None:
                bound = server.add_insecure_port(address)
            else:
                bound = server.add_secure_port(address, identity.server_credentials())
        except RuntimeError as error:
            raise UnavailableError(f"{address} cannot be listened on") from error
        await server.start()
        await self.health.turn("")
        return bound

    async def drain(self) -> None:
        """Turn unhealthy for good, before anything else ends; calls are answered still."""
        await self.health.enter_graceful_shutdown()

    async def stop(self, grace: float = 2.0) -> None:
        """Drain, let running calls end within `grace` seconds, and stop."""
        await self.drain()
        if self._server is not None:
            await self._server.stop(grace)


class _Servicer(calls_pb2_grpc.CallsServiceServicer):
    """Finds the method, reads its arguments, and tells its result or its error."""

    def __init__(
        self,
        methods: Mapping[tuple[str, str], Served],
        bearer: str | None,
        counts: CallMetrics,
        tracer: Tracer | None,
    ) -> None:
        self._methods = methods
        self._bearer = bearer
        self._counts = counts
        self._tracer = tracer

    async def Call(self, request: Any, context: Any) -> calls_pb2.CallResponse:  # noqa: ANN401, N802  # the library's
        return calls_pb2.CallResponse(result=await self._result(request, context))

    async def Query(self, request: Any, context: Any) -> calls_pb2.QueryResponse:  # noqa: ANN401, N802  # the library's
        return calls_pb2.QueryResponse(result=await self._result(request, context))

    async def Follow(  # noqa: N802  # the library's name
        self,
        request: Any,  # noqa: ANN401  # the library's
        context: Any,  # noqa: ANN401  # the library's
    ) -> AsyncIterator[calls_pb2.FollowResponse]:
        try:
            operation, method = self._find(request, context)
            bound = operation.read_arguments(request.arguments)
            async for value in method(*bound.args, **bound.kwargs):
                yield calls_pb2.FollowResponse(result=operation.write_result(value))
        except AlurError as error:
            await _refuse(context, error)

    async def _result(self, request: Any, context: Any) -> bytes:  # noqa: ANN401  # the library's
        try:
            operation, method = self._find(request, context)
        except AlurError as error:
            await _refuse(context, error)
        # Only now are the names in the request known to be ours.
        given = context.invocation_metadata()
        with (
            serving(self._tracer, request.port, request.method, given) or NOTHING as span,
            self._counts.observed(request.port, request.method) as ending,
        ):
            try:
                return await self._called(operation, method, request, context)
            except AlurError as error:
                refused = error
            except Exception as error:  # noqa: BLE001  # the outermost loop of a call: never UNKNOWN
                _log.error("call failed", port=request.port, method=request.method, exc_info=error)
                refused = AlurError(f"{request.port}.{request.method} failed")
            ending.code = code_of(refused).name
            if span is not None:
                failed(span, ending.code)
            await _refuse(context, refused)
        raise AssertionError("unreachable: a refusal raises")

    async def _called(
        self,
        operation: Operation,
        method: Method,
        request: Any,  # noqa: ANN401  # the library's
        context: Any,  # noqa: ANN401  # the library's
    ) -> bytes:
        bound = operation.read_arguments(request.arguments)
        with within(context.time_remaining()):
            value = method(*bound.args, **bound.kwargs)
            return operation.write_result(await value if asyncio.iscoroutine(value) else value)

    def _find(self, request: Any, context: Any) -> Served:  # noqa: ANN401  # the library's
        if self._bearer is not None:
            shown = str(dict(context.invocation_metadata() or ()).get("authorization", ""))
            if not hmac.compare_digest(shown.encode(), self._bearer.encode()):
                raise UnauthenticatedError("calls between services need their token")
        served = self._methods.get((request.port, request.method))
        if served is None:
            raise NotFoundError(f"{request.port}.{request.method} is not served here")
        return served


async def _refuse(context: Any, error: AlurError) -> NoReturn:  # noqa: ANN401  # the library's
    status = packed(error)
    metadata = ((DETAILS_KEY, status.SerializeToString()),)
    await context.abort(code_of(error), status.message, metadata)
    raise AssertionError("unreachable: abort raises")
