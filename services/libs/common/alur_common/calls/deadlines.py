"""How long a call may still take: what one service has left is what it gives to the next."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

DEFAULT_SECONDS = 5.0
_until: ContextVar[float | None] = ContextVar("deadline", default=None)


def seconds_left(most: float = DEFAULT_SECONDS) -> float:
    """Return how long a call from here may take: `most`, or what is left of the call that it serves."""
    until = _until.get()
    return most if until is None else max(min(most, until - time.monotonic()), 0.0)


@contextmanager
def within(seconds: float | None) -> Iterator[None]:
    """Serve a call that has so many seconds left; None: no limit."""
    token = _until.set(None if seconds is None else time.monotonic() + seconds)
    try:
        yield
    finally:
        _until.reset(token)
