"""A real `alur dev` for tests: a process of its own, on free ports and its own data folder."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tools.servers.running import free_port

ROOT = Path(__file__).parents[2]
ALUR = Path(sys.executable).with_name("alur")
READY_SECONDS = 60.0
STOP_SECONDS = 30.0
LONGEST_PAUSE_SECONDS = 0.1
"""Between two looks at an execution: each costs the platform what it could do of its work instead."""
ENDED = ("succeeded", "failed", "cancelled", "in-doubt")


def free_ports(count: int) -> list[int]:
    """Return ports that are free on loopback now, all different."""
    return [free_port() for _ in range(count)]


def _homes(folder: Path) -> dict[str, str]:
    """Return an environment that keeps the user's own configuration out, and ours out of it."""
    kinds = ("CONFIG", "DATA", "STATE", "CACHE")
    homes = {f"XDG_{kind}_HOME": str(folder / "home" / kind.lower()) for kind in kinds}
    return {"NO_COLOR": "1", **homes}


class AlurDev:
    """A running `alur dev`, spoken to by REST and by the command line."""

    def __init__(
        self,
        data: Path,
        environment: Mapping[str, str] | None = None,
        flags: Sequence[str] = (),
    ) -> None:
        self.data = data
        self.flags = flags
        self.log = data.with_suffix(".log")
        self.port, self.grpc_port = free_ports(2)
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {**os.environ, **_homes(data.parent), **(environment or {})}
        self.rest = httpx.Client(base_url=self.url, timeout=60)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and return when `/readyz` answers 200, on a second start with the same data."""
        ports = ["--port", str(self.port), "--grpc-port", str(self.grpc_port)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603  # our own command
                [str(ALUR), "dev", "--data", str(self.data), *ports, *self.flags],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.environment,
                start_new_session=True,
            )
        self._wait_until_ready()
        if "authorization" not in self.rest.headers:
            self.rest.headers["authorization"] = f"Bearer {self._make_token()}"

    def _wait_until_ready(self) -> None:
        assert self.process is not None
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                if self.rest.get("/readyz").status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.02)
        raise AssertionError(f"alur dev is not ready: {self.log.read_text()[-2000:]}")

    def _make_token(self) -> str:
        # It is ready a moment before it leaves word in its folder.
        deadline = time.monotonic() + READY_SECONDS
        while not (self.data / "server.json").exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        made = self.cli("token", "create", "--data", str(self.data), "--quiet")
        assert made.returncode == 0, made.stderr
        return made.stdout.strip()

    @property
    def token(self) -> str:
        """Return a token of the owner."""
        return self.rest.headers["authorization"].removeprefix("Bearer ")

    def stop(self) -> int:
        """Ask it to stop and return its exit code."""
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(STOP_SECONDS)

    def pids(self, service: str) -> list[int]:
        """Return the processes of a service, where each service has processes of its own."""
        assert self.process is not None
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [pid for pid in map(int, children.split()) if _runs(pid, service)]

    def said(self, text: str = "") -> list[dict[str, Any]]:
        """Return the lines of its log so far that hold this text."""
        lines = [line for line in self.log.read_text().splitlines() if text in line]
        return [json.loads(line) for line in lines if line[:1] == "{" and line[-1:] == "}"]

    def addresses(self) -> dict[str, str]:
        """Return where its processes answer others, each with its service, as far as they have said so."""
        begun = [one for one in self.said() if one["msg"].endswith((" ready", " listens"))]
        return {one["address"]: one["service"] for one in begun if "address" in one}

    def kill(self) -> None:
        """Kill it with all its children at once, as a power cut would."""
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def cli(self, *arguments: str, feed: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run the command line against it."""
        environment = {**self.environment, "ALUR_SERVER": self.url}
        if "authorization" in self.rest.headers:
            environment["ALUR_TOKEN"] = self.token
        return subprocess.run(  # noqa: S603  # our own command
            [str(ALUR), *arguments],
            input=feed,
            capture_output=True,
            text=True,
            timeout=60,
            env=environment,
            check=False,
        )

    def apply(self, path: Path) -> None:
        """Apply a file or a folder by the command line."""
        done = self.cli("apply", "-f", str(path))
        assert done.returncode == 0, done.stdout + done.stderr

    def hook(self, workflow: str, project: str = "default") -> str:
        """Return the address of the first webhook of a workflow."""
        shown = self.rest.get(f"/api/v1/projects/{project}/workflows/{workflow}").json()
        return next(str(t["url"]) for t in shown["status"]["triggers"] if "url" in t)

    def run(self, workflow: str, items: list[Any], project: str = "default") -> dict[str, Any]:
        """Start an execution and return it as it stands when it ends or waits."""
        answer = self.rest.post(
            f"/api/v1/projects/{project}/workflows/{workflow}/executions", json={"input": items}
        )
        assert answer.status_code == 202, answer.text
        return self.wait_for(answer.json()["id"], *ENDED, "waiting", project=project)

    def wait_for(
        self, execution: str, *statuses: str, project: str = "default", within: float = 30
    ) -> dict[str, Any]:
        """Return an execution once its status is one of these."""
        deadline = time.monotonic() + within
        pause = 0.01
        while True:
            answer = self.rest.get(f"/api/v1/projects/{project}/executions/{execution}")
            assert answer.status_code == 200, answer.text
            shown: dict[str, Any] = answer.json()
            if shown["status"] in statuses:
                return shown
            assert time.monotonic() < deadline, f"{execution} is {shown['status']}"
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
            time.sleep(pause)


def _runs(pid: int, service: str) -> bool:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().endswith(f"\0{service}\0".encode())
    except FileNotFoundError:
        return False


@contextmanager
def alur_dev(
    data: Path, environment: Mapping[str, str] | None = None, flags: Sequence[str] = ()
) -> Iterator[AlurDev]:
    """Yield a ready `alur dev`; kill what is left of it at the end."""
    server = AlurDev(data, environment, flags)
    try:
        server.start()
        yield server
    finally:
        server.kill()
        server.rest.close()
