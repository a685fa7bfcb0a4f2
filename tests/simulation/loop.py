"""An event loop in virtual time: nothing waits, nothing comes from outside, and a seed gives the same run again."""

from __future__ import annotations

import asyncio
from typing import Any


class StuckError(Exception):
    """Everything waits and nothing will ever happen again."""


class VirtualLoop(asyncio.BaseEventLoop):
    """Sleeping moves the clock on to the next timer instead of waiting for it."""

    def __init__(self) -> None:
        super().__init__()
        self._seconds = 0.0
        self._selector = self

    def time(self) -> float:
        return self._seconds

    def select(self, timeout: float | None) -> list[Any]:
        """Stand in for the selector: there are no sockets, so only time passes."""
        if timeout is None:
            raise StuckError("nothing is left to happen")
        self._seconds += timeout
        return []

    def _process_events(self, event_list: list[Any]) -> None:
        """There are none."""

    def _write_to_self(self) -> None:
        """There is no other thread to be woken by."""
