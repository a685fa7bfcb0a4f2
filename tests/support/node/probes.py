"""Probes, as a kubelet makes them: against the pod's own address."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import grpc
import httpx
from grpc_health.v1 import health_pb2, health_pb2_grpc

from tests.support.node.api import Object

Run = Callable[[list[str]], Awaitable[int]]
"""Runs a command in the container and returns its exit code."""
WELL = range(200, 400)


def port_of(container: Object, port: int | str) -> int:
    """Return a port by its number or its name."""
    named = {p.get("name"): p["containerPort"] for p in container.get("ports") or ()}
    return port if isinstance(port, int) else int(named[port])


def asker() -> httpx.AsyncClient:
    """Return what asks by HTTP; the probe has a time limit itself, and each asks anew."""
    return httpx.AsyncClient(timeout=None, limits=httpx.Limits(max_keepalive_connections=0))  # noqa: S113  # as said


@dataclass(frozen=True)
class Target:
    """A container that is asked: what it says of itself, where it is, and how a command is run in it."""

    web: httpx.AsyncClient
    container: Object
    address: str
    run: Run


async def is_well(target: Target, probe: Object) -> bool:
    """Whether the container answers as the probe demands, in its time."""
    try:
        async with asyncio.timeout(probe.get("timeoutSeconds", 1)):
            return await _asked(target, probe)
    except (OSError, TimeoutError, httpx.HTTPError, grpc.RpcError):
        return False


async def _asked(target: Target, probe: Object) -> bool:
    if get := probe.get("httpGet"):
        port = port_of(target.container, get["port"])
        url = f"http://{target.address}:{port}{get.get('path', '/')}"
        return (await target.web.get(url)).status_code in WELL
    if call := probe.get("grpc"):
        at = f"{target.address}:{call['port']}"
        return await asyncio.to_thread(_serves, at, call.get("service") or "")
    if tcp := probe.get("tcpSocket"):
        port = port_of(target.container, tcp["port"])
        _, writer = await asyncio.open_connection(target.address, port)
        writer.close()
        return True
    return await target.run(probe["exec"]["command"]) == 0


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
