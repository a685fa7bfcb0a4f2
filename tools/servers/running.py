"""A server as a process: started, waited for, killed, started again on the same data."""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

READY_SECONDS = 60.0
_LEASH = Path(__file__).with_name("leash.py")


# Below what systems give to connections: any connection could take such a port between its choice and its use.
_LOWEST, _HIGHEST = 20_000, 32_000
_turns = itertools.count(os.getpid() * 101)


def free_port() -> int:
    """Return a TCP port that is free on loopback now; no two calls of one process return the same."""
    while True:
        port = _LOWEST + next(_turns) % (_HIGHEST - _LOWEST)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def accepts(port: int) -> bool:
    """Whether somebody listens there."""
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@dataclass
class Server:
    """One server on loopback. Its log is beside its data; its port stays the same over restarts."""

    name: str
    command: Sequence[str]
    folder: Path
    port: int
    environment: Mapping[str, str] = field(default_factory=dict)
    is_ready: Callable[[Server], bool] = lambda server: accepts(server.port)
    _process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The number of its process while it runs."""
        return self._process.pid if self._process else None

    def start(self, *, outlives_us: bool = False) -> Server:
        """Start it and wait until it is ready; it dies with this process unless it is to outlive it.

        Call it in a thread that lasts: the kernel takes the end of the thread for that of the process.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        leash = () if outlives_us else (sys.executable, "-IS", str(_LEASH), str(os.getpid()))
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603  # the commands of this package
                (*leash, *self.command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **self.environment},
                start_new_session=True,
            )
        self.wait_ready()
        return self

    def wait_ready(self) -> None:
        """Return once it takes connections; end it and raise `RuntimeError` with its log when it does not."""
        until = time.monotonic() + READY_SECONDS
        while not self.is_ready(self):
            if not self._runs() or time.monotonic() > until:
                self.kill()
                said = (self.folder / "log").read_text(errors="replace")[-2000:]
                raise RuntimeError(f"{self.name} does not start: {said}")
            time.sleep(0.02)

    def _runs(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """End it at once, by SIGKILL."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self, within_seconds: float = 10) -> None:
        """Ask it to end, and end it when it does not in time."""
        if self._process is None:
            return
        self._process.terminate()
        self.go_on()
        try:
            self._process.wait(within_seconds)
        except subprocess.TimeoutExpired:
            self.kill()
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
