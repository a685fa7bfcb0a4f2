"""Retries in these tests wait milliseconds, not a minute."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import uuid4

import pytest

from alur_common.kafka import bus
from alur_common.kafka.admin import apply_topics
from alur_common.kafka.bus import KafkaBus
from alur_common.kafka.topics import RETRIES
from alur_common.telemetry import Metrics

SECONDS = 40
SHORT = dict.fromkeys(RETRIES, 0.05)
MakeBus = Callable[..., KafkaBus]


@pytest.fixture(autouse=True)
def _short_delays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bus, "RETRIES", SHORT)


@pytest.fixture(scope="session")
def broker(kafka_servers: str) -> str:
    asyncio.run(apply_topics(kafka_servers))
    return kafka_servers


@pytest.fixture
async def make_bus(broker: str) -> AsyncIterator[MakeBus]:
    made: list[KafkaBus] = []

    def make(servers: str = broker, worker: str = "", **options: Any) -> KafkaBus:
        name = worker or f"worker-{uuid4().hex[:8]}"
        options = {"metrics": Metrics(), "delays": SHORT, **options}
        made_now = KafkaBus(servers, service="test", worker=name, **options)
        made.append(made_now)
        return made_now

    yield make
    for each in made:
        await each.close()


def key() -> str:
    return uuid4().hex


async def until(is_so: Callable[[], bool]) -> None:
    for _ in range(SECONDS * 50):
        if is_so():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it did not come about in time")
