"""Waiting until a broker serves what it has just made: it tells of it a moment before."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError, for_code

from alur_common.kafka.settings import KafkaSettings
from alur_common.kafka.topics import TOPICS, Spec
from alur_sdk.errors import UnavailableError

_LOOKS = 300
_LOOK_SECONDS = 0.1
_PATIENCE_SECONDS = _LOOKS * _LOOK_SECONDS


def group_id(group: str) -> str:
    """Return the name of a consumer group as the broker knows it."""
    return f"alur-{group}"


async def until_served(
    admin: AIOKafkaAdminClient, settings: KafkaSettings, made: Sequence[Spec]
) -> None:
    """Wait until each partition of new topics has a leader that answers, and each group of ours a coordinator.

    Whoever reads before that is told of faults that are none. Raises `UnavailableError` when it takes too long.
    """
    await _until_seen(admin, [spec.name for spec in made])
    await _until_led(settings, made)
    for group in sorted({group for topic in TOPICS for group in topic.groups}):
        await _until_coordinated(admin, group_id(group))


async def _until_seen(admin: AIOKafkaAdminClient, names: Sequence[str]) -> None:
    for _ in range(_LOOKS):
        if not any(topic["error_code"] for topic in await admin.describe_topics(list(names))):
            return
        await asyncio.sleep(_LOOK_SECONDS)
    raise UnavailableError("Kafka has made topics and does not tell of them")


async def _until_led(settings: KafkaSettings, made: Iterable[Spec]) -> None:
    consumer = AIOKafkaConsumer(**settings.options(), enable_auto_commit=False)
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await consumer.start()
            await consumer.end_offsets(
                [TopicPartition(spec.name, n) for spec in made for n in range(spec.partitions)]
            )
    except TimeoutError as error:
        raise UnavailableError("Kafka has made topics and does not serve them") from error
    finally:
        await consumer.stop()


async def _until_coordinated(admin: AIOKafkaAdminClient, group: str) -> None:
    """Wait for the coordinator of a group; the first question makes the topic in which coordinators keep groups."""
    for _ in range(_LOOKS):
        if not await _is_coordinator_missing(admin, group):
            return
        await asyncio.sleep(_LOOK_SECONDS)
    raise UnavailableError(f"Kafka has no coordinator for the group {group}")


async def _is_coordinator_missing(admin: AIOKafkaAdminClient, group: str) -> bool:
    try:
        node = await admin.find_coordinator(group)
        answers = await admin.describe_consumer_groups([group], node)
    except KafkaError as error:
        # Whoever makes topics may have no right to groups: those who have are told of theirs.
        return bool(error.retriable)
    codes = [code for answer in answers for code, *_ in answer.groups]
    return any(for_code(code).retriable for code in codes)
