"""The gRPC interface of a gateway on the real registry, with documents in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.struct_pb2 import Struct

from alur_api.executions.v1.executions_pb2_grpc import ExecutionsServiceStub
from alur_api.nodes.v1.nodes_pb2_grpc import NodeTypesServiceStub
from alur_api.workflows.v1.workflows_pb2_grpc import WorkflowsServiceStub
from alur_common.telemetry import Metrics
from alur_gateway.adapters.grpc.server import GrpcServer, serve_grpc
from tests.unit.gateway.rest import DOCUMENT, RestWorld


@dataclass
class Remote:
    """A client of a running server."""

    world: RestWorld
    metrics: Metrics
    server: GrpcServer
    channel: grpc.aio.Channel
    workflows: Any
    executions: Any
    nodes: Any

    def sign(self, token: str | None = None) -> list[tuple[str, str]]:
        """Return the metadata that says who asks."""
        return [("authorization", f"Bearer {token or self.world.token}")]


@pytest.fixture
async def remote(tmp_path: Path) -> AsyncIterator[Remote]:
    world = await RestWorld.make(tmp_path)
    metrics = Metrics()
    world.succeed({"total": 3})
    server, port = await serve_grpc(world.gateway.use_cases, "127.0.0.1", 0, metrics=metrics)
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield Remote(
            world,
            metrics,
            server,
            channel,
            WorkflowsServiceStub(channel),
            ExecutionsServiceStub(channel),
            NodeTypesServiceStub(channel),
        )
    await server.stop()
    await world.bus.close()


def struct(value: dict[str, Any]) -> Struct:
    message = Struct()
    message.update(value)
    return message


def document(**spec: Any) -> Struct:
    """Return the document of `orders`, its spec changed."""
    return struct({**DOCUMENT, "spec": {**DOCUMENT["spec"], **spec}})
