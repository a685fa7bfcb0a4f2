"""Schedulers come, go, die and wake up again: each partition has one holder, and its fence only grows."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from alur_scheduler.domain.partitions import slot_of
from alur_scheduler.service.sharing import LEASE_SECONDS
from alur_sdk.errors import UnavailableError
from tests.unit.scheduler.schedulers import COUNT, Schedulers, keys

FAIL_OVER_SECONDS = 6


async def test_one_alone_holds_everything_at_once() -> None:
    world = Schedulers()
    only = await world.begin("a")
    assert world.fences() == dict.fromkeys(range(COUNT), 1)
    assert list(only.slots) == list(range(256))


async def test_a_newcomer_gets_its_share_from_those_who_have_too_much() -> None:
    world = Schedulers()
    await world.begin("a")
    await world.begin("b")
    assert world.held() == {"a": 16, "b": 0}
    await world.go_on(3)
    assert world.held() == {"a": 8, "b": 8}
    await world.begin("c")
    await world.go_on(3)
    assert sorted(world.held().values()) == [5, 5, 6]
    assert len(world.fences()) == COUNT
    assert {meter.held for meter in world.meters.values()} == {5, 6}


async def test_what_has_found_its_place_stays_there() -> None:
    world = Schedulers()
    for name in "abc":
        await world.begin(name)
    await world.go_on(5)
    before = world.fences()
    await world.go_on(60)
    assert world.fences() == before


async def test_what_a_dead_one_held_is_taken_within_seconds_under_a_greater_fence() -> None:
    world = Schedulers()
    for name in "abc":
        await world.begin(name)
    await world.go_on(5)
    before = world.fences()
    dead = world.stop("a")
    lost = world.fences(dead).keys()
    await world.go_on(FAIL_OVER_SECONDS)
    after = world.fences()
    assert world.held() == {"b": 8, "c": 8}
    assert all((after[n] > before[n]) is (n in lost) for n in range(COUNT))


async def test_one_that_leaves_is_followed_at_once() -> None:
    world = Schedulers()
    first = await world.begin("a")
    await world.begin("b")
    await world.go_on(3)
    await world.stop("a").leave()
    assert world.fences(first) == {}
    await world.go_on(1)
    assert world.held() == {"b": 16}


async def test_one_that_stood_still_knows_by_its_own_clock_that_nothing_is_its_own() -> None:
    world = Schedulers()
    stopped = await world.begin("a")
    world.clock.advance(LEASE_SECONDS - 0.1)
    assert len(world.fences(stopped)) == COUNT
    world.clock.advance(0.1)
    assert world.fences(stopped) == {}
    assert list(stopped.slots) == []
    await stopped.turn()
    assert world.fences(stopped) == dict.fromkeys(range(COUNT), 1)


async def test_one_that_stood_still_too_long_is_refused_and_says_so_once() -> None:
    world = Schedulers()
    await world.begin("a")
    await world.begin("b")
    await world.go_on(3)
    stopped = world.stop("a")
    await world.go_on(20)
    with capture_logs() as logs:
        await world.wake("a", stopped)
    assert world.held() == {"b": 16, "a": 0}
    assert world.meters["a"].refusals == {"lease": 1}
    assert [line["log_level"] for line in logs if "refused" in line["event"]] == ["warning"]
    await world.go_on(4)
    assert world.held() == {"b": 8, "a": 8}
    assert world.meters["a"].refusals == {"lease": 1}


async def test_a_store_that_fails_for_a_while_is_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = Schedulers()
    only = await world.begin("a")

    async def away(*_: object, **__: object) -> None:
        raise UnavailableError("the store is out of reach")

    with monkeypatch.context() as patch:
        patch.setattr(world.documents, "find", away)
        with pytest.raises(UnavailableError):
            await world.go_on(1)
    await world.go_on(1)
    assert world.fences() == dict.fromkeys(range(COUNT), 1)
    assert only.since == world.clock.now() - 2


async def test_who_comes_back_under_its_name_goes_on_at_once() -> None:
    world = Schedulers()
    await world.begin("a-1", name="a")
    world.stop("a-1")
    await world.begin("a-2", name="a")
    assert world.fences() == dict.fromkeys(range(COUNT), 2)


async def test_who_comes_back_without_a_name_waits_until_its_former_self_is_known_to_be_dead() -> (
    None
):
    world = Schedulers()
    await world.begin("a-1")
    world.stop("a-1")
    await world.begin("a-2")
    assert world.held() == {"a-2": 0}
    await world.go_on(FAIL_OVER_SECONDS)
    assert world.fences() == dict.fromkeys(range(COUNT), 2)


async def test_nothing_was_missed_while_another_was_there() -> None:
    world = Schedulers()
    first = await world.begin("a")
    begun = first.since
    await world.go_on(100)
    second = await world.begin("b")
    assert second.since == begun + 100
    await world.go_on(2)
    assert second.since == begun
    world.stop("a")
    await world.go_on(10)
    third = await world.begin("c")
    await world.go_on(2)
    assert third.since == begun


async def test_who_restarts_beside_others_takes_nothing_before_it_knows_since_when_they_work() -> (
    None
):
    world = Schedulers()
    begun = (await world.begin("a-1", name="a")).since
    await world.begin("b-1", name="b")
    await world.go_on(30)
    world.stop("a-1")
    again = await world.begin("a-2", name="a")
    assert world.fences(again) == {}
    await world.go_on(3)
    assert len(world.fences(again)) == COUNT // 2
    assert again.since == begun


async def test_after_all_were_dead_what_was_due_meanwhile_was_missed() -> None:
    world = Schedulers()
    await world.begin("a")
    await world.go_on(10)
    world.stop("a")
    world.clock.advance(3600)
    second = await world.begin("b")
    await world.go_on(10)
    assert second.since == world.clock.now() - 10
    assert len(world.fences()) == COUNT


async def test_a_refusal_is_counted_each_time_and_said_once() -> None:
    world = Schedulers()
    only = await world.begin("a")
    with capture_logs() as logs:
        only.refused("schedule", "uid", 7)
        only.refused("schedule", "uid", 7)
    assert world.meters["a"].refusals == {"schedule": 2}
    assert [(line["key"], line["fence"]) for line in logs] == [("uid", 7)]


async def test_who_holds_a_partition_whose_documents_are_ahead_goes_ahead_of_them() -> None:
    world = Schedulers()
    only = await world.begin("a")
    key = list(keys())[3]
    only.refused("schedule", key, 40)
    await world.go_on(1)
    assert only.fence_of(key) == 41
    assert sorted(world.fences().values()) == [1] * (COUNT - 1) + [41]


async def test_another_number_of_partitions_needs_no_other_documents() -> None:
    world = Schedulers(count=16)
    await world.begin("a")
    await world.stop("a").leave()
    world.count = 32
    await world.begin("b")
    assert len(world.fences()) == 32
    assert slot_of("x") % 32 % 16 == slot_of("x") % 16
