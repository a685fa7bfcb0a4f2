"""One container of a pod: started, probed, started again, stopped."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.support.node.api import Api, Object
from tests.support.node.environment import command_of, environment
from tests.support.node.probes import Probe, Target, is_well
from tests.support.node.runtimes import ENTRY, Runtime, Sandbox
from tests.support.node.status import ContainerState, now
from tests.support.node.usage import cpu_seconds
from tests.support.node.volumes import NotYetError, Volumes
from tools.servers import leash

AGAIN_SECONDS = 0.3
SOON_SECONDS = 0.5
BACK_OFF_SECONDS = (0.5, 10.0)
"""The first and the longest: a kubelet's are 10 s and 5 min."""


@dataclass(frozen=True)
class Ground:
    """What all pods of a machine share; `every_pod` is what each has, and where."""

    api: Api
    web: httpx.AsyncClient
    runtime: Runtime
    volumes: Volumes
    folder: Path
    every_pod: dict[str, tuple[Path, bool]]
    every_environment: dict[str, str]


class ContainerRun:
    """One container from its pod's start to its end; `changed` is told of each step."""

    def __init__(self, ground: Ground, pod: Object, spec: Object, address: str) -> None:
        self._ground = ground
        self._pod = pod
        self._spec = spec
        self._address = address
        self.state = ContainerState(spec["name"], spec["image"])
        self.folders: dict[str, Path] = {}
        self.changed: Callable[[], None] = lambda: None
        self._target = Target(ground.web, spec, address, self._run_inside)
        self._told_to_stop = asyncio.Event()
        self._process: asyncio.subprocess.Process | None = None
        self._box: Sandbox | None = None
        self._first = 0

    async def run(self) -> None:
        """Run it until it has ended for good."""
        delay, longest = BACK_OFF_SECONDS
        while True:
            await self._once()
            if not self._starts_again():
                self.state.is_over = True
                return self.changed()
            self.state.restarts += 1
            self.state.waits = "CrashLoopBackOff"
            self.changed()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._told_to_stop.wait(), delay)
            delay = min(2 * delay, longest)

    def _starts_again(self) -> bool:
        policy = self._pod["spec"].get("restartPolicy", "Always")
        wanted = policy == "Always" or (policy == "OnFailure" and self.state.ended != 0)
        return wanted and not self._told_to_stop.is_set()

    async def _once(self) -> None:
        self._box, command = await self._made()
        argv, variables = self._ground.runtime.command(self._box, command)
        held = (sys.executable, "-IS", leash.__file__, str(os.getpid()))
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *held, *argv, env=variables, stdin=asyncio.subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        self.state.started_at, self.state.waits = now(), ""
        self._first = 0
        self.changed()
        probing = asyncio.create_task(self._probe())
        try:
            self.state.ended = await self._process.wait()
        finally:
            probing.cancel()
        self.state.ended_at = now()
        self.state.is_ready = self.state.is_started = False
        self.changed()

    @property
    def log(self) -> Path:
        """Return where what it says is written."""
        folder = self._ground.folder / "logs"
        folder.mkdir(exist_ok=True)
        return folder / f"{self._pod['metadata']['name']}.{self.state.name}.log"

    def cpu_seconds(self) -> float:
        """Return the processor time of all its processes, 0 while it does not run."""
        if self._process is None or self._box is None or not self.state.is_started:
            return 0.0
        self._first = self._first or self._ground.runtime.first_process(
            self._box, self._process.pid
        )
        return cpu_seconds(self._first) if self._first else 0.0

    async def _made(self) -> tuple[Sandbox, list[str]]:
        """Return what it is started as, once all that it names is there."""
        while True:
            try:
                own = await environment(self._ground.api, self._pod, self._spec, self._address)
            except (NotYetError, KeyError):
                self.state.waits = "CreateContainerConfigError"
                self.changed()
                await asyncio.sleep(AGAIN_SECONDS)
                continue
            variables = {**self._ground.every_environment, **own}
            box = Sandbox(
                name=f"{self._pod['metadata']['uid']}-{self._spec['name']}-{self.state.restarts}",
                image=self._spec["image"],
                environment=variables,
                mounts={**self._ground.every_pod, **self._mounts()},
                user=int(self._security("runAsUser", 65532)),
                profile=self._security("seccompProfile", {}).get("localhostProfile", ""),
            )
            return box, command_of(self._spec, ENTRY, variables, self._address)

    def _mounts(self) -> dict[str, tuple[Path, bool]]:
        return {
            mount["mountPath"]: (
                self.folders[mount["name"]] / mount.get("subPath", ""),
                not mount.get("readOnly", False),
            )
            for mount in self._spec.get("volumeMounts") or ()
        }

    def _security(self, name: str, default: Any) -> Any:  # noqa: ANN401  # any field of a security context
        whole = self._pod["spec"].get("securityContext") or {}
        own = self._spec.get("securityContext") or {}
        return own.get(name, whole.get(name, default))

    async def _probe(self) -> None:
        starting = self._spec.get("startupProbe")
        if starting and not await self._starts(Probe(starting, holds=True)):
            return await self._kill()
        self.state.is_started = True
        ready = self._spec.get("readinessProbe")
        self.state.is_ready = ready is None
        self.changed()
        async with asyncio.TaskGroup() as probing:
            if ready:
                probing.create_task(self._follow_readiness(Probe(ready, holds=False)))
            if alive := self._spec.get("livenessProbe"):
                probing.create_task(self._follow_life(Probe(alive, holds=True)))
        return None

    async def _starts(self, probe: Probe) -> bool:
        while not await self._gets_well(probe):
            if probe.hear(well=False):
                return False
        return True

    async def _gets_well(self, probe: Probe) -> bool:
        """Whether it is well within a period. It is asked more often than a kubelet does: nobody is to wait for nothing."""
        end = time.monotonic() + probe.period
        while not await self._asked(probe):
            if time.monotonic() >= end:
                return False
            await asyncio.sleep(min(SOON_SECONDS, probe.period))
        return True

    async def _follow_readiness(self, probe: Probe) -> None:
        while not await self._gets_well(probe):
            pass
        while True:
            if probe.hear(well=await self._asked(probe)):
                self.state.is_ready = probe.holds
                self.changed()
            await asyncio.sleep(probe.period)

    async def _follow_life(self, probe: Probe) -> None:
        while True:
            if probe.hear(well=await self._asked(probe)):
                await self._kill()
            await asyncio.sleep(probe.period)

    async def _asked(self, probe: Probe) -> bool:
        return await is_well(self._target, probe.spec)

    async def _run_inside(self, command: list[str]) -> int:
        return (await self.execute(command))[0]

    async def execute(self, command: list[str]) -> tuple[int, str]:
        """Run a command in it; return its exit code and what it printed."""
        assert self._box is not None, "it has not started"
        argv, variables = self._ground.runtime.inside(self._box, command)
        pipe = asyncio.subprocess.PIPE
        child = await asyncio.create_subprocess_exec(
            *argv, env=variables, stdin=asyncio.subprocess.DEVNULL, stdout=pipe, stderr=pipe
        )
        said, failed = await child.communicate()
        return await child.wait(), (said if child.returncode == 0 else said + failed).decode()

    async def stop(self, grace: float) -> None:
        """End it as a deleted pod's is: its hook, SIGTERM, and SIGKILL when its grace is over."""
        self._told_to_stop.set()
        try:
            async with asyncio.timeout(grace):
                await self._before_stop()
                await self._signal(signal.SIGTERM)
                if self._process is not None:
                    await self._process.wait()
        except TimeoutError:
            await self._signal(signal.SIGKILL)
            if self._process is not None:
                await self._process.wait()

    async def _before_stop(self) -> None:
        hook = (self._spec.get("lifecycle") or {}).get("preStop") or {}
        if "sleep" in hook:
            await asyncio.sleep(hook["sleep"]["seconds"])
        elif hook:
            await is_well(self._target, {**hook, "timeoutSeconds": 3600})

    async def _kill(self) -> None:
        """End one that a probe has found dead; whether it starts again is its pod's to say."""
        await self._signal(signal.SIGTERM)
        await asyncio.sleep(self._pod["spec"].get("terminationGracePeriodSeconds", 30))
        await self._signal(signal.SIGKILL)

    async def _signal(self, number: int) -> None:
        if self._process is None or self._process.returncode is not None or self._box is None:
            return
        with contextlib.suppress(ProcessLookupError, FileNotFoundError):
            await asyncio.to_thread(
                self._ground.runtime.signal, self._box, self._process.pid, number
            )
