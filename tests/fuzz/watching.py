"""What expressions may not do while they are evaluated in the service's own process, and how it is seen."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from zoneinfo import TZPATH

PID = 987_654_321_987
"""What `os.getpid` says meanwhile: a number that nothing else comes to."""
READABLE = tuple(
    str(Path(str(found.origin)).parent)
    for found in map(find_spec, ("alur_engine", "jmespath", "tzdata"))
    if found is not None
) + tuple(TZPATH)
"""Tables of locales and time zones are read when they are first needed."""
REFUSED = (
    "open", "os.", "subprocess.", "socket.", "ctypes.", "exec", "compile", "import", "marshal.",
    "pickle.", "code.__new__", "function.__new__", "gc.", "shutil.", "tempfile.", "glob.",
    "sys._current_frames", "sys.setprofile", "sys.settrace", "pty.", "fcntl.", "mmap.", "builtins.input",
    "cpython.run_", "signal.", "syslog.", "urllib.", "sqlite3.",
)  # fmt: skip
_seen: list[str] = []
_is_on = False


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    if _is_on and event.startswith(REFUSED) and not _is_data(event, arguments):
        _seen.append(f"{event} {str(arguments)[:200]}")


def _is_data(event: str, arguments: tuple[object, ...]) -> bool:
    return event == "open" and os.path.realpath(str(arguments[0])).startswith(READABLE)


sys.addaudithook(_hook)  # an audit hook (PEP 578) can never be taken away, so it is set once


@contextmanager
def nothing_happens() -> Iterator[list[str]]:
    """Yield what this process does in here that it should not: files, processes, sockets, code, modules."""
    global _is_on  # one process has one hook
    own = os.getpid
    _seen.clear()
    _is_on, os.getpid = True, lambda: PID
    try:
        yield _seen
    finally:
        _is_on, os.getpid = False, own
