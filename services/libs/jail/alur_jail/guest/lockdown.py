"""What a runner gives up before code of a user runs: each step is one that cannot be taken back."""

from __future__ import annotations

import ctypes
import math
import os
import resource
from collections.abc import Callable
from typing import Any, Final

from alur_jail.guest.seccomp import program

UID: Final = 65_532
_SET_NO_NEW_PRIVS, _SET_DUMPABLE, _SET_SECCOMP, _CAPBSET_DROP = 38, 4, 22, 24
_CAPABILITY_VERSION: Final = 0x20080522
_FILTER, _LAST_CAPABILITY = 2, 63
_LIBC = ctypes.CDLL(None, use_errno=True)
_PRCTL = _LIBC.prctl


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def become_nobody() -> None:
    """Let go of root, where the jail was built by it: afterwards the process has no capability."""
    if os.getuid() != 0:
        return
    for capability in range(_LAST_CAPABILITY + 1):
        _LIBC.prctl(_CAPBSET_DROP, capability, 0, 0, 0)
    os.setgroups([])
    os.setresgid(UID, UID, UID)
    os.setresuid(UID, UID, UID)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    if _LIBC.capset(header, (ctypes.c_uint32 * 6)()) != 0:
        raise OSError(ctypes.get_errno(), "capset: the capabilities cannot be let go of")


def prepare() -> Callable[[dict[str, Any]], None]:
    """Return what locks a runner, with all made that the warm parent can make for it."""
    code = program(is_starting=False)
    wanted = ctypes.byref(_Program(len(code) // 8, code))
    return lambda limits: _lock(limits, wanted)


def _lock(limits: dict[str, Any], wanted: object) -> None:
    """Take the limits `seconds` (of CPU) and `address_space` (bytes), and the filter of calls.

    Raises `OSError` when one of them cannot be had: then nothing is run.
    """
    _limit(resource.RLIMIT_CPU, math.ceil(limits["seconds"]) + 1)
    _limit(resource.RLIMIT_AS, limits["address_space"])
    _limit(resource.RLIMIT_NPROC, 0)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_MEMLOCK, 0)
    _limit(resource.RLIMIT_MSGQUEUE, 0)
    _limit(resource.RLIMIT_NOFILE, 32)
    _call(_SET_NO_NEW_PRIVS, 1)
    _call(_SET_DUMPABLE, 0)
    _call(_SET_SECCOMP, _FILTER, wanted)


def _limit(which: int, value: int) -> None:
    hard = resource.getrlimit(which)[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(which, (value, value))


def _call(option: int, *arguments: Any) -> None:
    padded = [*arguments, 0, 0, 0, 0][:4]
    if _PRCTL(option, *padded) != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"prctl {option}: {os.strerror(error)}")
