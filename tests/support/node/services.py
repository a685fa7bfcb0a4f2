"""Services of the cluster: names that resolve, and addresses that lead to a pod that is ready."""

from __future__ import annotations

import asyncio
import functools
import itertools
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from tests.support.node.api import Object
from tests.support.node.pod import PodRun
from tests.support.node.probes import port_of

LAG_SECONDS = 1.0
"""How long a change of who is ready takes to be known everywhere: a pod has to live with it."""
CHUNK = 64 * 1024

CLUSTER = "kubernetes.default.svc"
"""The API server, as pods know it: at port 443, so that whoever runs the tests has to be allowed to listen there."""

Backends = Callable[[], list[PodRun]]


class Names:
    """The file of hosts that all pods see."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._size = 0
        file.touch()

    def write(self, names: Iterable[tuple[str, str]]) -> None:
        """Write addresses and names in one go, never shorter than before: who reads sees no half of it."""
        content = "127.0.0.1 localhost\n" + "".join(f"{at} {name}\n" for at, name in names)
        self._size = max(self._size, len(content))
        place = os.open(self.file, os.O_WRONLY)
        os.pwrite(place, content.ljust(self._size, "\n").encode(), 0)
        os.close(place)


def names_of(namespace: str, name: str) -> str:
    """Return the names under which a service is asked for, in one line."""
    whole = f"{name}.{namespace}.svc.cluster.local"
    return f"{name} {name}.{namespace} {name}.{namespace}.svc {whole}"


class Proxy:
    """The address of one service with a cluster's address: each connection goes to the next ready pod."""

    def __init__(self, service: Object, address: str, backends: Backends) -> None:
        self.address = address
        self._service = service
        self._backends = backends
        self._turn = itertools.count()
        self._servers: list[asyncio.Server] = []

    async def start(self) -> None:
        """Listen at each of its ports."""
        for port in self._service["spec"].get("ports") or ():
            take = functools.partial(self._take, port)
            made = await asyncio.start_server(take, self.address, port["port"])
            self._servers.append(made)

    async def _take(
        self, port: Object, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        ready = self._backends()
        try:
            if not ready:
                return
            run = ready[next(self._turn) % len(ready)]
            target = port_of(run.pod["spec"]["containers"][0], port["targetPort"])
            await forward(reader, writer, run.state.address, target)
        finally:
            writer.close()

    def stop(self) -> None:
        """Listen no more."""
        for server in self._servers:
            server.close()


async def forward(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, address: str, port: int
) -> None:
    """Carry a connection on to another address until both sides have ended it."""
    try:
        ours, theirs = await asyncio.open_connection(address, port)
    except OSError:
        writer.close()  # refused, as the other side would
        return
    await asyncio.gather(_pump(reader, theirs), _pump(ours, writer))


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while chunk := await reader.read(CHUNK):
            writer.write(chunk)
            await writer.drain()
    except OSError:
        pass  # one side has gone; the other is told below
    finally:
        writer.close()


class Services:
    """All services of the namespace, brought in line with pods a moment after these change."""

    def __init__(self, names: Names, addresses: Iterator[str], cluster_port: int) -> None:
        self._names = names
        self._cluster_port = cluster_port
        self._cluster_address = next(addresses)
        self._cluster: asyncio.Server | None = None
        self._addresses = addresses
        self._services: dict[str, Object] = {}
        self._proxies: dict[str, Proxy] = {}
        self._served: tuple[PodRun, ...] = ()

    async def start(self) -> None:
        """Lead pods to the API server."""

        async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await forward(reader, writer, "127.0.0.1", self._cluster_port)

        self._cluster = await asyncio.start_server(take, self._cluster_address, 443)
        self._write()

    async def put(self, service: Object) -> None:
        """Take in a service that is new or has changed."""
        uid = service["metadata"]["uid"]
        is_known, self._services[uid] = uid in self._services, service
        if not is_known and service["spec"].get("clusterIP") != "None":
            proxy = Proxy(service, next(self._addresses), lambda: self._behind(service))
            await proxy.start()
            self._proxies[uid] = proxy
        self._write()

    def remove(self, service: Object) -> None:
        """Forget a service."""
        self._services.pop(service["metadata"]["uid"], None)
        if proxy := self._proxies.pop(service["metadata"]["uid"], None):
            proxy.stop()
        self._write()

    def follow(self, runs: Iterable[PodRun]) -> None:
        """Send to these pods from now on."""
        self._served = tuple(run for run in runs if run.is_served)
        self._write()

    def address_of(self, name: str) -> str:
        """Return the address of a service that has one."""
        return next(
            proxy.address
            for uid, proxy in self._proxies.items()
            if self._services[uid]["metadata"]["name"] == name
        )

    def _behind(self, service: Object) -> list[PodRun]:
        wanted = (service["spec"].get("selector") or {}).items()
        return [
            run
            for run in self._served
            if wanted and wanted <= run.pod["metadata"].get("labels", {}).items()
        ]

    def _write(self) -> None:
        self._names.write(self._lines())

    def _lines(self) -> Iterator[tuple[str, str]]:
        yield self._cluster_address, CLUSTER
        for uid, service in self._services.items():
            about = service["metadata"]
            known = names_of(about["namespace"], about["name"])
            if uid in self._proxies:
                yield self._proxies[uid].address, known
            elif service["spec"].get("clusterIP") == "None":
                yield from ((run.state.address, known) for run in self._behind(service))

    def stop(self) -> None:
        """Let go of all addresses."""
        for proxy in self._proxies.values():
            proxy.stop()
        if self._cluster is not None:
            self._cluster.close()
