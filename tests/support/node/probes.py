"""Probes, as a kubelet makes them: against the pod's own address."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import grpc
import httpx
from grpc_health.v1 import health_pb2, health_pb2_grpc

from tests.support.node.api import Object

Run = Callable[[list[str]], Awaitable[int]]
WELL = range(200, 400)


def port_of(container: Object, port: int | str) -> int:
    """Return a port by its number or its name."""
    named = {p.get("name"): p["containerPort"] for p in container.get("ports") or ()}
    return port if isinstance(port, int) else int(named[port])


async def is_well(container: Object, probe: Object, address: str, run: Run) -> bool:
    """Whether the container answers as the probe demands, in its time."""
    try:
        async with asyncio.timeout(probe.get("timeoutSeconds", 1)):
            return await _asked(container, probe, address, run)
    except (OSError, TimeoutError, httpx.HTTPError, grpc.RpcError):
        return False


async def _asked(container: Object, probe: Object, address: str, run: Run) -> bool:
    if get := probe.get("httpGet"):
        url = f"http://{address}:{port_of(container, get['port'])}{get.get('path', '/')}"
        async with httpx.AsyncClient(timeout=None) as client:  # noqa: S113  # the whole has one
            return (await client.get(url)).status_code in WELL
    if call := probe.get("grpc"):
        at = f"{address}:{call['port']}"
        return await asyncio.to_thread(_serves, at, call.get("service") or "")
    if tcp := probe.get("tcpSocket"):
        _, writer = await asyncio.open_connection(address, port_of(container, tcp["port"]))
        writer.close()
        return True
    return await run(probe["exec"]["command"]) == 0


def _serves(at: str, service: str) -> bool:
    with grpc.insecure_channel(at) as channel:
        asked = health_pb2.HealthCheckRequest(service=service)
        answer = health_pb2_grpc.HealthStub(channel).Check(asked, timeout=1)
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


class Probe:
    """One probe over time: it changes its mind after as many answers in a row as it says."""

    def __init__(self, spec: Object, *, holds: bool) -> None:
        self.spec = spec
        self.period = spec.get("periodSeconds", 10)
        self.holds = holds
        self._against = 0

    def hear(self, *, well: bool) -> bool:
        """Take one answer in; return whether what holds has changed."""
        if well == self.holds:
            self._against = 0
            return False
        self._against += 1
        needed = self.spec.get("failureThreshold", 3) if self.holds else 1
        if self._against < needed:
            return False
        self.holds, self._against = well, 0
        return True
