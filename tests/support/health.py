"""Asking the health of gRPC servers, as an orchestrator does."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

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


@contextmanager
def health_told_by(address: str) -> Iterator[list[str]]:
    """Yield the statuses that a server tells of itself as a whole, in turn, as they come; it has told the first."""
    told: list[str] = []
    has_told = threading.Event()

    def follow(channel: grpc.Channel) -> None:
        watch = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest())
        try:
            for answer in watch:
                told.append(health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status))
                has_told.set()
        except grpc.RpcError:
            return  # it has ended

    with grpc.insecure_channel(address) as channel:
        thread = threading.Thread(target=follow, args=(channel,), daemon=True)
        thread.start()
        assert has_told.wait(10), f"{address} says nothing of its health"
        yield told
    thread.join()
