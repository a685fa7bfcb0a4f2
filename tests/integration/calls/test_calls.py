"""Ports over gRPC: what goes in comes out, errors and deadlines included."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

import pytest
from pydantic import SecretStr

from alur_common.calls.client import Channel, add_calls, methods_of
from alur_common.calls.deadlines import seconds_left
from alur_common.calls.server import SERVICE, CallsServer
from alur_common.calls.settings import CallSettings
from alur_common.security.records import Page
from alur_sdk.errors import (
    AlurError,
    InvalidError,
    LimitedError,
    NotFoundError,
    Problem,
    UnauthenticatedError,
    UnavailableError,
)
from tests.support.health import health_of

SETTINGS = CallSettings(token=SecretStr("a secret"))


@dataclass(frozen=True, slots=True)
class Thing:
    name: str
    tags: tuple[str, ...]
    content: Mapping[str, Any]


class Things(Protocol):
    async def get(self, name: str, *, limit: int = 3) -> Thing | None: ...

    async def list(self, names: Sequence[str]) -> Page[Thing]: ...

    async def fail(self, kind: str) -> None: ...

    async def left(self) -> float: ...

    async def note(self, action: str, **details: Any) -> dict[str, Any]: ...

    def count(self, to: int) -> AsyncIterator[int]: ...


ERRORS: Mapping[str, AlurError] = {
    "invalid": InvalidError("no", [Problem("spec.nodes[0]", "unknown", "what is that")]),
    "limited": LimitedError("slower", 2.5),
    "absent": NotFoundError("none", thing="t"),
}


class Served:
    async def get(self, name: str, *, limit: int = 3) -> Thing | None:
        return Thing(name, ("a", "b"), {"n": limit, "ü": None}) if name else None

    async def list(self, names: Sequence[str]) -> Page[Thing]:
        return Page([Thing(name, (), {}) for name in names], "next")

    async def fail(self, kind: str) -> None:
        raise ERRORS[kind]

    async def left(self) -> float:
        return seconds_left(100)

    async def note(self, action: str, **details: Any) -> dict[str, Any]:
        return {"action": action, **details}

    async def count(self, to: int) -> AsyncIterator[int]:
        for number in range(to):
            yield number


@pytest.fixture
async def address() -> AsyncIterator[str]:
    served = Served()
    server = CallsServer(SETTINGS)
    methods = (served.get, served.list, served.fail, served.left, served.note, served.count)
    server.serve("things", methods)
    port = await server.start("127.0.0.1", 0)
    yield f"127.0.0.1:{port}"
    await server.stop(0)


@pytest.fixture
async def things(address: str) -> AsyncIterator[Things]:
    channel = Channel(address, SETTINGS)
    yield cast("Things", add_calls(channel, "things", methods_of(Things)))
    await channel.close()


async def test_values_come_back_as_the_types_that_the_port_says(things: Things) -> None:
    assert await things.get("x", limit=7) == Thing("x", ("a", "b"), {"n": 7, "ü": None})
    assert await things.get("") is None
    assert await things.list(["p", "q"]) == Page([Thing("p", (), {}), Thing("q", (), {})], "next")
    noted = await things.note("did", at=1, what={"a": []})
    assert noted == {"action": "did", "at": 1, "what": {"a": []}}


@pytest.mark.parametrize("kind", ERRORS)
async def test_errors_come_back_as_they_were_raised(things: Things, kind: str) -> None:
    sent = ERRORS[kind]
    with pytest.raises(type(sent)) as raised:
        await things.fail(kind)
    got = raised.value
    assert (type(got), got.message, got.details) == (type(sent), sent.message, sent.details)
    assert getattr(got, "problems", None) == getattr(sent, "problems", None)
    assert getattr(got, "after_seconds", None) == getattr(sent, "after_seconds", None)


async def test_a_callee_knows_how_long_it_has(things: Things) -> None:
    assert 4 < await things.left() < 5.1  # the library rounds up


async def test_a_stream_ends_when_its_source_does(things: Things) -> None:
    assert [number async for number in things.count(3)] == [0, 1, 2]


async def test_a_stranger_is_refused(address: str) -> None:
    channel = Channel(address, CallSettings(token=SecretStr("a guess")))
    remote: Any = add_calls(channel, "things", methods_of(Things))
    with pytest.raises(UnauthenticatedError):
        await remote.left()
    await channel.close()


async def test_the_health_of_calls_turns_off_with_a_reason_and_on_again() -> None:
    server = CallsServer(SETTINGS)
    port = await server.start("127.0.0.1", 0)
    assert await health_of(f"127.0.0.1:{port}", "", SERVICE) == [("SERVING", "")] * 2
    await server.health.turn("Kafka: out of reach")
    lost = ("NOT_SERVING", "Kafka: out of reach")
    assert await health_of(f"127.0.0.1:{port}", "", SERVICE) == [lost] * 2
    await server.health.turn("")
    assert await health_of(f"127.0.0.1:{port}", "", SERVICE) == [("SERVING", "")] * 2
    await server.health.enter_graceful_shutdown()
    await server.health.turn("")
    assert await health_of(f"127.0.0.1:{port}", "") == [("NOT_SERVING", "")]
    await server.stop(0)


async def test_a_service_that_is_away_is_unavailable_within_the_time() -> None:
    channel = Channel("127.0.0.1:1", SETTINGS)
    remote: Any = add_calls(channel, "things", methods_of(Things), seconds=0.3)
    async with asyncio.timeout(3):
        with pytest.raises(UnavailableError, match=r"things\.left at 127"):
            await remote.left()
    await channel.close()
