from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest

from alur_operator.service.turns import Turns


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_those_above_the_limit_wait_and_the_first_of_them_is_the_oldest() -> None:
    clock, order = Clock(), []
    turns = Turns(1, clock)

    async def handle(name: str) -> None:
        async with turns.taken("run") as waited:
            order.append((name, waited))

    async with AsyncExitStack() as stack:
        await stack.enter_async_context(turns.taken("run"))
        tasks = [asyncio.create_task(handle("first"))]
        await settle()
        clock.now += 3
        tasks.append(asyncio.create_task(handle("second")))
        await settle()
        clock.now += 2
        assert (turns.depth("run"), turns.oldest_seconds("run"), order) == (2, 5.0, [])
    await asyncio.gather(*tasks)
    assert order == [("first", 5.0), ("second", 2.0)]
    assert (turns.depth("run"), turns.oldest_seconds("run")) == (0, 0.0)


async def test_one_kind_never_waits_for_another() -> None:
    turns = Turns(1, Clock())
    async with turns.taken("workflow"), asyncio.timeout(5), turns.taken("run") as waited:
        assert waited == 0.0


async def test_who_gives_up_waits_no_longer() -> None:
    turns = Turns(1, Clock())
    async with turns.taken("run"):
        task = asyncio.create_task(turns.taken("run").__aenter__())
        await settle()
        assert turns.depth("run") == 1
        task.cancel()
        await settle()
        assert turns.depth("run") == 0
    async with asyncio.timeout(5), turns.taken("run"):
        assert turns.depth("run") == 0


async def test_a_failure_gives_its_turn_back() -> None:
    turns = Turns(1, Clock())
    with pytest.raises(ValueError, match="failed"):
        async with turns.taken("run"):
            raise ValueError("failed")
    async with asyncio.timeout(5), turns.taken("run") as waited:
        assert waited == 0.0
