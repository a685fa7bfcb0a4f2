"""A server that speaks MongoDB's protocol. Its licence is the GPL, so it is only ever a process of its own."""

from __future__ import annotations

import sys
from pathlib import Path

from tools.servers.cache import kept, run
from tools.servers.running import Server, free_port

NAME = "secantusdb"
VERSION = "0.7.0b3"


def _build(folder: Path) -> None:
    run(sys.executable, "-m", "venv", folder / "venv")
    run(folder / "venv/bin/pip", "install", "-q", f"{NAME}=={VERSION}")


def get() -> Path:
    """Return the folder of its environment."""
    return kept(NAME, VERSION, _build) / "venv"


def version() -> str:
    """Return the version that its environment has."""
    ask = f"from importlib.metadata import version; print(version('{NAME}'))"
    return run(get() / "bin/python", "-c", ask).strip()


def server(folder: Path) -> Server:
    """Return one on fresh data in this folder; its URL is `mongodb://127.0.0.1:<port>`."""
    port = free_port()
    data = folder / "data"
    data.mkdir(parents=True, exist_ok=True)
    program = str(get() / "bin/secantusd-py")
    places = ("--port", str(port), "--storage-path", str(data))
    limits = ("--cache-size", "512M", "--log-level", "WARNING")
    return Server(NAME, (program, *places, *limits), folder, port)
