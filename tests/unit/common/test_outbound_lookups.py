"""Look-ups of names when whoever knows a name is silent."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from alur_common.outbound import Asker, asking, lookups
from alur_common.outbound.lookups import OF_A_TENANT, SystemResolver
from alur_sdk.errors import Retryable


class Names:
    """Knows all names at once but those of `silent.test`, which wait until it speaks."""

    def __init__(self) -> None:
        self.speaks = threading.Event()
        self.asked: list[str] = []

    def look_up(self, host: str, _port: int) -> list[str]:
        self.asked.append(host)
        if host.endswith("silent.test"):
            assert self.speaks.wait(30)
        return ["198.51.100.1"]


@pytest.fixture
def names() -> Iterator[Names]:
    made = Names()
    yield made
    made.speaks.set()


async def found(resolver: SystemResolver, tenant: str, host: str) -> list[str]:
    with asking(Asker(tenant, "p", "w", "e", "n")):
        return await resolver(host, 443)


async def test_a_silent_resolver_holds_up_neither_files_nor_look_ups_of_others(
    names: Names,
) -> None:
    resolver = SystemResolver(names.look_up)
    # The fewest threads that there can be, as on a machine with one processor.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
    held = [
        asyncio.create_task(found(resolver, "a", f"{n}.silent.test"))
        for n in range(OF_A_TENANT + 3)
    ]
    await asyncio.sleep(0)
    async with asyncio.timeout(20):
        assert await found(resolver, "b", "known.test") == ["198.51.100.1"]
        assert await asyncio.to_thread(lambda: "a file") == "a file"
    assert sum(host.endswith("silent.test") for host in names.asked) == OF_A_TENANT
    names.speaks.set()
    assert await asyncio.gather(*held) == [["198.51.100.1"]] * len(held)


async def test_who_goes_away_keeps_the_turn_until_the_resolver_has_answered(names: Names) -> None:
    resolver = SystemResolver(names.look_up)
    gone = [
        asyncio.create_task(found(resolver, "a", f"{n}.silent.test")) for n in range(OF_A_TENANT)
    ]
    await asyncio.sleep(0)
    for each in gone:
        each.cancel()
    await asyncio.wait(gone)
    waiting = asyncio.create_task(found(resolver, "a", "known.test"))
    await asyncio.sleep(0.05)
    assert not waiting.done()
    names.speaks.set()
    assert await waiting == ["198.51.100.1"]


async def test_who_has_no_turn_in_time_may_try_again(
    names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookups, "WAITS_SECONDS", 0.01)
    resolver = SystemResolver(names.look_up)
    held = [
        asyncio.create_task(found(resolver, "a", f"{n}.silent.test")) for n in range(OF_A_TENANT)
    ]
    await asyncio.sleep(0)
    with pytest.raises(Retryable, match=r"known\.test was not looked up"):
        await found(resolver, "a", "known.test")
    names.speaks.set()
    await asyncio.gather(*held)


async def test_a_name_that_nobody_knows_is_an_error_and_leaves_the_turn() -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise OSError(f"nobody knows {host}:{port}")

    resolver = SystemResolver(unknown)
    for _ in range(2 * OF_A_TENANT):
        with pytest.raises(OSError, match="nobody knows"):
            await found(resolver, "a", "x.test")
