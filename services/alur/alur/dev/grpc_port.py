"""gRPC beside REST in one process: started after REST is ready, as its library takes a while to load."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any


async def start_grpc(use_cases: Any, host: str, port: int) -> Any:  # noqa: ANN401
    """Start it when it is there."""
    if importlib.util.find_spec("alur_gateway.adapters.grpc") is None:
        return None
    server = importlib.import_module("alur_gateway.adapters.grpc.server")
    return await server.serve_grpc(use_cases, host, port)
