"""The operator as a process of its own, as a test wants it: started, killed, started again."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import httpx

from tests.support.alur_dev import ALUR, AlurDev, free_ports

START_SECONDS = 20.0


class Operator:
    """One operator, spoken to by its health and metrics alone."""

    def __init__(
        self, alur: AlurDev, kubeconfig: Path, log: Path, settings: Mapping[str, str] | None = None
    ) -> None:
        self.log = log
        self.health_port, self.metrics_port = free_ports(2)
        self.process: subprocess.Popen[bytes] | None = None
        # One for all that is asked: to make one costs more than to ask.
        self._web = httpx.Client(limits=httpx.Limits(max_keepalive_connections=0))
        self.environment = {
            **os.environ,
            "KUBECONFIG": str(kubeconfig),
            "ALUR_SERVER": alur.url,
            "ALUR_TOKEN": alur.token,
            "ALUR_NAMESPACES": "*",
            "ALUR_WORKER": "operator-of-tests",
            "ALUR_RESYNC_SECONDS": "1",
            "ALUR_HEALTH_PORT": str(self.health_port),
            "ALUR_METRICS_PORT": str(self.metrics_port),
            **(settings or {}),
        }

    def start(self, *, wait: bool = True) -> Operator:
        """Start it; return once it answers that it lives, which it does with the Lease in hand."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603  # our own command
                (str(ALUR), "operator"),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=self.environment, start_new_session=True,
            )  # fmt: skip
        try:
            if wait:
                self.wait_until_it_lives()
        except BaseException:
            self.kill()  # nobody else would
            raise
        return self

    def wait_until_it_lives(self) -> None:
        """Return once its health says so."""
        assert self.process is not None
        until = time.monotonic() + START_SECONDS
        while not self.lives():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < until, self.said()
            time.sleep(0.02)

    def lives(self) -> bool:
        """Whether its health says so."""
        try:
            return self._web.get(f"http://127.0.0.1:{self.health_port}/healthz").status_code == 200
        except httpx.TransportError:
            return False

    def said(self) -> str:
        """Return the end of its log."""
        return self.log.read_text(errors="replace")[-4_000:]

    def metric(self, line: str) -> float:
        """Return the value of a metric with these labels, 0 when it is not told yet."""
        text = self._web.get(f"http://127.0.0.1:{self.metrics_port}/metrics").text
        found = (row.rpartition(" ")[2] for row in text.splitlines() if row.startswith(line))
        return float(next(found, 0))

    @property
    def resident_mebibytes(self) -> float:
        """Return the memory that it has now."""
        assert self.process is not None
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return int(next(row for row in lines if row.startswith("VmRSS:")).split()[1]) / 1024

    @property
    def cpu_seconds(self) -> float:
        """Return the processor time that it has used."""
        assert self.process is not None
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def kill(self) -> None:
        """End it at once."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def stop(self) -> int:
        """Ask it to end and return its exit code."""
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(30)
