"""A clock that stands still until it is told to go on."""

from __future__ import annotations


class FakeClock:
    """A `Clock` for tests; it starts at 2026-01-31T12:00:00Z."""

    def __init__(self, now: float = 1769860800.0) -> None:
        self.time = now

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time

    def advance(self, seconds: float) -> None:
        self.time += seconds
