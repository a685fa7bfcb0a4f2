"""How many objects are handled at once; the others wait, in the order in which they came."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager


class Turns:
    """Turns for each kind of object: a thousand workflows hold no run up."""

    def __init__(self, limit: int, now: Callable[[], float]) -> None:
        self._limit = limit
        self._now = now
        self._free: dict[str, asyncio.Semaphore] = {}
        self._since: dict[str, dict[object, float]] = {}

    def depth(self, kind: str) -> int:
        """Return how many wait for their turn."""
        return len(self._since.get(kind, ()))

    def oldest_seconds(self, kind: str) -> float:
        """Return for how long the first of them has been waiting, 0 when none waits."""
        waiting = self._since.get(kind)
        return self._now() - next(iter(waiting.values())) if waiting else 0.0

    @asynccontextmanager
    async def taken(self, kind: str) -> AsyncIterator[float]:
        """Wait for a turn, yield how long that took, and give it to the next at the end."""
        free = self._free.setdefault(kind, asyncio.Semaphore(self._limit))
        waiting = self._since.setdefault(kind, {})
        ticket, came = object(), self._now()
        waiting[ticket] = came
        try:
            await free.acquire()
        finally:
            del waiting[ticket]
        try:
            yield self._now() - came
        finally:
            free.release()
