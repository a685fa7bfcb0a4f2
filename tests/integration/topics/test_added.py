"""A topic gets more partitions while a trigger reads it: their records start executions from the first one on."""

from __future__ import annotations

import asyncio

from aiokafka import AIOKafkaProducer
from aiokafka.admin import NewPartitions

from alur_common.documents.port import Document
from alur_common.kafka.admin import administer
from alur_common.kafka.settings import settings_of
from alur_common.topics import POSITIONS
from alur_scheduler.service.listeners import Listeners
from tests.integration.topics.test_forgotten import send, until_started
from tests.integration.topics.test_members import PARTITIONS, World, prepared


async def test_records_on_a_partition_that_is_added_are_read_from_the_first(
    kafka_servers: str,
) -> None:
    world = await prepared(kafka_servers)
    for trigger in world.record.document["spec"]["triggers"]:
        trigger["params"]["from"] = "latest"
    await Listeners(world.documents).sync(world.record)
    await send(world, 0, 20)
    first = await world.scheduler("one")
    await until_begun(world)
    await first.stop()
    async with administer(settings_of(kafka_servers)) as admin:
        await admin.create_partitions({world.topic: NewPartitions(PARTITIONS + 1)})
        await asyncio.sleep(2)
    async with AIOKafkaProducer(bootstrap_servers=kafka_servers) as producer:
        for number in range(20, 30):
            value = str(number).encode()
            await producer.send_and_wait(world.topic, value, partition=PARTITIONS)
    second = await world.scheduler("two")
    await until_started(world, list(range(20, 30)))
    await second.stop()


async def until_begun(world: World) -> None:
    """Return once both triggers have told of all partitions."""
    async with asyncio.timeout(40):
        while len(await told(world)) < 2 * PARTITIONS:  # noqa: ASYNC110  # what it waits for is in a store
            await asyncio.sleep(0.1)


async def told(world: World) -> list[Document]:
    found = await world.documents.find(POSITIONS, limit=100)
    return [one for one in found if "offset" in one]
