"""How code gives way to others: by its share of the processor, and by how soon it is interrupted for them."""

from __future__ import annotations

import ctypes
import os
import struct
from typing import Final

_SCHED_SETATTR: Final = {"x86_64": 314, "aarch64": 274}
_ATTRIBUTES: Final = "=IIQiIQQQ"
"""`struct sched_attr` (sched_setattr(2)) in its first size: all but nice and slice 0."""
_KEEP_POLICY: Final = 0x08
_LIBC: Final = ctypes.CDLL(None)


def give_way(pid: int, nice: int, slice_milliseconds: float) -> None:
    """Give a process (0: this one) that niceness, unless it is nicer, and a slice of 0.1 to 100 milliseconds. Raises `OSError`.

    Whose slice is shorter is served at once when it wakes (Linux 6.12 and later), whatever the shares are; otherwise it may
    wait some milliseconds each time, and a process that is woken ten times for one answer gives it that much later.
    A system that does not know of slices goes by the niceness alone.
    """
    nice = max(nice, os.getpriority(os.PRIO_PROCESS, pid))
    slice_ns = round(slice_milliseconds * 1e6)
    size = struct.calcsize(_ATTRIBUTES)
    attributes = struct.pack(_ATTRIBUTES, size, 0, _KEEP_POLICY, nice, 0, slice_ns, 0, 0)
    if _LIBC.syscall(_SCHED_SETATTR[os.uname().machine], pid, attributes, 0) != 0:
        os.setpriority(os.PRIO_PROCESS, pid, nice)
