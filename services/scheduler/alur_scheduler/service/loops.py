"""The loops of a scheduler: none of them ends, whatever its work runs into."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from alur_common.clock import Clock
from alur_common.telemetry.logs import get_logger

Work = Callable[[], Awaitable[float | int | None]]
SWEEP_SECONDS = 1.0
_log = get_logger("alur.scheduler")


async def guarded(work: Work) -> float | None:
    """Do a piece of work; whatever fails, a store for a while or a fault of ours, is told and tried again with the next."""
    try:
        return await work()
    except Exception:  # noqa: BLE001  # no loop of a scheduler may end
        name = getattr(work, "__qualname__", "work")
        _log.exception("scheduler work failed", work=name)
        return None


async def every(seconds: float, work: Work) -> None:
    """Do the work, then sleep so long, again and again."""
    while True:
        await guarded(work)
        await asyncio.sleep(seconds)


async def whenever_due(work: Work, sooner: asyncio.Event, clock: Clock) -> None:
    """Do the work, then sleep until the time at which it says that it is due again, a second at most by any clock."""
    while True:
        sooner.clear()
        latest = clock.monotonic() + SWEEP_SECONDS
        due = await guarded(work)
        pause = latest - clock.monotonic()
        if due is not None:
            pause = min(pause, due - clock.now())
        with suppress(TimeoutError):
            async with asyncio.timeout(max(pause, 0.001)):
                await sooner.wait()
