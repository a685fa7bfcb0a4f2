from __future__ import annotations

import asyncio
import itertools
from typing import Any, cast

import pytest

from alur_operator.adapters.alur_api import AlurApi
from alur_operator.adapters.cluster import CALL_SECONDS, ClusterApi
from alur_operator.adapters.lease import Lease, LostError
from alur_sdk.errors import ForbiddenError, UnavailableError
from tests.support.virtual_time import in_virtual_time

SECONDS = 15


class Outside:
    """A cluster with a Lease that has a holder. Some calls, by their number, are not answered, some are refused."""

    def __init__(
        self,
        *,
        silent: range = range(0),
        refused: range = range(0),
        slow: float = 0,
        holder: str = "me",
    ) -> None:
        self.calls, self.renewed_at = 0, [0.0]
        self.written: list[str] = []
        self._silent, self._refused = silent, refused
        self._slow, self._holder = slow, holder

    async def call(self, method: str, _path: str, body: object = None) -> object:
        self.calls += 1
        await asyncio.sleep(self._slow)
        if self.calls in self._silent:
            await asyncio.sleep(CALL_SECONDS)
            raise UnavailableError("nothing within 10 s")
        if self.calls in self._refused:
            raise UnavailableError("no connection") if self.calls % 2 else ForbiddenError("not yet")
        if method == "PUT":
            self.renewed_at.append(asyncio.get_running_loop().time())
            self.written.append(cast(Any, body)["spec"].get("holderIdentity", ""))
        return {"spec": {"holderIdentity": self._holder, "renewTime": self.calls}}


class Kept:
    """A Lease that is kept on a virtual clock, and when it was not held."""

    def __init__(self, outside: Outside) -> None:
        loop = asyncio.get_running_loop()
        self.held = asyncio.Event()
        self.held.set()
        self.lease = Lease(
            cast(ClusterApi, outside), "alur", "me", seconds=SECONDS, now=loop.time, held=self.held
        )

    async def during(self, seconds: float) -> list[bool]:
        """Keep it for so long; return for each tenth of a second whether it was held."""
        keeping = asyncio.create_task(self.lease.keep())
        seen = []
        for _ in range(round(seconds * 10)):
            await asyncio.sleep(0.1)
            seen.append(self.held.is_set())
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        return seen


@in_virtual_time
async def test_one_answer_that_does_not_come_costs_nothing() -> None:
    outside = Outside(silent=range(1, 2))
    assert all(await Kept(outside).during(600))
    gaps = [b - a for a, b in itertools.pairwise(outside.renewed_at)]
    assert max(gaps) < SECONDS
    assert len(gaps) > 600 / SECONDS


@in_virtual_time
async def test_refusals_of_some_seconds_cost_nothing() -> None:
    outside = Outside(refused=range(1, 9))
    assert all(await Kept(outside).during(60))
    assert len(outside.renewed_at) > 10


@in_virtual_time
async def test_slow_answers_cost_nothing() -> None:
    assert all(await Kept(Outside(slow=2.4)).during(600))


MANY = range(1, 100)


@pytest.mark.parametrize("fault", ["silent", "refused"])
def test_work_is_paused_before_another_may_take_it_and_goes_on(fault: str) -> None:
    @in_virtual_time
    async def see() -> None:
        outside = Outside(silent=range(1, 3)) if fault == "silent" else Outside(refused=MANY)
        seen = await Kept(outside).during(200)
        pause = seen.index(False) / 10
        assert SECONDS / 2 < pause <= SECONDS
        assert all(seen[: round(pause * 10)])
        assert seen[-1], "it goes on"
        assert outside.renewed_at[1] > pause

    see()


@in_virtual_time
async def test_it_is_lost_when_another_has_it() -> None:
    kept = Kept(Outside(holder="the-other"))
    with pytest.raises(LostError, match="the-other has the lease"):
        await kept.lease.keep()
    assert not kept.held.is_set()


@in_virtual_time
async def test_it_is_waited_for_while_the_api_server_does_not_give_it() -> None:
    outside = Outside(refused=range(1, 100))
    kept = Kept(outside)
    acquiring = asyncio.create_task(kept.lease.acquire())
    await asyncio.sleep(1)
    assert not kept.held.is_set()
    await acquiring
    assert (outside.calls, kept.held.is_set()) == (101, True)


async def test_nothing_is_asked_of_alur_while_it_is_not_held() -> None:
    held = asyncio.Event()
    async with AlurApi("http://127.0.0.1:1", lambda: "token", held) as alur:
        asking = asyncio.create_task(alur.find_workflow("shop", "greet"))
        for _ in range(20):
            await asyncio.sleep(0)
        assert not asking.done()
        held.set()
        with pytest.raises(UnavailableError, match="does not answer"):
            await asking


@in_virtual_time
async def test_who_ends_leaves_it_to_others_and_acts_no_more() -> None:
    outside = Outside()
    kept = Kept(outside)
    await kept.lease.release()
    assert (outside.written, kept.held.is_set()) == ([""], False)


@in_virtual_time
async def test_who_ends_after_another_took_it_lets_the_other_have_it() -> None:
    outside = Outside(holder="the-other")
    await Kept(outside).lease.release()
    assert outside.written == []


@in_virtual_time
async def test_who_cannot_give_it_back_ends_all_the_same() -> None:
    outside = Outside(silent=range(1, 2))
    await Kept(outside).lease.release()
    assert outside.written == []
