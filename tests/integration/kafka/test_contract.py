"""The contract of `Bus`, on Kafka."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from alur_common.bus import Broker
from alur_common.kafka.admin import apply_topics
from alur_common.kafka.bus import KafkaBus
from alur_common.kafka.topics import RETRIES
from alur_common.telemetry import Metrics
from tests.contract.bus_contract import BusContract


@pytest.fixture(scope="module")
def broker(kafka_servers: str) -> str:
    asyncio.run(apply_topics(kafka_servers))
    return kafka_servers


class TestKafkaBus(BusContract):
    @pytest.fixture
    async def bus(self, broker: str) -> AsyncIterator[Broker]:
        delays = dict.fromkeys(RETRIES, 0.05)
        bus = KafkaBus(broker, service="test", worker=uuid4().hex, metrics=Metrics(), delays=delays)
        yield bus
        await bus.close()
