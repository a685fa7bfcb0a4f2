"""`python -m tools.servers get [name…]|up|down`: get servers, start some in the background, stop them."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import signal
import sys
import time
from pathlib import Path

from tools.servers import (
    collector,
    definitions,
    helm,
    kafka,
    kstatus,
    kubectl,
    kubernetes,
    mongo,
    mongo_durable,
    prometheus,
    s3,
)
from tools.servers.cache import MissingError, cache_folder, temporary_folder

SERVERS = {
    "kafka": kafka,
    "mongo": mongo,
    "s3": s3,
    "collector": collector,
    "prometheus": prometheus,
    "mongo-durable": mongo_durable,
    "kubernetes": kubernetes,
    "kubectl": kubectl,
    "helm": helm,
    "definitions": definitions,
    "kstatus": kstatus,
}


def get(*names: str) -> None:
    """Get those that are missing, all or these, and say what there is."""
    for name in names or SERVERS:
        module = SERVERS[name]
        place, version = module.get(), module.version()
        if not version.startswith(module.VERSION):
            raise MissingError(f"{place} is {version}, not {module.VERSION}: remove it")
        sys.stderr.write(f"{name}: {version}\n")


def up() -> None:
    """Start what a distributed Alur needs on fresh data; print how it is reached, for a shell to evaluate."""
    down()
    folder = temporary_folder()
    broker, documents, blobs = (m.server(folder / m.NAME) for m in (kafka, mongo, s3))
    servers = (broker, documents, blobs)
    try:
        pids = [server.start(outlives_us=True).pid for server in servers]
    except BaseException:
        for server in servers:
            server.stop()
        raise
    _state().parent.mkdir(parents=True, exist_ok=True)
    _state().write_text(json.dumps({"pids": pids, "folder": str(folder)}))
    exports = {
        "ALUR_KAFKA": f"127.0.0.1:{broker.port}",
        "ALUR_MONGO": f"mongodb://127.0.0.1:{documents.port}/alur",
        "ALUR_BLOBS": f"s3://{s3.BUCKET}/blobs",
        **s3.environment(blobs.port),
    }
    for name, value in exports.items():
        sys.stdout.write(f"export {name}={value}\n")


def down() -> None:
    """Stop what `up` started from this tree, and remove its data. It may be called when nothing runs."""
    if not _state().exists():
        return
    state = json.loads(_state().read_text())
    for number in (signal.SIGTERM, signal.SIGKILL):
        _end(state["pids"], state["folder"], number)
    shutil.rmtree(state["folder"], ignore_errors=True)
    _state().unlink()


def _state() -> Path:
    """Where this tree keeps what runs: another one beside it has servers of its own."""
    tree = hashlib.sha256(str(Path(__file__).parents[2]).encode()).hexdigest()[:16]
    return cache_folder() / "up" / f"{tree}.json"


def _end(pids: list[int], folder: str, number: int) -> None:
    until = time.monotonic() + 10
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            if _is_ours(pid, folder):
                os.kill(pid, number)
    while any(_is_ours(pid, folder) for pid in pids) and time.monotonic() < until:
        time.sleep(0.05)


def _is_ours(pid: int, folder: str) -> bool:
    """Whether this is still one of ours, for its number may be another's since: each is told its folder."""
    with contextlib.suppress(OSError):
        return os.fsencode(folder) in Path(f"/proc/{pid}/cmdline").read_bytes()
    return False


if __name__ == "__main__":
    try:
        {"get": get, "up": up, "down": down}[sys.argv[1]](*sys.argv[2:])
    except (MissingError, RuntimeError) as error:
        sys.exit(f"tools.servers: {error}")
