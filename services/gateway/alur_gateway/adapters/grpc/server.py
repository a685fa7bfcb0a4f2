"""The gRPC server: its services, health, reflection and limits."""

from __future__ import annotations

import asyncio

import grpc
from grpc_health.v1 import health, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from alur_api.executions.v1 import executions_pb2, executions_pb2_grpc
from alur_api.nodes.v1 import nodes_pb2, nodes_pb2_grpc
from alur_api.workflows.v1 import workflows_pb2, workflows_pb2_grpc
from alur_common.calls.health import Health
from alur_common.calls.tls import Identity
from alur_common.telemetry import Metrics
from alur_common.telemetry.tracing import Tracer
from alur_gateway.adapters.grpc.executions import ExecutionsServicer
from alur_gateway.adapters.grpc.guard import Guard
from alur_gateway.adapters.grpc.metrics import CallMetrics
from alur_gateway.adapters.grpc.nodes import NodeTypesServicer
from alur_gateway.adapters.grpc.workflows import WorkflowsServicer
from alur_gateway.service.use_cases import UseCases
from alur_sdk.errors import UnavailableError

MAX_MESSAGE_BYTES = 4 * 1024 * 1024
KEEPALIVE_MS = 30_000
SERVICES = (
    workflows_pb2.DESCRIPTOR.services_by_name["WorkflowsService"].full_name,
    executions_pb2.DESCRIPTOR.services_by_name["ExecutionsService"].full_name,
    nodes_pb2.DESCRIPTOR.services_by_name["NodeTypesService"].full_name,
)
_OPTIONS = (
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    ("grpc.keepalive_time_ms", KEEPALIVE_MS),
    ("grpc.http2.min_ping_interval_without_data_ms", KEEPALIVE_MS // 3),
    # A taken port is an error, not a second server beside the first.
    ("grpc.so_reuseport", 0),
)


class GrpcServer:
    """A running server. Its health answers for each service, and for all by the empty name."""

    def __init__(self, server: grpc.aio.Server, checks: Health, draining: asyncio.Event) -> None:
        self._server = server
        self.health = checks
        self._draining = draining

    async def begin_drain(self) -> None:
        """Say that it goes away, and end the streams: their clients go on elsewhere."""
        await self.health.enter_graceful_shutdown()
        self._draining.set()

    async def stop(self, grace: float = 0.0) -> None:
        """Drain, let running calls end within `grace` seconds, and stop."""
        await self.begin_drain()
        await self._server.stop(grace)


async def serve_grpc(
    use: UseCases,
    host: str,
    port: int,
    *,
    metrics: Metrics | None = None,
    tracer: Tracer | None = None,
    reflects: bool = True,
    identity: Identity | None = None,
) -> tuple[GrpcServer, int]:
    """Start to serve; return the server and its port (0 takes a free one). Raises `UnavailableError` for a taken port."""
    draining = asyncio.Event()
    guard = Guard(use, draining, CallMetrics(metrics or Metrics()), tracer)
    server = grpc.aio.server(interceptors=(guard,), options=_OPTIONS)
    workflows_pb2_grpc.add_WorkflowsServiceServicer_to_server(WorkflowsServicer(use), server)
    executions_pb2_grpc.add_ExecutionsServiceServicer_to_server(ExecutionsServicer(use), server)
    nodes_pb2_grpc.add_NodeTypesServiceServicer_to_server(NodeTypesServicer(use), server)
    checks = Health(SERVICES)
    health_pb2_grpc.add_HealthServicer_to_server(checks, server)
    if reflects:
        names = (*SERVICES, health.SERVICE_NAME, reflection.SERVICE_NAME)
        reflection.enable_server_reflection(names, server)
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    try:
        if identity is None:
            bound = server.add_insecure_port(address)
        else:
            bound = server.add_secure_port(address, identity.server_credentials())
    except RuntimeError as error:
        message = f"{address} cannot be listened on; choose another with --grpc-port"
        raise UnavailableError(message) from error
    await server.start()
    await checks.turn("")
    return GrpcServer(server, checks, draining), bound
