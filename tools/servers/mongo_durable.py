"""The Rust build of the MongoDB-compatible server, for tests that kill it: every commit is on disk before its answer."""

from __future__ import annotations

from pathlib import Path

from tools.servers import mongo
from tools.servers.cache import is_kept, kept, run
from tools.servers.running import Server, free_port

NAME = "secantus-mdb"
VERSION = "0.5.3-beta.196"


def _build(folder: Path) -> None:
    which = ("--version", VERSION, "--locked", "--ignore-rust-version", NAME)
    run("nice", "-n", "10", "cargo", "install", "-q", "--root", folder, *which)


def get() -> Path:
    """Return its program. Building it takes some ten minutes, once."""
    return kept(NAME, VERSION, _build) / "bin/secantusd-rs"


def version() -> str:
    """Return the version that the program says."""
    return run(get(), "--version").split()[1]


def server(folder: Path) -> Server:
    """Return one on fresh data in this folder, or the Python build where this one was never built.

    Without `--sync-on-commit` it acknowledges writes that a kill undoes. The Python build needs no such flag.
    """
    if not is_kept(NAME, VERSION):
        return mongo.server(folder)
    port = free_port()
    data = folder / "data"
    data.mkdir(parents=True, exist_ok=True)
    places = ("--port", str(port), "--storage-path", str(data))
    limits = ("--cache-size", "512M", "--log-level", "WARNING", "--sync-on-commit")
    return Server(NAME, (str(get()), *places, *limits), folder, port)
