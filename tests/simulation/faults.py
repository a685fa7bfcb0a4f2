"""What may go wrong in a run, drawn from the seed."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Faults:
    """Chances of each fault, at every step where it may strike; times are in virtual seconds."""

    crash: float = 0.0
    """A process dies at a step: before a request leaves, or before its answer is taken."""
    crashes: int = 0
    """So many at most in one run, that it may end."""
    drains: int = 0
    """So many executors leave in good order, as in a rolling restart: they hand back what they run."""
    pause: float = 0.0
    """A process stands still for longer than its lease, and then goes on as if nothing had been."""
    pauses: int = 0
    lost: float = 0.0
    """What a process had sent when it died never reaches the store."""
    refused: float = 0.0
    """The store refuses a write for the moment."""
    unanswered: float = 0.0
    """The store takes a write and says that it did not."""
    repeated: float = 0.0
    """An event is delivered again, later."""
    dropped: float = 0.0
    """An event never arrives."""
    delay: float = 0.0
    """The longest way to the store, the bus or the outside."""
    jump: float = 0.0
    """A clock is wrong by up to so much."""
    jumps: int = 0
    """So many times a clock is set anew while its process runs."""


NONE = Faults()


def drawn(seed: int) -> Faults:
    """Return the faults of a seed: some runs have few, some have all."""
    rng = random.Random(f"faults of {seed}")  # apart from what the case is drawn from
    return Faults(
        crash=rng.choice((0.01, 0.03, 0.1)),
        crashes=rng.randrange(4),
        drains=rng.choice((0, 0, 1, 2)),
        pause=rng.choice((0.0, 0.02, 0.05)),
        pauses=rng.randrange(3),
        lost=0.5,
        refused=rng.choice((0.0, 0.0, 0.03)),
        unanswered=rng.choice((0.0, 0.0, 0.03)),
        repeated=rng.choice((0.0, 0.2, 0.5)),
        dropped=rng.choice((0.0, 0.0, 0.2)),
        delay=rng.choice((0.001, 0.02, 0.5)),
        jump=rng.choice((0.0, 0.0, 5.0)),
        jumps=rng.randrange(4),
    )
