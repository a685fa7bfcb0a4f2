"""The control group of all code of users: what the kernel lets all their runners have together.

Each runner has limits of its own in any case; a group bounds their sum, and is killed in before the machine
is short. It is used where the installation names one: a process does not move others about in groups that
somebody else keeps.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from alur_jail.room import JailSettings, NoJailError

ROOT: Final = Path("/sys/fs/cgroup")
_MIB: Final = 1024 * 1024
_PARENTS: Final = 8
"""Processes beside the runners: their warm parents, and those that end."""
_NEEDED: Final = frozenset({"memory", "pids"})


@dataclass(frozen=True, slots=True)
class Group:
    """A group with its limits; under version 1 it is a folder for each controller."""

    version: int
    folders: tuple[Path, ...]
    told: Path
    memory: int
    processes: int

    def take(self, pid: int) -> None:
        """Move a process in, and with it all that it will fork; raises `NoJailError`."""
        for folder in self.folders:
            _write(folder / "cgroup.procs", pid)

    def kills(self) -> int:
        """Return how often the kernel killed in it because memory ran out."""
        try:
            words = self.told.read_text().split()
        except OSError:
            return 0  # the group has gone, and with it what was killed
        return int(words[words.index("oom_kill") + 1]) if "oom_kill" in words else 0

    def __str__(self) -> str:
        return (
            f"version {self.version}, {self.folders[0]}: all code together has at most "
            f"{self.memory // _MIB} MiB and {self.processes} processes"
        )


def open_group(settings: JailSettings, root: Path = ROOT) -> Group:
    """Make the group that the settings name, where it is not there yet, and set its limits.

    Raises `NoJailError` where that cannot be: limits that were asked for and are not held are none.
    """
    version, memory_folder, pids_folder = _folders(settings.cgroup, root)
    memory = _memory(settings)
    group = Group(
        version,
        tuple(dict.fromkeys((memory_folder, pids_folder))),
        memory_folder / ("memory.oom_control" if version == 1 else "memory.events"),
        memory,
        2 * settings.concurrency + _PARENTS,
    )
    for folder in group.folders:
        _make(folder, version)
    _write(memory_folder / ("memory.limit_in_bytes" if version == 1 else "memory.max"), memory)
    swap = memory_folder / "memory.swap.max"
    if swap.exists():  # version 1 and kernels that do not account for swap have no such file
        _write(swap, 0)
    _write(pids_folder / "pids.max", group.processes)
    return group


def what_there_is(root: Path = ROOT) -> str:
    """Return which control groups this machine has, and whether this process may make some."""
    version = _version(root)
    if version == 0:
        return "this machine shows none with memory and processes"
    top = root / "memory" if version == 1 else root
    may = "may" if os.access(top, os.W_OK) else "may not"
    return f"version {version} is here, and this user {may} make groups at its top"


def _version(root: Path) -> int:
    if all((root / name / "cgroup.procs").exists() for name in _NEEDED):
        return 1
    controllers = root / "cgroup.controllers"
    return 2 if controllers.exists() and set(controllers.read_text().split()) >= _NEEDED else 0


def _folders(name: str, root: Path) -> tuple[int, Path, Path]:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise _refusal(f"{name!r} is no path below {root}, such as `alur/code`")
    version = _version(root)
    if version == 0:
        raise _refusal(what_there_is(root))
    if version == 1:
        return 1, root / "memory" / path, root / "pids" / path
    return 2, root / path, root / path


def _make(folder: Path, version: int) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _refusal(f"{folder} cannot be made: {error.strerror}") from error
    if version == 2 and not (folder / "memory.max").exists():  # noqa: PLR2004  cgroup v2
        _write(folder.parent / "cgroup.subtree_control", "+memory +pids")


def _memory(settings: JailSettings) -> int:
    """Return what all code may have: half of the machine, unless so many runs cannot even use that."""
    half = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    largest = settings.largest_memory
    return max(min(half, settings.concurrency * largest), largest)


def _write(file: Path, value: object) -> None:
    try:
        with file.open("r+") as opened:  # the kernel makes these files, we never do
            opened.write(str(value))
    except OSError as error:
        raise _refusal(f"{file} cannot be written: {error.strerror}") from error


def _refusal(reason: str) -> NoJailError:
    return NoJailError(
        f"code is refused: its control group cannot be had ({reason}); delegate one to this user, "
        "or leave `ALUR_CODE_CGROUP` empty"
    )
