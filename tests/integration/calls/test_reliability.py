"""Calls between services: repeated where that is safe, in the time that is left, and spread over all who serve."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest

from alur_common.calls.client import Channel, add_calls
from alur_common.calls.deadlines import seconds_left
from alur_common.calls.server import CallsServer
from alur_common.calls.settings import CallSettings
from alur_sdk.errors import ConflictError, UnavailableError
from tests.support.dns import names

SETTINGS = CallSettings()
PORT = "things"


class Flaky:
    """Fails a number of times before it answers."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.calls = 0

    async def read(self) -> int:
        self.calls += 1
        if self.calls <= self.failures:
            raise UnavailableError("not now")
        return self.calls

    async def conflict(self) -> int:
        self.calls += 1
        raise ConflictError("somebody was faster")


@asynccontextmanager
async def serving(
    *methods: Callable[..., Awaitable[Any]], host: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[tuple[CallsServer, int]]:
    server = CallsServer(SETTINGS)
    server.serve(PORT, list(methods))
    bound = await server.start(host, port)
    try:
        yield server, bound
    finally:
        await server.stop(0)


@asynccontextmanager
async def calling(
    address: str,
    *methods: Callable[..., Any],
    seconds: float = 5.0,
    once: frozenset[str] = frozenset(),
) -> AsyncIterator[Any]:
    channel = Channel(address, SETTINGS)
    try:
        yield add_calls(channel, PORT, list(methods), once=once, seconds=seconds)
    finally:
        await channel.close()


@pytest.mark.parametrize(
    ("failures", "once", "calls", "is_answered"),
    [(2, False, 3, True), (9, False, 4, False), (1, True, 1, False)],
    ids=["a read is repeated", "four times in all", "a write is not"],
)
async def test_what_may_be_repeated_is_while_the_other_side_is_unavailable(
    failures: int, once: bool, calls: int, is_answered: bool
) -> None:
    flaky = Flaky(failures)
    names_once = frozenset({"read"}) if once else frozenset()
    async with (
        serving(flaky.read) as (_, port),
        calling(f"127.0.0.1:{port}", flaky.read, once=names_once) as remote,
    ):
        if is_answered:
            assert await remote.read() == calls
        else:
            with pytest.raises(UnavailableError, match="not now"):
                await remote.read()
    assert flaky.calls == calls


async def test_a_refusal_is_not_repeated() -> None:
    flaky = Flaky(0)
    async with (
        serving(flaky.conflict) as (_, port),
        calling(f"127.0.0.1:{port}", flaky.conflict) as remote,
    ):
        with pytest.raises(ConflictError):
            await remote.conflict()
    assert flaky.calls == 1


async def left() -> float:
    """Return how long the call that is served may still take."""
    return seconds_left(100)


async def test_a_service_passes_on_what_it_has_left_and_not_more() -> None:
    async with (
        serving(left) as (_, inner),
        calling(f"127.0.0.1:{inner}", left, seconds=60.0) as second,
    ):

        async def through() -> float:
            await asyncio.sleep(0.5)
            return float(await second.left())

        async with (
            serving(through) as (_, outer),
            calling(f"127.0.0.1:{outer}", through, seconds=3.0) as first,
        ):
            assert 1.5 < await first.through() < 2.6


async def test_a_call_ends_with_the_time_of_the_one_that_it_is_made_for() -> None:
    async def never() -> None:
        await asyncio.Event().wait()

    async with (
        serving(never) as (_, inner),
        calling(f"127.0.0.1:{inner}", never, seconds=60.0) as second,
    ):
        ended = asyncio.Event()

        async def through() -> None:
            try:
                await second.never()
            finally:
                ended.set()

        async with (
            serving(through) as (_, outer),
            calling(f"127.0.0.1:{outer}", through, seconds=0.5) as first,
        ):
            with pytest.raises(UnavailableError):
                await first.through()
            await asyncio.wait_for(ended.wait(), 3)


def speaker(place: str) -> Callable[[], Awaitable[str]]:
    async def where() -> str:
        return place

    return where


async def test_calls_go_to_all_whom_the_name_stands_for_and_round_one_that_is_gone() -> None:
    addresses = ["127.0.0.1", "127.0.0.2"]
    async with (
        names(addresses) as resolver,
        serving(speaker("one"), host="127.0.0.1") as (first, port),
        serving(speaker("two"), host="127.0.0.2", port=port),
        calling(f"dns://{resolver}/registry.test:{port}", speaker("")) as remote,
    ):
        async with asyncio.timeout(10):  # until both are connected
            while {await remote.where(), await remote.where()} != {"one", "two"}:
                pass
        assert Counter([await remote.where() for _ in range(20)]) == {"one": 10, "two": 10}
        await first.stop(0)
        assert Counter([await remote.where() for _ in range(20)]) == {"two": 20}


async def test_reads_do_not_notice_that_one_who_serves_them_is_replaced_by_another() -> None:
    is_over = False

    async def slow() -> int:
        await asyncio.sleep(0.002)
        return 1

    async def ask(read: Callable[[], Awaitable[int]]) -> None:
        while not is_over:
            assert await read() == 1

    async with serving(slow) as (_, lasting), AsyncExitStack() as stack:
        server, port = await stack.enter_async_context(serving(slow))
        address = f"ipv4:127.0.0.1:{lasting},127.0.0.1:{port}"
        async with calling(address, slow) as remote:
            asking = [asyncio.create_task(ask(remote.slow)) for _ in range(20)]
            for _ in range(4):
                await asyncio.sleep(0.3)
                await server.stop()
                server, _ = await stack.enter_async_context(serving(slow, port=port))
            is_over = True
            await asyncio.gather(*asking)
