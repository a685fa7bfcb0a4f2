"""What is done under the lock of the schema breaks no call of the driver off."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from types import SimpleNamespace
from typing import Any, cast

import pytest

from alur_common.documents.mongo import lock
from alur_common.documents.mongo.layout import Rows
from tests.support.clock import FakeClock


class SlowRows:
    """A collection whose calls wait to be let on, and that knows how each ended."""

    def __init__(self) -> None:
        self.called = asyncio.Event()
        self.go_on = asyncio.Event()
        self.seen: list[str] = []

    async def call(self, what: str) -> None:
        self.called.set()
        try:
            await self.go_on.wait()
        except asyncio.CancelledError:
            self.seen.append(f"{what} broken")
            raise
        self.seen.append(what)

    async def update_one(
        self, matches: dict[str, str], update: dict[str, dict[str, float]], *, upsert: bool = False
    ) -> SimpleNamespace:
        if upsert:
            return SimpleNamespace()  # the lock is had at once
        await self.call("let go" if update["$set"]["until"] == 0 else "renewed")
        return SimpleNamespace(matched_count=1)


def begin(rows: SlowRows, work: Callable[[], Coroutine[Any, Any, Any]]) -> asyncio.Task[None]:
    return asyncio.create_task(lock.under_lock(cast("Rows", rows), FakeClock(), work))


async def cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_caller_that_is_cancelled_breaks_off_neither_work_nor_renewal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lock, "LOCK_SECONDS", 0.0)
    rows, ended = SlowRows(), asyncio.Event()

    async def work() -> None:
        await rows.call("worked")
        ended.set()

    task = begin(rows, work)
    await rows.called.wait()
    for _ in range(10):
        await asyncio.sleep(0)
    await cancelled(task)
    rows.go_on.set()
    async with asyncio.timeout(5):
        await ended.wait()
    assert [one for one in rows.seen if "broken" in one] == []


async def test_a_renewal_that_is_under_way_when_the_work_ends_is_awaited(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lock, "LOCK_SECONDS", 0.0)
    rows = SlowRows()
    task = begin(rows, rows.called.wait)  # the work ends once the renewal is asked for
    await rows.called.wait()
    for _ in range(10):
        await asyncio.sleep(0)
    assert not task.done()
    rows.go_on.set()
    await task
    assert rows.seen == ["renewed", "let go"]
