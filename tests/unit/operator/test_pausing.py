from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import aiohttp
import kopf
import pytest
from kopf._cogs.clients.errors import APIForbiddenError, APIServerError

from alur_operator.adapters.lease import LostError
from alur_operator.adapters.pausing import ENDING_SECONDS, ending_with, pausing
from alur_sdk.errors import InvalidError, UnavailableError
from tests.support.virtual_time import in_virtual_time

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
        (lambda: UnavailableError("the API server is away"), "is away"),
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


@in_virtual_time
async def test_the_process_ends_where_work_goes_on_though_a_part_of_it_has_failed() -> None:
    ends = list[int]()
    failed = asyncio.create_task(fail(RuntimeError("forbidden")))
    with ending_with([failed, asyncio.create_task(asyncio.sleep(900))], ends.append):
        await asyncio.sleep(ENDING_SECONDS - 1)
        assert ends == []
        await asyncio.sleep(2)
    assert ends == [1]
    assert failed.exception()


@in_virtual_time
async def test_the_process_stays_where_work_ends_soon_after() -> None:
    ends = list[int]()
    failed = asyncio.create_task(fail(RuntimeError("forbidden")))
    with ending_with([failed], ends.append):
        await asyncio.sleep(1)
    await asyncio.sleep(2 * ENDING_SECONDS)
    assert ends == []
    assert failed.exception()
