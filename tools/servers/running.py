"""A server as a process: started, waited for, killed, started again on the same data."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

READY_SECONDS = 60.0
_PR_SET_PDEATHSIG = 1


def free_port() -> int:
    """Return a TCP port that is free on loopback now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def accepts(port: int) -> bool:
    """Whether somebody listens there."""
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


@dataclass
class Server:
    """One server on loopback. Its log is beside its data."""

    name: str
    command: Sequence[str]
    folder: Path
    port: int
    environment: Mapping[str, str] = field(default_factory=dict)
    is_ready: Callable[[Server], bool] = lambda server: accepts(server.port)
    pid: int | None = None
    _process: subprocess.Popen[bytes] | None = None

    def start(self, *, outlives_us: bool = False) -> Server:
        """Start it and wait until it takes connections; it dies with this process unless it is to outlive it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603  # the commands of this package
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **self.environment},
                start_new_session=True,
                preexec_fn=None if outlives_us else _die_with_parent,  # noqa: PLW1509  # no threads yet
            )
        self.pid = self._process.pid
        self._wait()
        return self

    def _wait(self) -> None:
        until = time.monotonic() + READY_SECONDS
        while not self.is_ready(self):
            if (
                self._process is None
                or self._process.poll() is not None
                or time.monotonic() > until
            ):
                said = (self.folder / "log").read_text(errors="replace")[-2000:]
                raise SystemExit(f"{self.name} does not start: {said}")
            time.sleep(0.05)

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        """Ask it to end, and end it when it does not within a while."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def pause(self) -> None:
        """Let it stand still."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        if self._process is not None:
            self._process.send_signal(number)
