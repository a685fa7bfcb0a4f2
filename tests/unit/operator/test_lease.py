from __future__ import annotations

import asyncio
from typing import cast

import pytest

from alur_operator.adapters.cluster import ClusterApi
from alur_operator.adapters.lease import Lease, LostError
from alur_sdk.errors import UnavailableError

SECONDS = 0.03


class Outside:
    """A cluster with a Lease of ours, and a clock that moves with each call: some are not answered."""

    def __init__(self, *, seconds_of_each: float, silent: range) -> None:
        self.calls, self.renewals = 0, 0
        self.is_renewed = asyncio.Event()
        self._seconds_of_each = seconds_of_each
        self._silent = silent

    def now(self) -> float:
        return self.calls * self._seconds_of_each

    async def call(self, method: str, _path: str, _body: object, *, within: float) -> object:
        self.calls += 1
        assert within < SECONDS / 2, "two fit"
        if self.calls in self._silent:
            raise UnavailableError("no answer")
        if method == "PUT":
            self.renewals += 1
            self.is_renewed.set()
        return {"spec": {"holderIdentity": "me"}}


def lease(outside: Outside) -> Lease:
    return Lease(cast(ClusterApi, outside), "alur", "me", seconds=SECONDS, now=outside.now)


async def test_one_answer_that_does_not_come_costs_no_lease() -> None:
    outside = Outside(seconds_of_each=SECONDS / 3, silent=range(1, 2))
    keeping = asyncio.create_task(lease(outside).keep())
    await outside.is_renewed.wait()
    keeping.cancel()
    assert outside.renewals == 1


async def test_a_lease_that_cannot_be_renewed_in_its_time_is_lost() -> None:
    outside = Outside(seconds_of_each=SECONDS * 0.4, silent=range(1, 100))
    with pytest.raises(LostError, match=r"could not be renewed for 0.03 s.*no answer"):
        await lease(outside).keep()
    assert outside.calls == 3
