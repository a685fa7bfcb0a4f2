"""Where servers are kept: outside the tree, by name and version, whole or not at all."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path


class MissingError(Exception):
    """A server cannot be had here: a tool is missing, or a registry did not answer. The message says which."""


def cache_folder() -> Path:
    """Return the folder of all servers: `ALUR_CACHE`, else below the user's cache."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("ALUR_CACHE") or Path(home) / "alur") / "servers"


def kept(name: str, version: str, build: Callable[[Path], None], note: str = "") -> Path:
    """Return the folder of this version, built when it is missing; the note says what to expect. Two who ask build it once.

    It is built where it stays, for some programs know their place; the mark that is made last
    tells a whole one from what an interrupted build left.
    """
    folder = cache_folder() / name / version
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / f".{version}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_kept(name, version):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            sys.stderr.write(f"getting {name} {version}{f' ({note})' if note else ''}\n")
            build(folder)
            (folder / ".complete").touch()
    return folder


def is_kept(name: str, version: str) -> bool:
    """Whether it is there, whole."""
    return (cache_folder() / name / version / ".complete").exists()


def run(*command: str | Path, cwd: Path | None = None, **environment: str) -> str:
    """Run a command and return what it printed, or raise `MissingError` with what it said."""
    try:
        done = subprocess.run(  # noqa: S603  # the commands of this package
            [str(part) for part in command],
            cwd=cwd,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=True,
        )
    except FileNotFoundError as error:
        raise MissingError(f"{command[0]} is missing, and it is needed to get a server") from error
    except subprocess.CalledProcessError as error:
        said = f"{error.stdout[-2000:]}{error.stderr[-2000:]}"
        raise MissingError(f"{' '.join(map(str, command))} failed:\n{said}") from error
    return done.stdout


def temporary_folder(within: Path | None = None) -> Path:
    """Return a new folder for data that nobody will miss."""
    return Path(tempfile.mkdtemp(prefix="alur-server-", dir=within))
