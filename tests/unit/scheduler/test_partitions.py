"""Who is to hold which partition, whoever has them now."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from alur_scheduler.domain.partitions import SLOTS, Partition, assigned, moves, slot_of

NAMES = st.sampled_from(["", "a", "b", "c", "d", "e"])
HOLDERS = st.lists(NAMES, min_size=1, max_size=40).map(lambda held: dict(enumerate(held)))
ACTIVE = st.sets(st.sampled_from("abcde"), min_size=1)


def as_partitions(holders: dict[int, str]) -> list[Partition]:
    return [Partition(number, holder, 1, 1) for number, holder in holders.items()]


def test_a_key_stays_in_its_slot_for_ever() -> None:
    assert [slot_of(key) for key in ("", "a", "0193a-b")] == [0, 67, 16]


def test_keys_are_spread_over_all_slots() -> None:
    spread = Counter(slot_of(f"workflow-{n}") for n in range(SLOTS * 100))
    assert len(spread) == SLOTS
    assert max(spread.values()) < 200


@given(HOLDERS, ACTIVE)
def test_everybody_holds_as_many_as_the_others_or_one_more(
    holders: dict[int, str], active: set[str]
) -> None:
    target = assigned(holders, active)
    shares = Counter(dict.fromkeys(active, 0))
    shares.update(target.values())
    assert target.keys() == holders.keys()
    assert shares.keys() == active
    assert max(shares.values()) - min(shares.values()) <= 1


@given(HOLDERS, ACTIVE)
def test_no_more_than_needed_changes_hands(holders: dict[int, str], active: set[str]) -> None:
    target = assigned(holders, active)
    held = Counter(holder for holder in holders.values() if holder in active)
    share, more = divmod(len(holders), len(active))
    largest = sorted((held[name] for name in active), reverse=True)
    kept = sum(min(has, share + (rank < more)) for rank, has in enumerate(largest))
    assert sum(target[number] == holder for number, holder in holders.items()) == kept


@given(HOLDERS, ACTIVE)
def test_what_is_assigned_once_is_assigned_so_again(
    holders: dict[int, str], active: set[str]
) -> None:
    target = assigned(holders, active)
    assert assigned(target, active) == target
    assert assigned(dict(reversed(holders.items())), active) == target


@given(HOLDERS, ACTIVE, st.sets(st.sampled_from("abcde")))
def test_nothing_is_taken_from_those_who_are_present(
    holders: dict[int, str], active: set[str], others: set[str]
) -> None:
    present = active | others
    for me in active:
        due = moves(as_partitions(holders), me, present, active)
        assert all(one.holder not in present for one in due.take)
        assert all(one.holder == me and to in active - {me} for one, to in due.give)


@given(HOLDERS, ACTIVE)
def test_all_who_see_the_same_never_want_the_same(
    holders: dict[int, str], active: set[str]
) -> None:
    wanted = Counter(
        one.number
        for me in active
        for due in [moves(as_partitions(holders), me, active, active)]
        for one in [*due.take, *(one for one, _ in due.give)]
    )
    assert all(count == 1 for count in wanted.values())


@given(HOLDERS, ACTIVE)
def test_one_round_of_moves_leads_to_what_is_assigned(
    holders: dict[int, str], active: set[str]
) -> None:
    after = dict(holders)
    for me in active:
        due = moves(as_partitions(holders), me, active, active)
        after |= {one.number: me for one in due.take}
        after |= {one.number: to for one, to in due.give}
    assert after == assigned(holders, active)
