"""A process knows what it has lost, and that it has it back."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from alur_common.dependencies import ANSWER_SECONDS, LOST_SECONDS, Dependencies
from alur_common.telemetry import Metrics
from alur_sdk.errors import UnavailableError
from tests.support.virtual_time import in_virtual_time


class Server:
    """Answers, refuses, or says nothing at all."""

    def __init__(self) -> None:
        self.is_down = False
        self.is_silent = False
        self.looks = 0

    async def reach(self) -> None:
        self.looks += 1
        if self.is_silent:
            await asyncio.Event().wait()
        if self.is_down:
            raise UnavailableError("mongodb://10.0.0.7 does not answer")


class Told:
    """What was told, and when."""

    def __init__(self) -> None:
        self.all: list[tuple[float, str]] = []

    async def __call__(self, reason: str) -> None:
        self.all.append((asyncio.get_running_loop().time(), reason))


@contextmanager
def following(metrics: Metrics, told: Told, **servers: Server) -> Iterator[None]:
    looks = {name: server.reach for name, server in servers.items()}
    task = asyncio.get_running_loop().create_task(Dependencies(looks, metrics).follow(told))
    yield
    task.cancel()


@in_virtual_time
async def test_what_is_away_for_some_seconds_is_lost_until_it_answers() -> None:
    store, told, metrics = Server(), Told(), Metrics()
    with following(metrics, told, MongoDB=store):
        await asyncio.sleep(2.5)
        store.is_down = True
        away = asyncio.get_running_loop().time()
        await asyncio.sleep(20)
        assert 'alur_dependency_up{dependency="MongoDB"} 0.0' in metrics.text()
        store.is_down = False
        await asyncio.sleep(2)
        assert 'alur_dependency_up{dependency="MongoDB"} 1.0' in metrics.text()
    (lost, reason), (_, again) = told.all
    assert (reason, again) == ("MongoDB: out of reach", "")
    assert LOST_SECONDS - 1 <= lost - away <= LOST_SECONDS + 1


@in_virtual_time
async def test_a_blink_is_no_loss() -> None:
    store, told = Server(), Told()
    with following(Metrics(), told, MongoDB=store):
        for _ in range(3):
            store.is_down = True
            await asyncio.sleep(LOST_SECONDS - 2)
            store.is_down = False
            await asyncio.sleep(2)
    assert told.all == []


@in_virtual_time
async def test_one_that_says_nothing_is_lost_too() -> None:
    broker, told = Server(), Told()
    broker.is_silent = True
    with following(Metrics(), told, Kafka=broker):
        await asyncio.sleep(LOST_SECONDS + 2 * ANSWER_SECONDS)
    assert [reason for _, reason in told.all] == ["Kafka: out of reach"]


@in_virtual_time
async def test_each_that_is_lost_is_named_and_none_where_it_is() -> None:
    store, broker, told = Server(), Server(), Told()
    with following(Metrics(), told, MongoDB=store, Kafka=broker):
        store.is_down = broker.is_down = True
        await asyncio.sleep(20)
        broker.is_down = False
        await asyncio.sleep(2)
    assert [reason for _, reason in told.all][1:] == [
        "MongoDB and Kafka: out of reach",
        "MongoDB: out of reach",
    ]


@in_virtual_time
async def test_knowing_costs_one_look_a_second() -> None:
    store, told = Server(), Told()
    with following(Metrics(), told, MongoDB=store):
        await asyncio.sleep(59.5)
    assert store.looks == 60


async def test_a_look_that_breaks_ends_whoever_follows() -> None:
    async def broken() -> None:
        raise ValueError("a fault")

    with pytest.raises(ExceptionGroup) as raised:
        await Dependencies({"kafka": broken}, Metrics()).follow(Told())
    assert raised.group_contains(ValueError, match="a fault")
