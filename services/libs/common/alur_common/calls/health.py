"""The health of a gRPC server: off while something is lost that it needs, and for good when it drains."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from grpc_health.v1 import health_pb2
from grpc_health.v1._async import HealthServicer

REASON_KEY = "alur-reason"
"""The trailing metadata in which a check that is answered NOT_SERVING says why."""


class Health(HealthServicer):  # type: ignore[misc]  # the library has no types
    """Answers for each service by its name, and for all by the empty name."""

    def __init__(self, services: Sequence[str]) -> None:
        super().__init__()
        self._names = ("", *services)
        self._reason = ""

    async def turn(self, reason: str) -> None:
        """Say that nothing is served, and why; an empty reason: all is served. It changes nothing while it drains."""
        self._reason = reason
        response = health_pb2.HealthCheckResponse
        status = response.NOT_SERVING if reason else response.SERVING
        for name in self._names:
            await self.set(name, status)

    async def Check(self, request: Any, context: Any) -> Any:  # noqa: ANN401, N802  # the library's
        if self._reason:
            context.set_trailing_metadata(((REASON_KEY, self._reason),))
        return await super().Check(request, context)
