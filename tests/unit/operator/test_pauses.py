"""What fails is tried again later each time, and not all of it at once."""

from __future__ import annotations

from itertools import pairwise
from statistics import mean

import pytest

from alur_operator.adapters.handlers import SLOWEST_SECONDS, pause_before


def test_each_pause_is_longer_up_to_half_a_minute() -> None:
    pauses = [mean(pause_before(retry) for _ in range(2_000)) for retry in range(12)]
    assert pauses[0] == pytest.approx(0.5, rel=0.1)
    assert all(later > 1.5 * sooner for sooner, later in pairwise(pauses[:8]))
    assert pauses[-1] == pytest.approx(SLOWEST_SECONDS, rel=0.1)


def test_objects_that_failed_together_are_tried_apart() -> None:
    pauses = [pause_before(9) for _ in range(1_000)]
    assert max(pauses) - min(pauses) > SLOWEST_SECONDS / 2
    assert max(pauses) <= 1.3 * SLOWEST_SECONDS


def test_what_has_failed_for_months_is_tried_still() -> None:
    assert pause_before(1_000_000) <= 1.3 * SLOWEST_SECONDS
