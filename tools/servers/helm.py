"""Helm, which renders and installs charts."""

from __future__ import annotations

from pathlib import Path

from tools.servers.cache import kept, run

NAME = "helm"
VERSION = "v3.22.0"


def _build(folder: Path) -> None:
    package = f"helm.sh/helm/v3/cmd/helm@{VERSION}"
    run("nice", "-n", "10", "go", "install", package, GOBIN=str(folder), CGO_ENABLED="0")


def get() -> Path:
    """Return its program."""
    return kept(NAME, VERSION, _build, "a build of a minute, once") / NAME


def version() -> str:
    """Return the version that is written in the program."""
    lines = run("go", "version", "-m", get()).splitlines()
    return next(line.split()[2] for line in lines if line.split()[0] == "mod")
