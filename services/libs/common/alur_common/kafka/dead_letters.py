"""Dead letters: what could not be handled, why, and sending it again once that is mended."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.admin import RecordsToDelete
from aiokafka.errors import KafkaError

from alur_common.kafka.admin import administer
from alur_common.kafka.retrying import DEAD_PREFIX, FOR_GROUP, original_headers
from alur_common.kafka.settings import KafkaSettings, settings_of
from alur_common.kafka.topics import TOPICS
from alur_sdk.errors import NotFoundError, UnavailableError

PARTITION = 0
"""A dead-letter topic has this one."""
POLL_MS = 1_000
Letters = Sequence[ConsumerRecord[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Letter:
    """One dead letter: its place, its key and content as they came, and why it is here."""

    offset: int
    key: str
    value: bytes
    why: dict[str, str]

    def shown(self) -> dict[str, Any]:
        """Return it as it is printed."""
        text = self.value.decode(errors="replace")
        return {"offset": self.offset, "key": self.key, **self.why, "value": text}


def dead_letter_topics() -> list[str]:
    """Return the names of all dead-letter topics."""
    return [name for topic in TOPICS for name in topic.dead_letters()]


async def count_letters(servers: KafkaSettings | str) -> dict[str, int]:
    """Return dead-letter topic -> how many letters lie there. Raises `UnavailableError` when Kafka is out of reach."""
    async with _consumer(settings_of(servers)) as consumer:
        known = await consumer.topics()
        places = [TopicPartition(t, PARTITION) for t in dead_letter_topics() if t in known]
        first = await consumer.beginning_offsets(places)
        last = await consumer.end_offsets(places)
        return {place.topic: last[place] - first[place] for place in places}


async def read_letters(servers: KafkaSettings | str, topic: str, limit: int) -> list[Letter]:
    """Return the oldest letters of a topic. Raises `NotFoundError` for one that holds no dead letters."""
    return [_letter(record) for record in await _records(settings_of(servers), topic, limit)]


async def replay_letters(servers: KafkaSettings | str, topic: str, limit: int) -> int:
    """Send the oldest letters again to where they came from, and remove them; return how many.

    Only the group that could not handle one gets it again. Cut off, some may be sent twice: whoever handles them
    expects that.
    """
    settings = settings_of(servers)
    records = await _records(settings, topic, limit)
    if records:
        await _send(settings, records)
        async with administer(settings) as admin:
            done = RecordsToDelete(before_offset=records[-1].offset + 1)
            await admin.delete_records({TopicPartition(topic, PARTITION): done})
    return len(records)


async def _send(settings: KafkaSettings, records: Letters) -> None:
    producer = AIOKafkaProducer(**settings.options(), acks="all", enable_idempotence=True)
    try:
        await producer.start()
        for record in records:
            why = _letter(record).why
            headers = [*original_headers(record.headers), (FOR_GROUP, why["group"].encode())]
            await producer.send_and_wait(
                why["topic"], record.value, key=record.key, headers=headers
            )
    except KafkaError as error:
        raise _out_of_reach(settings, error) from error
    finally:
        await producer.stop()


async def _records(settings: KafkaSettings, topic: str, limit: int) -> Letters:
    if topic not in dead_letter_topics():
        raise NotFoundError(f"{topic} is no topic of dead letters: `alur dlq list` names them")
    place = TopicPartition(topic, PARTITION)
    async with _consumer(settings) as consumer:
        if topic not in await consumer.topics():
            return []
        consumer.assign([place])
        start = (await consumer.beginning_offsets([place]))[place]
        end = (await consumer.end_offsets([place]))[place]
        consumer.seek(place, start)
        found: list[ConsumerRecord[bytes, bytes]] = []
        while len(found) < limit and await consumer.position(place) < end:
            for records in (await consumer.getmany(timeout_ms=POLL_MS)).values():
                found += records
        return found[:limit]


def _letter(record: ConsumerRecord[bytes, bytes]) -> Letter:
    why = {
        name.removeprefix(DEAD_PREFIX): value.decode(errors="replace")
        for name, value in record.headers
        if name.startswith(DEAD_PREFIX)
    }
    key = (record.key or b"").decode(errors="replace")
    return Letter(record.offset, key, record.value or b"", why)


@asynccontextmanager
async def _consumer(settings: KafkaSettings) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(**settings.options(), enable_auto_commit=False)
    try:
        await consumer.start()
        yield consumer
    except KafkaError as error:
        raise _out_of_reach(settings, error) from error
    finally:
        await consumer.stop()


def _out_of_reach(settings: KafkaSettings, error: KafkaError) -> UnavailableError:
    return UnavailableError(f"Kafka at {settings.servers} is out of reach: {error}")
