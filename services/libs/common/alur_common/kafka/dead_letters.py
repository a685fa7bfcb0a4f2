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
from alur_sdk.errors import InvalidError, NotFoundError, UnavailableError

PARTITION = 0
"""A dead-letter topic has this one."""
POLL_MS = 1_000
_STEP = 500
"""How many letters are moved in one go."""
Letters = Sequence[ConsumerRecord[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Letter:
    """One dead letter: its place, its key, headers and content as they came, and why it is here."""

    offset: int
    key: str
    value: bytes
    why: dict[str, str]
    headers: dict[str, str]

    def told(self, name: str) -> str:
        """Return one of the reasons; somebody else may have put a letter here that has none."""
        return self.why.get(name, "-")

    def shown(self) -> dict[str, Any]:
        """Return it as it is printed; `offset` is its own, `topic-offset` that of the record in its topic."""
        why = {
            "topic-offset" if name == "offset" else name: told for name, told in self.why.items()
        }
        text = self.value.decode(errors="replace")
        return {
            "offset": self.offset,
            "key": self.key,
            **why,
            "headers": self.headers,
            "value": text,
        }


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


async def read_letters(
    servers: KafkaSettings | str, topic: str, limit: int, *, offset: int | None = None
) -> list[Letter]:
    """Return the oldest letters of a topic, or the one at `offset`.

    Raises `NotFoundError` for a topic that holds no dead letters, and where none is at the offset.
    """
    settings = settings_of(servers)
    return [_letter(record) for record in await _chosen(settings, topic, limit, offset)]


async def replay_letters(
    servers: KafkaSettings | str, topic: str, limit: int, *, offset: int | None = None
) -> int:
    """Send the oldest letters, or the one at `offset`, again to where they came from, and remove them; return how many.

    Only the group that could not handle one gets it again. Cut off, some may be sent twice: whoever handles them
    expects that. Raises `InvalidError` when one of them does not say where it came from; then none is sent.
    """
    settings = settings_of(servers)
    records = await _chosen(settings, topic, limit, offset)
    await _send_again(settings, records)
    return await _remove(settings, topic, records)


async def drop_letters(
    servers: KafkaSettings | str, topic: str, limit: int, *, offset: int | None = None
) -> int:
    """Remove the oldest letters, or the one at `offset`, without sending them; return how many."""
    settings = settings_of(servers)
    return await _remove(settings, topic, await _chosen(settings, topic, limit, offset))


async def _chosen(settings: KafkaSettings, topic: str, limit: int, offset: int | None) -> Letters:
    if offset is None:
        return await _records(settings, topic, limit)
    found = await _records(settings, topic, 1, offset)
    if not found or found[0].offset != offset:
        raise NotFoundError(
            f"{topic} has no letter at the offset {offset}: `alur dlq show {topic}` lists those that it has"
        )
    return found


async def _remove(settings: KafkaSettings, topic: str, records: Letters) -> int:
    """Remove letters that follow each other; older ones than these are moved behind the newest before.

    Kafka removes from a partition what lies before an offset and nothing else.
    """
    if records:
        first = records[0].offset
        while older := [r for r in await _records(settings, topic, _STEP) if r.offset < first]:
            await _append(settings, topic, older)
            await _remove_to(settings, topic, older[-1].offset)
        await _remove_to(settings, topic, records[-1].offset)
    return len(records)


async def _remove_to(settings: KafkaSettings, topic: str, offset: int) -> None:
    async with administer(settings) as admin:
        done = RecordsToDelete(before_offset=offset + 1)
        await admin.delete_records({TopicPartition(topic, PARTITION): done})


async def _append(settings: KafkaSettings, topic: str, records: Letters) -> None:
    """Write letters again as they are; their age, after which the broker forgets them, stays."""
    async with _producer(settings) as producer:
        for one in records:
            await producer.send_and_wait(
                topic,
                one.value,
                key=one.key,
                headers=list(one.headers),
                partition=PARTITION,
                timestamp_ms=one.timestamp,
            )


async def _send_again(settings: KafkaSettings, records: Letters) -> None:
    ways = [_way_back(record) for record in records]
    async with _producer(settings) as producer:
        for record, (topic, group) in zip(records, ways, strict=True):
            headers = [*original_headers(record.headers), (FOR_GROUP, group.encode())]
            await producer.send_and_wait(topic, record.value, key=record.key, headers=headers)


def _way_back(record: ConsumerRecord[bytes, bytes]) -> tuple[str, str]:
    """Return the topic and the group that a letter goes back to."""
    why = _letter(record).why
    topic, group = why.get("topic"), why.get("group")
    if not topic or not group:
        place = f"{record.topic} --offset {record.offset}"
        raise InvalidError(
            f"the letter at the offset {record.offset} does not say where it came from, so that nothing was sent:"
            f" look at it, and remove it by `alur dlq drop {place} --yes`"
        )
    return topic, group


@asynccontextmanager
async def _producer(settings: KafkaSettings) -> AsyncIterator[AIOKafkaProducer]:
    producer = AIOKafkaProducer(**settings.options(), acks="all", enable_idempotence=True)
    try:
        await producer.start()
        yield producer
    except KafkaError as error:
        raise _out_of_reach(settings, error) from error
    finally:
        await producer.stop()


async def _records(
    settings: KafkaSettings, topic: str, limit: int, offset: int | None = None
) -> Letters:
    """Return letters from `offset` on, else from the oldest on; none where the topic ends before."""
    if topic not in dead_letter_topics():
        raise NotFoundError(f"{topic} is no topic of dead letters: `alur dlq list` names them")
    place = TopicPartition(topic, PARTITION)
    async with _consumer(settings) as consumer:
        if topic not in await consumer.topics():
            return []
        consumer.assign([place])
        start = (await consumer.beginning_offsets([place]))[place]
        end = (await consumer.end_offsets([place]))[place]
        consumer.seek(place, start if offset is None else max(start, offset))
        found: list[ConsumerRecord[bytes, bytes]] = []
        while len(found) < limit and await consumer.position(place) < end:
            for records in (await consumer.getmany(timeout_ms=POLL_MS)).values():
                found += records
        return found[:limit]


def _letter(record: ConsumerRecord[bytes, bytes]) -> Letter:
    why = {
        name.removeprefix(DEAD_PREFIX): (value or b"").decode(errors="replace")
        for name, value in record.headers
        if name.startswith(DEAD_PREFIX)
    }
    key = (record.key or b"").decode(errors="replace")
    headers = {
        name: (value or b"").decode(errors="replace")
        for name, value in original_headers(record.headers)
    }
    return Letter(record.offset, key, record.value or b"", why, headers)


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
