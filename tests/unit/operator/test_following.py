"""Runs are looked at in time, and one never keeps the others from it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest

from alur_operator.domain.status import kubernetes_time
from alur_operator.ports import Cluster
from alur_operator.service.following import SLOWEST_SECONDS, Following
from tests.support.virtual_time import in_virtual_time
from tests.unit.operator.objects import Object, execution, run
from tests.unit.operator.outside import NOON, Several, keeper_by, reasons


def now() -> float:
    return NOON + asyncio.get_running_loop().time()


@asynccontextmanager
async def following(outside: Several) -> AsyncIterator[Following]:
    """Follow runs from noon on, when the runs of these tests are made."""
    made = Following(keeper_by(outside, now), cast(Cluster, outside), now)
    looking = asyncio.create_task(made.run())
    yield made
    assert not looking.done(), "it goes on whatever happens"
    looking.cancel()


def began_at_noon(status: str = "waiting", **changes: Any) -> Object:
    return execution(status, startedAt=kubernetes_time(NOON), **changes)


def ended(**spec: Any) -> Object:
    """Return a run that ended at noon."""
    body = run("Succeeded", **spec)
    body["status"]["completionTime"] = kubernetes_time(NOON)
    return body


@in_virtual_time
async def test_a_time_to_live_that_is_changed_afterwards_is_the_one_that_counts() -> None:
    outside = Several()
    async with following(outside) as followed:
        followed.take(ended(ttlAfterFinished="PT20S"))
        followed.take(ended(ttlAfterFinished="PT1H"))
        await asyncio.sleep(3_599)
        assert outside.deleted == []
        await asyncio.sleep(2)
        assert outside.deleted == ["one"]
        assert len(followed) == 0


@in_virtual_time
async def test_a_time_to_live_that_is_changed_while_it_runs_is_the_one_that_counts() -> None:
    outside = Several(began_at_noon())
    async with following(outside) as followed:
        followed.take(run("Waiting", ttlAfterFinished="PT1S"))
        await asyncio.sleep(10)
        followed.take(run("Waiting", ttlAfterFinished="P1D"))
        outside.known["e-1"] |= {"status": "succeeded", "finishedAt": kubernetes_time(NOON + 10)}
        await asyncio.sleep(80_000)
        assert outside.deleted == []
        await asyncio.sleep(10_000)
        assert outside.deleted == ["one"]


@in_virtual_time
async def test_what_is_changed_during_a_look_is_kept() -> None:
    class Slow(Several):
        async def find_execution(self, namespace: str, execution_id: str) -> Object | None:
            await asyncio.sleep(1)
            return await super().find_execution(namespace, execution_id)

    outside = Slow(began_at_noon("succeeded", finishedAt=kubernetes_time(NOON)))
    async with following(outside) as followed:
        followed.take(run("Waiting", ttlAfterFinished="PT5S"))
        await asyncio.sleep(1)
        followed.take(run("Waiting", ttlAfterFinished="PT1H"))
        await asyncio.sleep(3_500)
        assert outside.deleted == []


@in_virtual_time
async def test_a_deletion_that_fails_is_tried_again_later_each_time() -> None:
    class Closed(Several):
        tries = 0

        async def delete_run(self, _namespace: str, _name: str, _uid: str) -> None:
            self.tries += 1
            raise TypeError("unexpected")

    outside = Closed()
    async with following(outside) as followed:
        followed.take(ended(ttlAfterFinished="PT0S"))
        await asyncio.sleep(60)
        assert 5 < outside.tries < 25


@in_virtual_time
async def test_what_fails_in_one_run_is_told_on_it_and_keeps_no_other_from_being_followed() -> None:
    class Odd(Several):
        async def find_execution(self, namespace: str, execution_id: str) -> Object | None:
            if execution_id == "e-odd":
                raise ValueError("'P40000D' is longer than a century")
            return await super().find_execution(namespace, execution_id)

    odd = run("Waiting")
    odd["metadata"] |= {"uid": "r-odd", "name": "odd"}
    odd["status"]["executionId"] = "e-odd"
    outside = Odd(began_at_noon("running"))
    async with following(outside) as followed:
        followed.take(odd)
        await asyncio.sleep(100)
        followed.take(run("Waiting"))
        await asyncio.sleep(1)
        first, second = outside.statuses
        assert (first["phase"], reasons(first)["Reconciling"]) == (
            "Waiting",
            ("True", "NotFollowed"),
        )
        assert first["message"] == "ValueError: 'P40000D' is longer than a century"
        assert second["phase"] == "Running"
        assert len(followed) == 2


@pytest.mark.parametrize("seconds", [18, 600, 7_200])
def test_an_execution_is_cut_off_when_its_time_is_over(seconds: int) -> None:
    @in_virtual_time
    async def follows() -> None:
        outside = Several(began_at_noon())
        async with following(outside) as followed:
            followed.take(run("Waiting", timeout=f"PT{seconds}S"))
            await asyncio.sleep(seconds - 1)
            assert outside.ended == []
            await asyncio.sleep(2.1)
            assert outside.ended != []
            outside.known["e-1"] |= {
                "status": "cancelled",
                "finishedAt": kubernetes_time(now()),
            }
            await asyncio.sleep(2)
            assert reasons(outside.statuses[-1])["Failed"] == ("True", "TimedOut")

    follows()


@in_virtual_time
async def test_an_execution_that_waits_for_its_turn_is_cut_off_when_its_time_is_over() -> None:
    outside = Several(execution("queued", startedAt=None))
    async with following(outside) as followed:
        followed.take(run("Pending", timeout="PT5S"))
        await asyncio.sleep(4.9)
        assert outside.ended == []
        await asyncio.sleep(0.2)
        assert set(outside.ended) == {"e-1"}
        outside.known["e-1"] |= {"status": "cancelled", "finishedAt": kubernetes_time(now())}
        await asyncio.sleep(2)
        told = outside.statuses[-1]
        assert reasons(told)["Failed"] == ("True", "TimedOut")
        assert told["message"] == "timed out after PT5S, before it began"
        assert len(followed) == 0


@pytest.mark.parametrize("seconds", [2, 10, 18, 60, 3_600])
def test_an_end_is_told_within_a_fifth_of_the_run_and_a_quarter_of_a_minute(seconds: int) -> None:
    @in_virtual_time
    async def follows() -> None:
        outside = Several(began_at_noon())
        async with following(outside) as followed:
            followed.take(run("Waiting"))
            await asyncio.sleep(seconds)
            outside.known["e-1"] |= {"status": "succeeded", "finishedAt": kubernetes_time(now())}
            await asyncio.sleep(min(0.6 + seconds / 5, SLOWEST_SECONDS))
            assert [told["phase"] for told in outside.statuses[-1:]] == ["Succeeded"]

    follows()
