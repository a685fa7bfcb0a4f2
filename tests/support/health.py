"""Asking the health of gRPC servers, as an orchestrator does."""

from __future__ import annotations

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from alur_common.calls.health import REASON_KEY


async def health_of(
    address: str, *services: str, credentials: grpc.ChannelCredentials | None = None
) -> list[tuple[str, str]]:
    """Return the status of each service and the reason that is given. Raises `AioRpcError` when nobody answers."""
    if credentials is None:
        channel = grpc.aio.insecure_channel(address)
    else:
        channel = grpc.aio.secure_channel(address, credentials)
    async with channel:
        stub = health_pb2_grpc.HealthStub(channel)
        found = []
        for service in services:
            call = stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=5)
            status = (await call).status
            trailing = dict(await call.trailing_metadata() or ())
            name = health_pb2.HealthCheckResponse.ServingStatus.Name(status)
            found.append((name, str(trailing.get(REASON_KEY, ""))))
        return found
