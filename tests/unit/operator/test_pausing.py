from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import aiohttp
import kopf
import pytest
from kopf._cogs.clients.errors import APIForbiddenError, APIServerError

from alur_operator.adapters.lease import LostError
from alur_operator.adapters.pausing import pausing
from alur_sdk.errors import InvalidError

Fault = Callable[[], BaseException]


async def fail(error: BaseException) -> None:
    raise error


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (lambda: LostError("the-other has the lease"), "the-other has the lease"),
        (lambda: APIServerError("etcd is away", status=500, headers={}), "etcd is away"),
        (lambda: APIForbiddenError("not yet", status=403, headers={}), "not yet"),
        (lambda: aiohttp.ClientConnectionError("refused"), "refused"),
        (lambda: kopf.LoginError("no credentials"), "no credentials"),
        (TimeoutError, "TimeoutError"),
    ],
)
async def test_a_fault_of_the_api_server_is_a_pause(error: Fault, says: str) -> None:
    assert says in await pausing(fail(error()))


@pytest.mark.parametrize(
    "error", [InvalidError("no certificate"), RuntimeError("a bug"), OSError("the port is taken")]
)
async def test_a_wrong_setting_or_a_bug_ends_it(error: Exception) -> None:
    with pytest.raises(type(error)):
        await pausing(fail(error))


async def test_what_was_told_to_end_gives_no_reason() -> None:
    assert await pausing(asyncio.sleep(0)) == ""


async def test_a_task_of_ours_that_kopf_cancelled_is_a_pause() -> None:
    assert await pausing(fail(asyncio.CancelledError()))


async def test_who_cancels_it_is_obeyed() -> None:
    waiting: asyncio.Task[Any] = asyncio.create_task(pausing(asyncio.sleep(60)))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
