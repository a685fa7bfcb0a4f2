from __future__ import annotations

from alur_executor.domain.pauses import LONGEST_PAUSE_SECONDS, pause_before


def test_each_pause_is_twice_the_one_before_up_to_the_longest() -> None:
    assert [pause_before(breaks) for breaks in range(6)] == [0.2, 0.4, 0.8, 1.6, 3.2, 5.0]


def test_a_store_that_is_away_for_days_is_waited_for() -> None:
    assert pause_before(100_000) == LONGEST_PAUSE_SECONDS
