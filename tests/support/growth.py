"""How the processor time of something grows with its input: what holds on a busy machine too, unlike seconds."""

from __future__ import annotations

import time
from collections.abc import Callable

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
