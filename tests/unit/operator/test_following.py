"""Runs are looked at in time, and one never keeps the others from it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest

from alur_operator.domain.status import kubernetes_time, run_status
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


class Watched(Several):
    """A cluster that tells of each status that it is given, as a watch does."""

    def __init__(self, *executions: Object, derived: str | None = "e-1") -> None:
        super().__init__(*executions, derived=derived)
        self.body: Object = {}
        self.followed: Following | None = None
        self.looks = 0

    async def find_execution(self, namespace: str, execution_id: str) -> Object | None:
        self.looks += 1
        return await super().find_execution(namespace, execution_id)

    async def patch_status(self, plural: str, namespace: str, name: str, told: Object) -> None:
        await super().patch_status(plural, namespace, name, told)
        self.write(told)

    def write(self, told: Object) -> None:
        merged = {**self.body["status"], **told}
        status = {key: value for key, value in merged.items() if value is not None}
        self.body = {**self.body, "status": status}
        assert self.followed is not None
        self.followed.see(self.body)


async def shows(outside: Watched, followed: Following, began: Object) -> Object:
    """Have a run be seen and begin as its handler has it; return its status once that is so."""
    outside.followed, outside.body = followed, {**run(), "status": {"observedGeneration": -1}}
    followed.see(outside.body)
    told = run_status(run(), began, now())
    followed.take({**outside.body, "status": {**outside.body["status"], **told}})
    followed.see(outside.body)  # news of the finalizer, which come late
    outside.write(told)
    return dict(outside.body["status"])


OVER: Object = {
    "status": "succeeded",
    "finishedAt": kubernetes_time(NOON + 1),
    "output": [{"a": 1}],
}
FORGED: list[Object] = [
    {"phase": "Succeeded", "output": [{"stolen": True}]},
    {"phase": "Failed", "completionTime": kubernetes_time(NOON)},
    {"phase": "Pending", "executionId": None},
    {"executionId": "e-2", "message": "mine"},
]


@pytest.mark.parametrize("forged", FORGED)
@pytest.mark.parametrize("changes", [{}, OVER], ids=["waits", "has ended"])
def test_a_forged_status_is_mended(forged: Object, changes: Object) -> None:
    @in_virtual_time
    async def mends() -> None:
        outside = Watched(began_at_noon(**changes))
        async with following(outside) as followed:
            before = await shows(outside, followed, outside.known["e-1"])
            await asyncio.sleep(100)
            outside.write(forged)
            await asyncio.sleep(1)
            assert outside.body["status"] == before
            looks, told = outside.looks, len(outside.statuses)
            await asyncio.sleep(600)
            assert len(outside.statuses) == told
            assert len(followed) == (not changes)
            assert not changes or outside.looks == looks, "what has ended is looked at no more"

    mends()


@in_virtual_time
async def test_what_nobody_forged_is_looked_at_no_more_than_before() -> None:
    outside = Watched(began_at_noon(**OVER))
    async with following(outside) as followed:
        await shows(outside, followed, outside.known["e-1"])
        await asyncio.sleep(100)
        assert (outside.looks, outside.statuses) == (0, [])


@in_virtual_time
async def test_what_was_told_here_is_doubted_by_nobody() -> None:
    outside = Watched(began_at_noon())
    async with following(outside) as followed:
        await shows(outside, followed, outside.known["e-1"])
        await asyncio.sleep(100)
        outside.known["e-1"] |= OVER
        await asyncio.sleep(20)
        looks = outside.looks
        await asyncio.sleep(600)
        assert outside.looks == looks
        assert [told["phase"] for told in outside.statuses] == ["Succeeded"]


@in_virtual_time
async def test_a_run_that_never_began_begins_after_an_end_that_was_forged() -> None:
    outside = Watched()
    async with following(outside) as followed:
        outside.followed, outside.body = followed, {**run(), "status": {"observedGeneration": -1}}
        followed.see(outside.body)
        outside.write({"phase": "Pending"})
        forged = {"phase": "Succeeded", "observedGeneration": 1, "output": [{}]}
        outside.write(forged)
        followed.take(outside.body)  # as its handler does, which believes it
        await asyncio.sleep(2)
        told = outside.body["status"]
        assert (told["phase"], told["observedGeneration"]) == ("Pending", -1)
        assert "output" not in told
        assert len(followed) == 0


@in_virtual_time
async def test_an_end_whose_execution_alur_has_forgotten_stays_as_it_is() -> None:
    outside = Watched(derived=None)
    async with following(outside) as followed:
        await shows(outside, followed, began_at_noon(**OVER))
        outside.write({"observedGeneration": 2})
        await asyncio.sleep(100)
        assert outside.statuses == []
        assert len(followed) == 0


@in_virtual_time
async def test_an_end_that_is_forged_deletes_nothing() -> None:
    outside = Watched(began_at_noon())
    async with following(outside) as followed:
        await shows(outside, followed, outside.known["e-1"])
        outside.body["spec"] |= {"ttlAfterFinished": "PT0S"}
        followed.take(outside.body)
        outside.write({"phase": "Succeeded", "completionTime": kubernetes_time(NOON)})
        await asyncio.sleep(100)
        assert (outside.body["status"]["phase"], outside.deleted) == ("Waiting", [])
