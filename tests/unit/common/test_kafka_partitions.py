"""What may be committed of a partition: never past a record that has not had its effect."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from alur_common.kafka.partitions import Progress


@given(start=st.integers(0, 1000), order=st.permutations(list(range(12))))
def test_only_the_finished_prefix_may_be_committed(start: int, order: list[int]) -> None:
    progress = Progress()
    for offset in range(12):
        progress.begin(start + offset)
    finished: set[int] = set()
    for offset in order:
        progress.finish(start + offset)
        finished.add(offset)
        prefix = next(n for n in range(13) if n not in finished)
        assert progress.committable() == (start + prefix if prefix else None)
    assert progress.in_flight == 0


def test_what_was_committed_is_not_committed_again() -> None:
    progress = Progress()
    progress.begin(5)
    progress.finish(5)
    progress.committed(6)
    assert progress.committable() is None


def test_holes_in_the_offsets_are_no_records() -> None:
    progress = Progress()
    for offset in (3, 7, 9):
        progress.begin(offset)
    progress.finish(3)
    assert progress.committable() == 7
