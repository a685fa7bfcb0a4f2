from __future__ import annotations

import asyncio

import pytest

from alur_common.cache import Cache
from tests.support.clock import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def cache(clock: FakeClock) -> Cache[str]:
    return Cache(clock, size=2, fresh_seconds=None)


class Store:
    """Answers when it is let, with what it had when it was asked."""

    def __init__(self) -> None:
        self.value = "old"
        self.asked = 0
        self.let = asyncio.Event()

    async def load(self) -> str:
        self.asked += 1
        read = self.value
        await self.let.wait()
        return read


async def test_what_is_known_is_not_asked_again(cache: Cache[str]) -> None:
    store = Store()
    store.let.set()
    assert [await cache.get("k", store.load) for _ in range(3)] == ["old"] * 3
    assert store.asked == 1


async def test_what_was_read_during_a_change_is_not_kept(cache: Cache[str]) -> None:
    store = Store()
    reading = asyncio.create_task(cache.get("k", store.load))
    await asyncio.sleep(0)
    store.value = "new"
    cache.drop("k")
    store.let.set()
    assert await reading == "old"
    assert await cache.get("k", store.load) == "new"


async def test_what_was_used_last_stays(cache: Cache[str]) -> None:
    store = Store()
    store.let.set()
    for key in ("a", "b", "a", "c"):
        await cache.get(key, store.load)
    assert (cache.find("a"), cache.find("b"), cache.find("c")) == ("old", None, "old")


async def test_what_is_too_old_is_asked_again(clock: FakeClock) -> None:
    cache: Cache[str] = Cache(clock, size=2, fresh_seconds=2)
    store = Store()
    store.let.set()
    await cache.get("k", store.load)
    clock.advance(2.5)
    assert cache.find("k") is None


async def test_clearing_forgets_all(cache: Cache[str]) -> None:
    store = Store()
    store.let.set()
    await cache.get("k", store.load)
    cache.clear()
    assert cache.find("k") is None
