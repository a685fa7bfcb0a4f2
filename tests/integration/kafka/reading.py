"""Looking into a topic as anybody may."""

from __future__ import annotations

import asyncio

from aiokafka import AIOKafkaConsumer, ConsumerRecord

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
