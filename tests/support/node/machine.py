"""A machine of the cluster: a small stand-in for a kubelet, with what a cluster's network gives to pods.

It runs the pods of one namespace. Each has a loopback address of its own, under which it listens
instead of everywhere; names of services resolve in all of them. It binds pods by itself, and
makes claims of volumes true by a folder.
"""

from __future__ import annotations

import asyncio
import errno
import itertools
import socket
import threading
from collections.abc import AsyncIterator, Coroutine
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx

from tests.support.node.api import Api, Object
from tests.support.node.container import Ground
from tests.support.node.pod import PodRun
from tests.support.node.probes import asker
from tests.support.node.runtimes import Processes, Runtime
from tests.support.node.services import CLUSTER, LAG_SECONDS, Names, Services
from tests.support.node.volumes import Volumes
from tools.servers.cluster import Cluster

LEAVING_SECONDS = 5.0
Done = TypeVar("Done")
_NETWORKS = iter(range(1, 255))
"""Each machine of a test run has addresses of its own."""


@dataclass(frozen=True)
class Used:
    """The processor time that the container of a pod has used."""

    namespace: str
    pod: str
    uid: str
    labels: dict[str, str]
    container: str
    cpu_seconds: float


class Machine:
    """Runs the pods of a namespace, in a thread of its own."""

    def __init__(
        self, cluster: Cluster, namespace: str, folder: Path, runtime: Runtime | None = None
    ) -> None:
        self.cluster = cluster
        self.namespace = namespace
        self.folder = folder
        self.runtime = runtime or Processes()
        folder.mkdir(parents=True, exist_ok=True)
        self._network = _free_network()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._tasks: list[asyncio.Task[None]] = []
        self._ending: set[asyncio.Task[None]] = set()
        self._runs: dict[str, PodRun] = {}
        self._addresses = (f"127.{self._network}.0.{n}" for n in itertools.count(1))

    def start(self) -> Machine:
        """Join the cluster; return once pods of the namespace are taken."""
        self._thread.start()
        self._do(self._start()).result(30)
        return self

    def stop(self) -> None:
        """Leave: every process ends at once."""
        self._do(self._stop()).result(60)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, what: Coroutine[Any, Any, Done]) -> Future[Done]:
        return asyncio.run_coroutine_threadsafe(what, self._loop)

    def execute(self, pod: str, *command: str) -> str:
        """Run a command in a pod, as `kubectl exec` does, and return what it printed."""
        found = next(run for run in self._runs.values() if run.pod["metadata"]["name"] == pod)
        code, said = self._do(found.containers[0].execute(list(command))).result(60)
        assert code == 0, said
        return said

    def used(self) -> list[Used]:
        """Return what the pods that run have used so far, of their first containers."""
        runs = [run for run in tuple(self._runs.values()) if not run.is_stopping]
        return [_used(run) for run in runs if run.containers[0].state.is_started]

    def address_of(self, service: str) -> str:
        """Return the address of a service, which is good outside of the pods as well."""
        return self._services.address_of(service)

    def said(self) -> str:
        """Return the ends of all logs."""
        files = sorted((self.folder / "logs").rglob("*.log"))
        return "\n".join(f"== {f.name}\n{f.read_text(errors='replace')[-1500:]}" for f in files)

    async def _start(self) -> None:
        self._api = Api(self.cluster)
        names = Names(self.folder / "hosts")
        resolver = self.folder / "resolv.conf"
        # Nobody listens there: what is no service of the cluster is unknown at once.
        resolver.write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
        self._services = Services(names, self._addresses, self.cluster.port)
        await self._services.start()
        self._web = asker()
        self._ground = Ground(
            self._api,
            self._web,
            self.runtime,
            Volumes(self._api, self.folder),
            self.folder,
            {"/etc/hosts": (names.file, False), "/etc/resolv.conf": (resolver, False)},
            {"KUBERNETES_SERVICE_HOST": CLUSTER, "KUBERNETES_SERVICE_PORT": "443"},
        )
        await self._join()
        ways = (self._follow_pods(), self._follow_services(), self._follow_claims())
        self._tasks = [asyncio.create_task(way) for way in ways]

    async def _join(self) -> None:
        name = f"machine-{self._network}"
        labels = {"kubernetes.io/hostname": name}
        made = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels}}
        self._node = (await self._api.post("/api/v1/nodes", made))["metadata"]["name"]
        has = {"cpu": "8", "memory": "16Gi", "pods": "110"}
        ready = {"type": "Ready", "status": "True", "reason": "KubeletReady"}
        status = {"capacity": has, "allocatable": has, "conditions": [ready]}
        await self._api.patch(f"/api/v1/nodes/{name}/status", {"status": status})

    async def _stop(self) -> None:
        for task in (*self._tasks, *self._ending):
            task.cancel()
        await asyncio.gather(*self._tasks, *self._ending, return_exceptions=True)
        await asyncio.gather(*(run.drop() for run in self._runs.values()))
        self._services.stop()
        # What is left asks the API server, or carries connections of pods, which have ended.
        if left := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(left, timeout=LEAVING_SECONDS)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await self._api.close()
        await self._web.aclose()
        await self._loop.shutdown_asyncgens()
        await asyncio.sleep(0)  # transports close in the turn after

    async def _follow(self, kind: str) -> AsyncIterator[tuple[str, Object]]:
        """Yield each change of what is in the namespace; what a list no longer has is DELETED."""
        known: dict[str, Object] = {}
        async for change, found in self._api.follow(f"/api/v1/namespaces/{self.namespace}/{kind}"):
            if change != "LISTED":
                known[found["metadata"]["uid"]] = found
                yield change, found
                continue
            items = {one["metadata"]["uid"]: one for one in found.get("items") or ()}
            for uid in known.keys() - items.keys():
                yield "DELETED", known[uid]
            known = items
            for one in items.values():
                yield "ADDED", one

    async def _follow_pods(self) -> None:
        async for change, pod in self._follow("pods"):
            uid = pod["metadata"]["uid"]
            if change == "DELETED":
                if run := self._runs.pop(uid, None):
                    self._end(run.drop())
            elif "nodeName" not in pod["spec"]:
                await self._bind(pod)
            elif "deletionTimestamp" in pod["metadata"]:
                await self._let_go(pod)
            elif uid not in self._runs and pod["spec"]["nodeName"] == self._node:
                address = next(self._addresses)
                self._runs[uid] = PodRun(self._ground, pod, address, self._changed)

    async def _bind(self, pod: Object) -> None:
        about = pod["metadata"]
        path = f"/api/v1/namespaces/{self.namespace}/pods/{about['name']}/binding"
        target = {"kind": "Node", "name": self._node}
        body = {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": about["name"]}}
        try:
            await self._api.post(path, {**body, "target": target})
        except httpx.HTTPStatusError:
            return  # it has gone meanwhile, or is bound

    async def _let_go(self, pod: Object) -> None:
        about = pod["metadata"]
        run = self._runs.get(about["uid"])
        if run is None:
            path = f"/api/v1/namespaces/{self.namespace}/pods/{about['name']}"
            await self._api.remove(path, about["uid"])
        elif not run.is_stopping:
            self._end(run.remove(about.get("deletionGracePeriodSeconds", 30)))

    def _end(self, way: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(way)
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    def _changed(self) -> None:
        """Let the network know a moment later, as a cluster's does."""
        self._loop.call_later(LAG_SECONDS, lambda: self._services.follow(self._runs.values()))

    async def _follow_services(self) -> None:
        async for change, service in self._follow("services"):
            if change == "DELETED":
                self._services.remove(service)
            else:
                await self._services.put(service)

    async def _follow_claims(self) -> None:
        async for change, claim in self._follow("persistentvolumeclaims"):
            if change == "ADDED" and (claim.get("status") or {}).get("phase") != "Bound":
                path = f"/api/v1/namespaces/{self.namespace}/persistentvolumeclaims"
                await self._api.patch(
                    f"{path}/{claim['metadata']['name']}/status", {"status": {"phase": "Bound"}}
                )


def _free_network() -> int:
    """Return the next network of loopback in which no machine of another test run is."""
    for network in _NETWORKS:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((f"127.{network}.0.1", 443))
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
            else:
                return network
    raise AssertionError("no network of loopback is free")


def _used(run: PodRun) -> Used:
    about, container = run.pod["metadata"], run.containers[0]
    return Used(
        about["namespace"],
        about["name"],
        about["uid"],
        about.get("labels") or {},
        container.state.name,
        container.cpu_seconds(),
    )
