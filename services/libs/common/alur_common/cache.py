"""Answers of the store kept in memory, never older than the last change that this process made."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from alur_common.clock import Clock

V = TypeVar("V")


class Cache(Generic[V]):
    """The `size` values used last. With `fresh_seconds` a value is asked for again after that time.

    A process that alone writes the store needs no such limit; where others write too, it bounds how long their
    changes may go unseen.
    """

    def __init__(self, clock: Clock, *, size: int, fresh_seconds: float | None) -> None:
        self._clock = clock
        self._size = size
        self._fresh_seconds = fresh_seconds
        self._kept: OrderedDict[str, tuple[V, float]] = OrderedDict()
        self._changes = 0

    def find(self, key: str) -> V | None:
        """Return the value, or None when it is unknown or too old."""
        kept = self._kept.get(key)
        if kept is None:
            return None
        value, at = kept
        if self._fresh_seconds is not None and self._clock.monotonic() - at > self._fresh_seconds:
            del self._kept[key]
            return None
        self._kept.move_to_end(key)
        return value

    async def get(self, key: str, load: Callable[[], Awaitable[V]]) -> V:
        """Return the value, loaded when unknown. What was read while something changed is not kept."""
        known = self.find(key)
        if known is not None:
            return known
        changes, at = self._changes, self._clock.monotonic()
        value = await load()
        if changes == self._changes:
            self._keep(key, value, at)
        return value

    def drop(self, key: str) -> None:
        """Forget one value, because it changed or is about to."""
        self._changes += 1
        self._kept.pop(key, None)

    def clear(self) -> None:
        """Forget everything."""
        self._changes += 1
        self._kept.clear()

    def _keep(self, key: str, value: V, at: float) -> None:
        self._kept[key] = (value, at)
        if len(self._kept) > self._size:
            self._kept.popitem(last=False)
