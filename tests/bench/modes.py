"""One process and many side by side: the same workflows on embedded storage, and over Kafka and MongoDB.

Run it as `python -m tests.bench.modes`. CPU is of all of Alur's processes for one execution, that of the servers apart,
at fifty connections; the latency is at one. `ALUR_TEST_MONGO_URL`, `ALUR_TEST_KAFKA` and `ALUR_TEST_S3_URL` are not
heeded: the servers' CPU is measured, so they are ours.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests.bench.load import Figures, chain, cpu_ms, measure
from tests.support.alur_dev import AlurDev, alur_dev
from tools.servers import kafka, mongo_durable, s3
from tools.servers.running import Server

CONNECTIONS = 50
SECONDS = 5.0
EXECUTORS = 2
SERVICES = ("gateway", "scheduler", "executor", "registry")
WORKFLOWS = {
    "ten transforms": chain("ten", 10),
    "ten checkpoints": chain("checkpoints", 10, checkpoint=True),
}


class Mode:
    """A running platform, and the processes that its work is done in."""

    def __init__(self, platform: AlurDev, servers: dict[str, Server]) -> None:
        self.platform = platform
        self._servers = servers

    def processes(self) -> dict[str, list[int]]:
        """Return who takes part, with the process ids."""
        assert self.platform.process is not None
        found = {service: self.platform.pids(service) for service in SERVICES}
        if not any(found.values()):
            found = {"all services": [self.platform.process.pid]}
        return found

    def of_servers(self) -> dict[str, list[int]]:
        """Return the servers, with the process ids."""
        return {name: [server.pid] for name, server in self._servers.items() if server.pid}

    def run(self, hook: str) -> tuple[Figures, float, dict[str, float]]:
        """Return the figures under load, the latency of one caller, and whose CPU it is, in ms an execution."""
        asyncio.run(measure(hook, [], CONNECTIONS, 2.0))  # warms up
        alone = asyncio.run(measure(hook, [], 1, SECONDS))
        parts = {**self.processes(), **self.of_servers()}
        before = {name: cpu_ms(*pids) for name, pids in parts.items()}
        ours = [pid for pids in self.processes().values() for pid in pids]
        loaded = asyncio.run(measure(hook, ours, CONNECTIONS, SECONDS))
        count = loaded.a_second * SECONDS
        shares = {name: (cpu_ms(*pids) - before[name]) / count for name, pids in parts.items()}
        return loaded, alone.p50_ms, shares


def _apply(platform: AlurDev, folder: Path) -> dict[str, str]:
    """Apply the workflows; return what -> the address of its webhook."""
    for document in WORKFLOWS.values():
        path = folder / f"{document['metadata']['name']}.json"
        path.write_text(json.dumps(document))
        platform.apply(path)
    return {what: platform.hook(d["metadata"]["name"]) for what, d in WORKFLOWS.items()}


def _distributed(folder: Path, stack: ExitStack) -> Mode:
    servers = {"Kafka": kafka.server, "store": mongo_durable.server, "blobs": s3.server}
    running = {name: make(folder / name) for name, make in servers.items()}
    for server in running.values():
        server.start()
        stack.callback(server.stop)
    environment = {
        "ALUR_KAFKA": f"127.0.0.1:{running['Kafka'].port}",
        "ALUR_MONGO": f"mongodb://127.0.0.1:{running['store'].port}/alur",
        "ALUR_BLOBS": f"s3://{s3.BUCKET}/bench",
        **s3.environment(running["blobs"].port),
    }
    flags = ("--distributed", "--executors", str(EXECUTORS))
    platform = stack.enter_context(alur_dev(folder / "many", environment, flags))
    return Mode(platform, running)


def main() -> None:
    """Measure and print."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        embedded = Mode(stack.enter_context(alur_dev(folder / "one")), {})
        modes = {"embedded": embedded, "distributed": _distributed(folder, stack)}
        for name, mode in modes.items():
            for what, hook in _apply(mode.platform, folder).items():
                loaded, p50, shares = mode.run(hook)
                sys.stdout.write(
                    f"{name:12} {what:16} {loaded.cpu_ms:6.2f} ms CPU, "
                    f"{loaded.a_second:6,.0f} a second, p50 {p50:5.1f} ms   "
                    + ", ".join(f"{part} {ms:.2f}" for part, ms in shares.items())
                    + "\n"
                )
                sys.stdout.flush()


if __name__ == "__main__":
    main()
