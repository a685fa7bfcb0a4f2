"""Where the command line keeps its things, by the XDG base directory specification."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path


def data_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return where `alur dev` keeps its data unless told otherwise."""
    named = environment.get("ALUR_DATA")
    return Path(named) if named else _home(environment, "XDG_DATA_HOME", ".local/share")


def config_file(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the file of contexts."""
    named = environment.get("ALUR_CONFIG")
    return (
        Path(named) if named else _home(environment, "XDG_CONFIG_HOME", ".config") / "config.yaml"
    )


def known_servers(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the file that lists the data folders of local servers, the newest last."""
    return _home(environment, "XDG_STATE_HOME", ".local/state") / "servers"


def _home(environment: Mapping[str, str], variable: str, default: str) -> Path:
    base = environment.get(variable)
    # The specification: a relative path is invalid and is to be ignored.
    folder = Path(base) if base and Path(base).is_absolute() else Path.home() / default
    return folder / "alur"


def write_private(path: Path, content: str) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(content)
    draft.replace(path)
