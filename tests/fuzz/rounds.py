"""One round: attacks on the compiler, then the same ones in the jail."""

from __future__ import annotations

from hypothesis import HealthCheck, given, seed, settings

from tests.fuzz.attacks import ATTACKS
from tests.fuzz.expressions import broken_by
from tests.fuzz.jailed import broken_in_the_jail
from tests.support.canary import Canary
from tests.support.jail import Cell

_AT_ONCE = 50
"""Of one request to the jail: one that never ends, or spoils what is built in, takes no more with it."""


async def play(number: int, examples: int, cell: Cell, canary: Canary) -> None:
    """Raise `AssertionError`, or what the compiler raised, with the smallest attack that does it."""
    sources: list[str] = []

    @seed(number)
    @settings(
        max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(ATTACKS)
    def attack(source: str) -> None:
        sources.append(source)
        broken = broken_by(canary.named(source), canary)
        assert broken == [], broken

    attack()
    distinct = list(dict.fromkeys(sources))
    for start in range(0, len(distinct), _AT_ONCE):
        batch = distinct[start : start + _AT_ONCE]
        found = await broken_in_the_jail(cell, batch, canary)
        assert found == [], (found, batch)
