"""A clock that stands still until it is told to go on."""

from __future__ import annotations


class FakeClock:
    """A `Clock` for tests; it starts at 2026-01-31T12:00:00Z."""

    def __init__(self, now: float = 1769860800.0) -> None:
        self.time = now
        self.set_back_by = 0.0

    def now(self) -> float:
        return self.time - self.set_back_by

    def monotonic(self) -> float:
        return self.time

    def advance(self, seconds: float) -> None:
        self.time += seconds

    def set_back(self, seconds: float) -> None:
        """Let it show an earlier time, as when a clock is corrected; monotonic time goes on."""
        self.set_back_by += seconds
