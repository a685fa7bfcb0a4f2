"""Looking into a topic or a group, as anybody may."""

from __future__ import annotations

import asyncio

from aiokafka import AIOKafkaConsumer, ConsumerRecord

from alur_common.kafka.admin import administer
from alur_common.kafka.settings import settings_of

SECONDS = 20


async def record_of(broker: str, topic: str, wanted: bytes) -> ConsumerRecord[bytes, bytes]:
    """Return the first record of a topic with this key, once there is one."""
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=broker, auto_offset_reset="earliest")
    await consumer.start()
    try:
        async with asyncio.timeout(SECONDS):
            async for record in consumer:
                if record.key == wanted:
                    return record
        raise AssertionError("the consumer ended")
    finally:
        await consumer.stop()


async def members(servers: str, groups: list[str]) -> list[int]:
    """Return how many members each group has, as the broker tells."""
    async with administer(settings_of(servers)) as admin:
        answers = [await admin.describe_consumer_groups([group]) for group in groups]
    return [len(answer.groups[0][5]) for (answer,) in answers]
