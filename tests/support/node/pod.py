"""One pod on this machine, from its binding to its removal."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

import httpx

from tests.support.node.api import Object
from tests.support.node.container import AGAIN_SECONDS, ContainerRun, Ground
from tests.support.node.status import PodState
from tests.support.node.volumes import NotYetError


class PodRun:
    """Runs what a pod says and reports how it is; `changed` is told of each step."""

    def __init__(
        self, ground: Ground, pod: Object, address: str, changed: Callable[[], None]
    ) -> None:
        about = pod["metadata"]
        self.path = f"/api/v1/namespaces/{about['namespace']}/pods/{about['name']}"
        # What a field of the status tells a container is known here before it is reported.
        self.pod = {**pod, "status": {**pod.get("status", {}), "podIP": address}}
        self.containers = [
            ContainerRun(ground, self.pod, spec, address) for spec in pod["spec"]["containers"]
        ]
        assert not pod["spec"].get("initContainers"), "the stand-in runs no init containers"
        self.state = PodState(address, [c.state for c in self.containers])
        self.is_stopping = False
        self._ground = ground
        self._is_told = asyncio.Event()
        self._changed = changed
        self._tasks = [asyncio.create_task(self._run()), asyncio.create_task(self._report())]

    @property
    def is_served(self) -> bool:
        """Whether services send to it."""
        return self.state.is_ready and not self.is_stopping

    def _tell(self) -> None:
        self._is_told.set()
        self._changed()

    async def _run(self) -> None:
        self._tell()
        folders = None
        while folders is None:
            try:
                folders = await self._ground.volumes.of(self.pod)
            except (NotYetError, httpx.HTTPError):
                await asyncio.sleep(AGAIN_SECONDS)
        for container in self.containers:
            container.folders, container.changed = folders, self._tell
        await asyncio.gather(*(container.run() for container in self.containers))

    async def _report(self) -> None:
        while True:
            await self._is_told.wait()
            self._is_told.clear()
            try:
                await self._ground.api.patch(f"{self.path}/status", {"status": self.state.told()})
            except httpx.HTTPError:
                await asyncio.sleep(AGAIN_SECONDS)
                self._is_told.set()

    async def remove(self, grace: float) -> None:
        """End its containers, tell how they ended, and let the object go."""
        self.is_stopping = True
        self._changed()
        await asyncio.gather(*(container.stop(grace) for container in self.containers))
        await self.drop()
        with contextlib.suppress(httpx.HTTPError):
            await self._ground.api.patch(f"{self.path}/status", {"status": self.state.told()})
            await self._ground.api.remove(self.path, self.pod["metadata"]["uid"])

    async def drop(self) -> None:
        """Let go of it without a word, its processes at once."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*(c.stop(0) for c in self.containers))
        await asyncio.gather(*self._tasks, return_exceptions=True)
