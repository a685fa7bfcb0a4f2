"""Producers of aiokafka, one for each set of brokers, user and acknowledgement."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections import OrderedDict
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    InvalidTopicError,
    KafkaError,
    MessageSizeTooLargeError,
    RecordTooLargeError,
    TopicAuthorizationFailedError,
)

from alur_common.kafka.reaching import Reach, check_topic, out_of_reach, release
from alur_common.kafka.sending import is_lost
from alur_sdk.errors import InvalidError, Permanent, Retryable
from alur_sdk.instants import rfc3339
from alur_sdk.items import Json
from alur_sdk.nodes import KafkaRecord, Secret

MOST = 50
"""So many producers are kept; the one that was used longest ago goes first."""
LARGEST_BYTES = 1_048_588
STOP_SECONDS = 5.0
_NEVER = (
    ClusterAuthorizationFailedError,
    InvalidTopicError,
    MessageSizeTooLargeError,
    RecordTooLargeError,
    TopicAuthorizationFailedError,
)


@dataclass(slots=True)
class _Kept:
    """A producer, and how many records are on their way by it."""

    options: Mapping[str, Any]
    producer: AIOKafkaProducer | None = None
    busy: int = 0
    topics: Set[str] = frozenset()
    starting: asyncio.Lock = field(default_factory=asyncio.Lock)


class Producers:
    """Opened when they are first needed."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    async def send(self, record: KafkaRecord, secret: Secret | None) -> Mapping[str, Json]:
        """Write a record and return where it stands."""
        key = _key(record.acks, secret)
        try:
            check_topic(record.topic, is_own_broker=secret is None)
            kept = self._kept.get(key) or _Kept(self._reach.options(secret))
        except InvalidError as error:
            raise Permanent(error.message) from error
        self._kept[key] = kept
        self._kept.move_to_end(key)
        kept.busy += 1
        try:
            async with asyncio.timeout(record.timeout_seconds):
                return await self._send(kept, record)
        except _NEVER as error:
            raise Permanent(f"Kafka does not take the record: {error}") from error
        except (KafkaError, OSError, TimeoutError) as error:
            if isinstance(error, KafkaError) and is_lost(error):
                await self._drop(key, kept)
            lost = out_of_reach(kept.options, error)
            raise Retryable(lost.message, **lost.details) from error
        finally:
            kept.busy -= 1
            await self._drop_oldest()

    async def close(self) -> None:
        """Send what is on its way, and disconnect."""
        await asyncio.gather(*(self._drop(key, kept) for key, kept in list(self._kept.items())))

    async def _send(self, kept: _Kept, record: KafkaRecord) -> Mapping[str, Json]:
        async with kept.starting:
            if kept.producer is None:
                kept.producer = await _started(kept.options, record.acks)
        if record.topic not in kept.topics:
            # aiokafka would wait for it without a word.
            kept.topics = (await kept.producer.client.fetch_all_metadata()).topics()
            if record.topic not in kept.topics:
                raise InvalidTopicError(f"there is no topic {record.topic}, or none to write to")
        headers = [(name, value.encode()) for name, value in record.headers]
        # aiokafka sends no record that has neither key nor value.
        value = b"" if record.key is None and record.value is None else record.value
        done = await kept.producer.send_and_wait(
            record.topic, value, key=record.key, headers=headers
        )
        return {
            "topic": done.topic,
            "partition": done.partition,
            "offset": done.offset,
            "timestamp": rfc3339(done.timestamp / 1000) if done.timestamp else None,
        }

    async def _drop_oldest(self) -> None:
        idle = [(key, kept) for key, kept in self._kept.items() if not kept.busy]
        for key, kept in idle[: max(0, len(self._kept) - MOST)]:
            await self._drop(key, kept)

    async def _drop(self, key: str, kept: _Kept) -> None:
        """Close a producer; the next record opens another."""
        if self._kept.get(key) is kept:
            del self._kept[key]
        producer, kept.producer = kept.producer, None
        if producer is not None:
            await _end(producer)
        release(kept.options)


async def _started(options: Mapping[str, Any], acks: str) -> AIOKafkaProducer:
    producer = AIOKafkaProducer(
        **options,
        acks="all" if acks == "all" else 1,
        enable_idempotence=acks == "all",
        compression_type="lz4",
        max_request_size=LARGEST_BYTES,
    )
    try:
        await producer.start()
    except BaseException:
        await producer.stop()
        raise
    return producer


async def _end(producer: AIOKafkaProducer) -> None:
    """Let it send what is on its way, but not for long, and close it.

    aiokafka's own `stop` waits until everything is sent; cut off, it leaves behind a sender that goes on for ever.
    """
    sender = producer._sender  # noqa: SLF001  # it offers no other way
    for step in (producer.flush, sender.close):
        with contextlib.suppress(TimeoutError, KafkaError):
            async with asyncio.timeout(STOP_SECONDS):
                await step()
    producer._closed = True  # noqa: SLF001  # as above
    await producer.client.close()


def _key(acks: str, secret: Secret | None) -> str:
    """Return what a producer is kept under: no secret, but another one for each."""
    if secret is None:
        return acks
    parts = "".join(f"{len(n)}:{n}{len(v)}:{v}" for n, v in sorted(secret.fields.items()))
    return f"{acks}/{secret.type}/{hashlib.sha256(parts.encode()).hexdigest()}"
