"""`python -m tools.servers get|up|down`: get all servers, start them in the background, stop them."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import time
from pathlib import Path

from tools.servers import kafka, mongo, s3
from tools.servers.cache import cache_folder, temporary_folder

SERVERS = {"kafka": kafka, "mongo": mongo, "s3": s3}
STATE = "running.json"


def get() -> None:
    """Get what is missing, and say what there is."""
    for name, module in SERVERS.items():
        module.get()
        sys.stderr.write(f"{name}: {module.version()}\n")


def up() -> None:
    """Start all on fresh data and print how they are reached, as lines that a shell can evaluate."""
    down()
    folder = temporary_folder()
    started = {name: module.server(folder / name) for name, module in SERVERS.items()}
    state = cache_folder() / STATE
    pids: list[int] = []
    for server in started.values():
        server.start(outlives_us=True)
        pids.append(server.pid or 0)
        state.write_text(json.dumps({"pids": pids, "folder": str(folder)}))
    exports = {
        "ALUR_KAFKA": f"127.0.0.1:{started['kafka'].port}",
        "ALUR_MONGO": f"mongodb://127.0.0.1:{started['mongo'].port}/alur",
        "ALUR_BLOBS": f"s3://{s3.BUCKET}/blobs",
        **s3.environment(started["s3"].port),
    }
    for name, value in exports.items():
        sys.stdout.write(f"export {name}={value}\n")


def down() -> None:
    """Stop what `up` started."""
    state = cache_folder() / STATE
    if not state.exists():
        return
    pids = json.loads(state.read_text())["pids"]
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in filter(_runs_a_server, pids):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        until = time.monotonic() + 10
        while any(map(_runs_a_server, pids)) and time.monotonic() < until:
            time.sleep(0.1)
    state.unlink()


def _runs_a_server(pid: int) -> bool:
    """Whether this is still one of ours: a number may have gone to another process since."""
    with contextlib.suppress(OSError):
        shown = Path(f"/proc/{pid}/cmdline").read_bytes()
        return any(word in shown for word in (b"kafka.Kafka", b"secantusd", b"versitygw"))
    return False


if __name__ == "__main__":
    {"get": get, "up": up, "down": down}[sys.argv[1]]()
