"""What processor time something takes, told so that it holds on a busy or slow machine too, and while coverage is asked for."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
YARD_SECONDS = 0.012
"""What the yardstick takes on the machine whose seconds are told."""

LINEAR = 9.0
"""Four times the input takes four times the time where it is linear, sixteen where it is quadratic."""


def growth(work: Callable[[int], object], size: int) -> float:
    """Return how many times longer `work` takes for four times the size: the shortest of three tries each."""
    return _shortest(work, 4 * size) / _shortest(work, size)


def _shortest(work: Callable[[int], object], size: int) -> float:
    taken = []
    for _ in range(3):
        begun = time.thread_time()
        work(size)
        taken.append(time.thread_time() - begun)
    return min(taken)


def taken_by(work: Callable[[], T]) -> tuple[T, float]:
    """Return what it comes to, and the processor time that it takes, in seconds of one machine, whatever this one is."""
    tracing = sys.gettrace()
    sys.settrace(None)
    try:
        value, seconds = _seconds_of(work)
        if seconds < YARD_SECONDS:
            return value, seconds
        yard = _seconds_of(lambda: sum(range(1_000_000)))[1]
    finally:
        sys.settrace(tracing)
    return value, seconds * min(YARD_SECONDS / yard, 1)


def _seconds_of(work: Callable[[], T]) -> tuple[T, float]:
    begun = time.thread_time()
    return work(), time.thread_time() - begun
