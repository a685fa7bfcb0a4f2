"""A broker forgets where a group was that rests for a week; its trigger goes on there all the same."""

from __future__ import annotations

import asyncio

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import NewTopic
from aiokafka.protocol.admin import DeleteGroupsRequest

from alur_common.clock import SystemClock
from alur_common.documents.memory import MemoryDocuments
from alur_common.executions import StoredExecutions
from alur_common.kafka.admin import administer
from alur_common.kafka.settings import settings_of
from alur_scheduler.adapters import kafka_reader
from alur_scheduler.domain.records import own_group
from alur_scheduler.service.listeners import TOPIC, Listeners
from tests.integration.topics.test_members import PARTITIONS, World, prepared


async def send(world: World, begin: int, end: int) -> None:
    async with AIOKafkaProducer(bootstrap_servers=world.servers) as producer:
        for number in range(begin, end):
            value = str(number).encode()
            await producer.send_and_wait(world.topic, value, partition=number % PARTITIONS)


async def until_started(world: World, wanted: list[int]) -> None:
    async with asyncio.timeout(40):
        while await world.started("each") != wanted:  # noqa: ASYNC110  # what it waits for is in a store
            await asyncio.sleep(0.1)


async def read(world: World, wanted: list[int]) -> None:
    """Have a scheduler start what there is, as long as that takes, and a while longer."""
    scheduler = await world.scheduler("one")
    await until_started(world, wanted)
    await asyncio.sleep(1)
    await scheduler.stop()
    assert await world.started("each") == wanted


async def forget(world: World) -> None:
    """Let a long time pass: the broker knows the groups no more, and the executions are gone with their traces."""
    groups = [own_group(one["id"]) async for one in Listeners(world.documents).all_of(TOPIC)]
    async with administer(settings_of(world.servers)) as admin:
        node = await admin.find_coordinator(groups[0])
        answer = await admin._send_request(DeleteGroupsRequest(groups), node)
    assert [code for _, code in answer.results] == [0] * len(groups)
    executions = StoredExecutions(MemoryDocuments(SystemClock()))
    world.executions = world.starts._executions = executions


@pytest.mark.parametrize("begins", ["latest", "earliest"])
async def test_a_trigger_that_rested_long_starts_what_came_meanwhile_and_nothing_else(
    kafka_servers: str, begins: str
) -> None:
    world = await prepared(kafka_servers)
    await send(world, 0, 20)
    await read(world, list(range(20)))
    for trigger in world.record.document["spec"]["triggers"]:
        trigger["params"]["from"] = begins
    await Listeners(world.documents).sync(world.record)
    await forget(world)
    await send(world, 20, 40)
    await read(world, list(range(20, 40)))


async def test_a_topic_that_was_made_anew_is_read_from_where_the_trigger_says(
    kafka_servers: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kafka_reader, "SKEW_SECONDS", 0.0)
    world = await prepared(kafka_servers)
    await send(world, 0, 20)
    await read(world, list(range(20)))
    await forget(world)
    async with administer(settings_of(kafka_servers)) as admin:
        await admin.delete_topics([world.topic])
        await asyncio.sleep(2)
        await admin.create_topics([NewTopic(world.topic, PARTITIONS, 1)])
    await send(world, 100, 140)
    await read(world, list(range(100, 140)))
