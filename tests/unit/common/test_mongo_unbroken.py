"""A call of the driver of MongoDB goes on when its caller is cancelled."""

from __future__ import annotations

import asyncio

import pytest

from alur_common.documents.mongo.unbroken import Unbroken

TIMES = 3


async def test_a_caller_that_is_cancelled_cancels_no_call() -> None:
    unbroken, seen, go_on = Unbroken(), list[str](), asyncio.Event()

    async def call() -> None:
        try:
            await go_on.wait()
        except asyncio.CancelledError:
            seen.append("cancelled")
            raise
        seen.append("ended")

    caller = asyncio.create_task(unbroken.run(call()))
    for _ in range(TIMES):
        await asyncio.sleep(0)
        caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    go_on.set()
    await unbroken.close()
    assert seen == ["ended"]


async def test_a_caller_that_waits_is_told_what_came_of_it() -> None:
    unbroken = Unbroken()

    async def answer() -> int:
        return 7

    async def fail() -> int:
        raise ValueError("no")

    assert await unbroken.run(answer()) == 7
    with pytest.raises(ValueError, match="no"):
        await unbroken.run(fail())


async def test_closing_waits_for_what_nobody_waits_for_any_more() -> None:
    unbroken, ended = Unbroken(), list[int]()

    async def call() -> None:
        await asyncio.sleep(0.01)
        ended.append(1)
        raise ValueError("nobody asks")

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await unbroken.run(call())
    await unbroken.close()
    assert ended == [1]
