"""Time zones by the names of the IANA data base."""

from __future__ import annotations

from zoneinfo import ZoneInfo

_OF_THE_MACHINE = frozenset({"Factory", "localtime", "posixrules"})
_COPIES = ("posix/", "right/")


def is_time_zone(name: str) -> bool:
    """Return whether it is a name that means the same everywhere: a machine's files may hold others, as `localtime`."""
    if name in _OF_THE_MACHINE or name.startswith(_COPIES):
        return False
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # `ZoneInfoNotFoundError` is a `KeyError`
        return False
    return True
