"""Expressions that a gateway tries in executors of other processes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, cast

import pytest
from pydantic import SecretStr

from alur_common.calls.channels import Channels
from alur_common.calls.executors import PORT
from alur_common.calls.server import CallsServer
from alur_common.calls.settings import CallSettings
from alur_common.documents.memory import MemoryDocuments
from alur_common.executions.workers import Workers
from alur_common.previews import Preview
from alur_engine.expressions import JailedJavaScript, Limits
from alur_executor.adapters.peers import ExecutorPort
from alur_executor.service.previewing import Previews
from alur_gateway.adapters.previews import RemotePreviews
from alur_jail import Jail
from alur_sdk.errors import AlurError, LimitError, UnavailableError
from tests.support.clock import FakeClock
from tests.support.jail import cell, no_jail
from tests.support.security import Noted

SETTINGS = CallSettings(token=SecretStr("a secret"))


def asked(source: str, **sample: Any) -> Preview:
    compiled = JailedJavaScript().compile(source, Limits())
    return Preview([(compiled.script, compiled.changes)], sample, 1_769_860_800.0)


@asynccontextmanager
async def gateway(
    *jails: Jail,
    dead: int = 0,
    patience_seconds: float = 5.0,
    after_seconds: float = 0.0,
    pick: Callable[[list[str]], str] = min,
) -> AsyncIterator[RemotePreviews]:
    """Yield the gateway's way to executors with these jails, told of after a while, and to some that have just died."""
    clock = FakeClock()
    workers = Workers(MemoryDocuments(clock))

    async def tell(number: int, address: str) -> None:
        await asyncio.sleep(after_seconds)
        await workers.renew(f"alive-{number}", 3.0, clock.now(), address)

    async with AsyncExitStack() as stack:
        for number in range(dead):
            await workers.renew(f"dead-{number}", 3.0, clock.now(), f"127.0.0.1:{number + 1}")
        for number, jail in enumerate(jails):
            server = CallsServer(SETTINGS)
            port = ExecutorPort(cast("Any", None), Previews(jail, Noted()))
            server.serve(PORT, [port.preview])
            address = f"127.0.0.1:{await server.start('127.0.0.1', 0)}"
            stack.push_async_callback(server.stop, 0)
            telling = asyncio.create_task(tell(number, address))
            stack.push_async_callback(asyncio.wait_for, telling, 5)
            if not after_seconds:
                await telling
        channels = Channels(SETTINGS)
        stack.push_async_callback(channels.close)
        yield RemotePreviews(workers, channels, pick, patience_seconds)


async def test_an_executor_tells_what_a_script_comes_to() -> None:
    async with cell() as real, gateway(real.jail) as previews:
        told = await previews.preview("acme", asked("new Set([$json.n, 2]).size", json={"n": 1}))
        with pytest.raises(LimitError, match="2 s"):
            await previews.preview("acme", asked("(() => { for (;;) {} })()"))
    assert told == [[0, 2]]


async def test_one_that_has_just_died_is_left_for_another() -> None:
    async with cell() as real, gateway(real.jail, dead=1) as previews:
        assert await previews.preview("acme", asked("new Set([1]).size")) == [[0, 1]]


async def test_no_more_than_three_are_tried() -> None:
    asked_of: list[str] = []

    def first(addresses: list[str]) -> str:
        asked_of.append(min(addresses))
        return asked_of[-1]

    async with gateway(dead=5, patience_seconds=0, pick=first) as previews:
        with pytest.raises(UnavailableError, match="no executor"):
            await previews.preview("acme", asked("new Set()"))
    assert asked_of == [f"127.0.0.1:{number}" for number in (1, 2, 3)]


async def test_one_that_still_starts_is_waited_for() -> None:
    async with cell() as real, gateway(real.jail, after_seconds=0.3) as previews:
        assert await previews.preview("acme", asked("new Set([1]).size")) == [[0, 1]]


async def test_one_without_a_jail_says_why() -> None:
    async with gateway(no_jail()) as previews:
        with pytest.raises(AlurError, match="bubblewrap") as raised:
            await previews.preview("acme", asked("new Set()"))
    assert raised.value.code == "no-jail"


async def test_without_any_executor_it_says_so() -> None:
    async with gateway(patience_seconds=0) as previews:
        with pytest.raises(UnavailableError, match="no executor"):
            await previews.preview("acme", asked("new Set()"))
