"""What is asked of one document is done in order, whoever is cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from alur_common.documents.mongo.gathered import Gathered, Turns
from alur_common.documents.mongo.unbroken import Unbroken


class Slow:
    """Turns of one key that each wait to be let on, and what was seen of them."""

    def __init__(self) -> None:
        self.unbroken = Unbroken()
        self.turns = Turns(self.unbroken)
        self.go_on = asyncio.Event()
        self.seen: list[str] = []

    def begin(self, name: str) -> asyncio.Task[None]:
        return asyncio.create_task(self.turns.take("key", lambda: self._work(name)))

    async def _work(self, name: str) -> None:
        self.seen.append(f"{name} begins")
        await self.go_on.wait()
        self.seen.append(f"{name} ends")


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize("victim", [0, 1])
async def test_a_caller_that_is_cancelled_lets_nobody_pass_those_before_it(victim: int) -> None:
    slow = Slow()
    tasks = [slow.begin("first"), slow.begin("second")]
    await settle()
    await cancelled(tasks[victim])
    third = slow.begin("third")
    await settle()
    assert slow.seen == ["first begins"]
    slow.go_on.set()
    await third
    names = ("first", "second", "third")
    assert slow.seen == [f"{name} {what}" for name in names for what in ("begins", "ends")]


async def test_a_turn_lasts_until_what_it_asked_for_is_answered() -> None:
    unbroken, go_on, sent = Unbroken(), asyncio.Event(), list[str]()
    turns = Turns(unbroken)

    async def send(asked: Sequence[str]) -> list[None]:
        await go_on.wait()
        sent.extend(asked)
        return [None] * len(asked)

    gathered: Gathered[str, None] = Gathered(send)

    async def change() -> None:
        sent.append("changed")

    insert = asyncio.create_task(turns.take("key", lambda: gathered.ask("inserted")))
    await settle()
    await cancelled(insert)
    after = asyncio.create_task(turns.take("key", change))
    await settle()
    go_on.set()
    await after
    assert sent == ["inserted", "changed"]
