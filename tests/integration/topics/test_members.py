"""Several schedulers share the partitions of a topic; each record starts once while they come and go."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import NewTopic

from alur_common.blobs_memory import MemoryBlobs
from alur_common.bus_in_process import InProcessBus
from alur_common.clock import SystemClock, SystemIds
from alur_common.definitions import WorkflowRecord
from alur_common.documents.memory import MemoryDocuments
from alur_common.executions import StoredExecutions
from alur_common.kafka.admin import administer
from alur_common.kafka.settings import settings_of
from alur_common.outbound.guard import Guard
from alur_common.starts import Starts
from alur_scheduler.adapters import kafka_reader
from alur_scheduler.adapters.readers import KafkaReaders
from alur_scheduler.domain.records import own_group
from alur_scheduler.service.listeners import TOPIC, Listeners
from alur_scheduler.service.topics import Topics
from tests.integration.kafka.reading import members
from tests.support.odd_headers import ODD, READ_AS, odd_names_sent
from tests.support.security import Noted

PARTITIONS, RECORDS = 4, 400


class World:
    """What schedulers share, and a workflow that reads a topic."""

    def __init__(self, servers: str, topic: str, wait: str) -> None:
        read = {"topic": topic, "from": "earliest"}
        batch = {"size": 9, "wait": wait}
        kinds = {"each": read, "batch": {**read, "batch": batch}}
        triggers = [
            {"name": name, "type": "trigger.kafka", "params": params}
            for name, params in kinds.items()
        ]
        document = {"metadata": {"name": "w"}, "spec": {"triggers": triggers}}
        uid = uuid4().hex
        self.record = WorkflowRecord("t", "p", "w", uid, 1, document, 1, "", 0.0, 0.0, 0.0)
        self.servers, self.topic = servers, topic
        self.clock = SystemClock()
        self.documents = MemoryDocuments(self.clock)
        self.executions = StoredExecutions(self.documents)
        bus, ids = InProcessBus(), SystemIds(self.clock)
        self.starts = Starts(self.executions, MemoryBlobs(), bus, self.clock, ids)

    async def newest(self, tenant: str, project: str, name: str) -> WorkflowRecord:
        return self.record

    async def scheduler(self, name: str) -> Topics:
        """Return another scheduler, which has begun to read."""
        readers = KafkaReaders(self.servers, lambda *_: Guard(), name, leaves=True)
        topics = Topics(self.documents, self, self.starts, readers, self.clock, notes=Noted())  # type: ignore[arg-type]  # it is asked for no more
        await topics.follow()
        return topics

    async def started(self, trigger: str) -> list[int]:
        found = await self.executions.search([], limit=10_000)
        return sorted(
            item["value"] for one in found if one.trigger == trigger for item in one.input
        )

    async def until_all_started(self) -> None:
        async with asyncio.timeout(60):
            for trigger in ("each", "batch"):
                while len(await self.started(trigger)) < RECORDS:  # noqa: ASYNC110  # what it waits for is in a store
                    await asyncio.sleep(0.1)


async def prepared(servers: str, wait: str = "PT0.3S") -> World:
    topic = f"m-{uuid4().hex[:8]}"
    async with administer(settings_of(servers)) as admin:
        await admin.create_topics([NewTopic(topic, PARTITIONS, 1)])
    world = World(servers, topic, wait)
    await Listeners(world.documents).sync(world.record)
    return world


async def test_each_record_starts_once_while_schedulers_come_and_go(kafka_servers: str) -> None:
    world = await prepared(kafka_servers)
    first = await world.scheduler("one")
    others = []
    async with AIOKafkaProducer(bootstrap_servers=kafka_servers) as producer:
        for number in range(RECORDS):
            value = str(number).encode()
            await producer.send_and_wait(world.topic, value, partition=number % PARTITIONS)
            if number == RECORDS // 4:
                others.append(await world.scheduler("two"))
            if number == RECORDS // 2:
                await first.stop()
    await world.until_all_started()
    await asyncio.sleep(0.5)
    for other in others:
        await other.stop()
    assert await world.started("each") == list(range(RECORDS))
    assert await world.started("batch") == list(range(RECORDS))


async def test_what_waits_for_its_batch_when_its_partition_goes_starts_once(
    kafka_servers: str,
) -> None:
    world = await prepared(kafka_servers, "PT4S")
    groups = [own_group(one["id"]) async for one in Listeners(world.documents).all_of(TOPIC)]
    first = await world.scheduler("one")
    async with AIOKafkaProducer(bootstrap_servers=kafka_servers) as producer:

        async def send(begin: int, end: int) -> None:
            for number in range(begin, end):
                value = str(number).encode()
                await producer.send_and_wait(world.topic, value, partition=number % PARTITIONS)

        await send(0, 20)
        while len(await world.started("each")) < 20:  # noqa: ASYNC110  # what it waits for is in a store
            await asyncio.sleep(0.1)
        second = await world.scheduler("two")
        while await members(kafka_servers, groups) != [2, 2]:  # noqa: ASYNC110  # the broker tells nobody
            await asyncio.sleep(0.1)
        await asyncio.sleep(1)
        await send(20, RECORDS)
    await world.until_all_started()
    await asyncio.sleep(5)
    await first.stop()
    await second.stop()
    assert await world.started("batch") == list(range(RECORDS))


async def test_a_scheduler_that_does_not_come_back_leaves_its_places_to_the_others(
    kafka_servers: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kafka_reader, "SESSION_MS", 60_000)  # longer than the test
    world = await prepared(kafka_servers)
    groups = [own_group(one["id"]) async for one in Listeners(world.documents).all_of(TOPIC)]
    first, second = await world.scheduler("one"), await world.scheduler("two")
    async with asyncio.timeout(60):
        while await members(kafka_servers, groups) != [2, 2]:  # noqa: ASYNC110  # the broker tells nobody
            await asyncio.sleep(0.1)
    await first.stop()
    assert await members(kafka_servers, groups) == [1, 1]
    await second.stop()
    assert await members(kafka_servers, groups) == [0, 0]


async def test_a_header_whose_name_is_no_text_stops_no_trigger(kafka_servers: str) -> None:
    world = await prepared(kafka_servers)
    with odd_names_sent():
        async with AIOKafkaProducer(bootstrap_servers=kafka_servers) as producer:
            for value, headers in ((b"0", [(ODD, b"1")]), (b"1", [])):
                await producer.send_and_wait(world.topic, value, headers=headers, partition=0)
    scheduler = await world.scheduler("one")
    async with asyncio.timeout(60):
        while await world.started("each") != [0, 1]:  # noqa: ASYNC110  # what it waits for is in a store
            await asyncio.sleep(0.1)
    await scheduler.stop()
    found = await world.executions.search([], limit=10)
    assert {READ_AS: "1"} in [item["headers"] for one in found for item in one.input]
