"""The memory of a process that has started: what it has loaded stays, and every execution walks through it."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_HUGE: Final = 2 << 20
"""Bytes of a huge page."""
_MAPS: Final = Path("/proc/self/maps")
_COLLAPSE: Final = 25
"""MADV_COLLAPSE of madvise(2), which Linux has since 6.1."""
GATHERS_AFTER_SECONDS: Final = 10.0
"""One that has just come back has more urgent things to do."""


def settle() -> None:
    """Keep what start-up loaded out of the search for cycles, and a while later in huge pages; once work comes."""
    gc.freeze()  # now: what is dropped in a circle under load would stay for ever
    loop = asyncio.get_running_loop()
    loop.call_later(GATHERS_AFTER_SECONDS, loop.run_in_executor, None, gather)


def gather() -> None:
    """Have the kernel put this process's memory into huge pages, where it has them.

    Code, types and what is kept for later are spread over tens of MiB; in pages of 4 KiB the processor spends about a
    tenth of an execution on finding them, more where other machines share its caches. A kernel that gathers no pages
    leaves all as it was.
    """
    if sys.platform != "linux":
        return
    madvise = ctypes.CDLL(None).madvise
    madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    for start, end in whole_pages(_MAPS.read_text()):
        madvise(start, end - start, _COLLAPSE)


def whole_pages(maps: str) -> Iterator[tuple[int, int]]:
    """Yield, of a process's own memory, what fills huge pages; `maps` is as proc_pid_maps(5) says."""
    for line in maps.splitlines():
        places, rights, _, _, inode, *name = line.split(maxsplit=5)
        if rights != "rw-p" or inode != "0" or name not in ([], ["[heap]"]):
            continue
        first, last = (int(place, 16) for place in places.split("-"))
        start, end = -(-first // _HUGE) * _HUGE, last // _HUGE * _HUGE
        if start < end:
            yield start, end
