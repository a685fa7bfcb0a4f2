"""Records of a transaction that was aborted were never sent: they start nothing, and nothing waits for them."""

from __future__ import annotations

import asyncio
from uuid import uuid4

from aiokafka import AIOKafkaProducer

from alur_common.topics import POSITIONS
from tests.integration.topics.test_forgotten import until_started
from tests.integration.topics.test_members import World, prepared


async def in_transaction(world: World, *numbers: int, commits: bool) -> None:
    name = f"t-{uuid4().hex[:8]}"
    async with AIOKafkaProducer(bootstrap_servers=world.servers, transactional_id=name) as producer:
        await producer.begin_transaction()
        for number in numbers:
            await producer.send_and_wait(world.topic, str(number).encode(), partition=0)
        if commits:
            await producer.commit_transaction()
        else:
            await producer.abort_transaction()


async def lags(world: World) -> set[int]:
    found = await world.documents.find(POSITIONS, limit=100)
    return {one["lag"] for one in found if "offset" in one}


async def test_records_of_an_aborted_transaction_start_nothing(kafka_servers: str) -> None:
    world = await prepared(kafka_servers)
    await in_transaction(world, 1, 2, commits=False)
    await in_transaction(world, 3, commits=True)
    await in_transaction(world, 4, 5, commits=False)
    scheduler = await world.scheduler("one")
    await until_started(world, [3])
    async with asyncio.timeout(20):
        while await lags(world) != {0}:  # noqa: ASYNC110  # what it waits for is in a store
            await asyncio.sleep(0.1)
    await scheduler.stop()
    assert (await world.started("each"), await world.started("batch")) == ([3], [3])
