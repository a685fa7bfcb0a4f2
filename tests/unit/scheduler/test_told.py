"""What nobody takes up is told again, less and less often."""

from __future__ import annotations

import itertools

from alur_scheduler.domain.told import LONGEST_SECONDS, Told


def times(told: Told, until: int) -> list[int]:
    return [now for now in range(until) if told.is_due("a", float(now))]


def test_intervals_grow_up_to_a_limit() -> None:
    told = times(Told(), 400)
    assert told[:6] == [0, 1, 3, 7, 15, 31]
    assert {b - a for a, b in itertools.pairwise(told[7:])} == {LONGEST_SECONDS}


def test_what_went_on_by_itself_is_news_when_it_comes_again() -> None:
    told = Told()
    assert told.is_due("a", 0.0)
    told.forget_unseen()
    told.forget_unseen()
    assert told.is_due("a", 0.1)


def test_what_is_still_there_is_remembered() -> None:
    told = Told()
    for now in (0.0, 0.1, 0.2):
        told.is_due("a", now)
        told.forget_unseen()
    assert not told.is_due("a", 0.3)


def test_after_a_death_all_is_told_anew() -> None:
    told = Told()
    assert told.is_due("a", 0.0)
    told.forget_all()
    assert told.is_due("a", 0.1)
