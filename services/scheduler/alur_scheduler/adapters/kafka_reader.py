"""One consumer of aiokafka; offsets are committed when whoever reads says so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from aiokafka.errors import KafkaError

from alur_common.kafka.header_names import take_any_header_name
from alur_common.kafka.leaving import leave_at_stop
from alur_common.kafka.reaching import FETCH_BYTES, Reach, check_topic, out_of_reach, release
from alur_common.kafka.unpacking import bound_batches
from alur_common.security.records import UnsealedCredential
from alur_scheduler.domain.records import Begun, Left, Position, Reading, Record, own_group
from alur_sdk.errors import UnavailableError

SESSION_MS = 6_000
FETCH_WAIT_MS = 200
SKEW_SECONDS = 3600.0
"""So far ahead the clock of one who writes records may be."""


@asynccontextmanager
async def opened(
    reach: Reach,
    reading: Reading,
    secret: UnsealedCredential | None,
    worker: str,
    *,
    left: Mapping[int, Left],
    begun: Begun,
    leaves: bool,
) -> AsyncIterator[KafkaReader]:
    """Join the group, as `Readers.open` says."""
    own = own_group(reading.id)
    named = None if reading.group == own else reading.group
    check_topic(reading.topic, is_own_broker=reading.credential is None, group=named)
    options = reach.options(secret)
    consumer = _consumer(reading, options, f"{worker}-{own}")
    reader = KafkaReader(consumer, reading, left, begun, options)
    try:
        with reader.translated():
            await consumer.start()
            await reader.join()
        yield reader
    except asyncio.CancelledError:
        # It is read here no more; after a fault it is opened again, at its old place.
        if leaves:
            leave_at_stop(consumer)
        raise
    finally:
        await consumer.stop()
        release(options)


def _consumer(reading: Reading, options: Mapping[str, Any], member: str) -> AIOKafkaConsumer:
    take_any_header_name()
    bound_batches()
    return AIOKafkaConsumer(
        **options,
        group_id=reading.group,
        group_instance_id=member,
        enable_auto_commit=False,
        isolation_level="read_committed",
        # For offsets that are gone since; where a group begins is decided by `_settle`.
        auto_offset_reset="earliest",
        # The assignor keeps what it assigned in its class: each group has its own.
        partition_assignment_strategy=[type("Sticky", (StickyPartitionAssignor,), {})],
        session_timeout_ms=SESSION_MS,
        heartbeat_interval_ms=SESSION_MS // 3,
        fetch_max_wait_ms=FETCH_WAIT_MS,
        fetch_max_bytes=FETCH_BYTES,
    )


class KafkaReader:
    """`Reader` on one consumer."""

    def __init__(
        self,
        consumer: AIOKafkaConsumer,
        reading: Reading,
        left: Mapping[int, Left],
        begun: Begun,
        options: Mapping[str, Any],
    ) -> None:
        self._consumer = consumer
        self._topic = reading.topic
        self._is_late = reading.begins == "latest"
        self._left = left
        self._begun = begun
        self._options = options
        self._committed: dict[int, int] = {}
        self._given: dict[int, int] = {}
        self._passed: dict[int, int] = {}
        """Where fetching stands: what lies between that and what was given are no records, or aborted ones."""
        self._gone: set[int] = set()

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Raise `UnavailableError` for what the broker says."""
        try:
            yield
        except (KafkaError, OSError, TimeoutError) as error:
            raise out_of_reach(self._options, error) from error

    async def join(self) -> None:
        """Join the group; raises when the topic is not there: aiokafka would wait for it without a word."""
        if self._topic not in await self._consumer.topics():
            message = f"there is no topic {self._topic}, or none to read; it is looked for again"
            raise out_of_reach(self._options, LookupError(message))
        self._consumer.subscribe([self._topic], listener=_Listener(self))

    def revoked(self, numbers: Collection[int]) -> None:
        """Partitions go; some may come back at once, and begin at what is committed then."""
        self._gone.update(numbers)
        for number in numbers:
            for known in (self._committed, self._given, self._passed):
                known.pop(number, None)

    def gone(self) -> Collection[int]:
        gone, self._gone = self._gone, set()
        return gone

    async def fetch(self, most: int, seconds: float) -> Mapping[int, Sequence[Record]]:
        with self.translated():
            await self._settle()
            found = await self._consumer.getmany(timeout_ms=int(seconds * 1000), max_records=most)
            for place in [place for place in found if place.partition not in self._committed]:
                # It came this very moment: it is settled first, and read the next time.
                self._consumer.seek(place, found.pop(place)[0].offset)
            for place, records in found.items():
                self._given[place.partition] = records[-1].offset + 1
            for place in self._consumer.assignment():
                if place.partition in self._committed:
                    self._passed[place.partition] = await self._consumer.position(place)
        return {
            place.partition: [
                Record(
                    r.topic, r.partition, r.offset, r.timestamp, r.key, r.value, tuple(r.headers)
                )
                for r in records
            ]
            for place, records in found.items()
        }

    async def commit(self, offsets: Mapping[int, int]) -> None:
        if any(number not in self._committed for number in offsets):
            raise UnavailableError("a partition went to another member meanwhile: it is read again")
        with self.translated():
            await self._consumer.commit(
                {TopicPartition(self._topic, number): offset for number, offset in offsets.items()}
            )
        self._committed.update(
            {number: offset for number, offset in offsets.items() if number in self._committed}
        )

    def positions(self) -> Mapping[int, Position]:
        found = {}
        for place in self._consumer.assignment():
            end, done = self._consumer.highwater(place), self._committed.get(place.partition)
            if done is not None:
                number = place.partition
                is_all_done = self._given.get(number, 0) <= done
                read = max(done, self._passed.get(number, 0)) if is_all_done else done
                lag = 0 if end is None else max(0, end - read)
                found[number] = Position(done, lag)
        return found

    async def _settle(self) -> None:
        """Commit where the group begins on partitions of which the broker knows nothing.

        `latest` would be another place after a crash, and what came between would be lost.
        """
        assigned = {place.partition for place in self._consumer.assignment()}
        for number in assigned - self._committed.keys():
            place = TopicPartition(self._topic, number)
            done = await self._consumer.committed(place)
            if done is None:
                await self._go_to_begin(place)
                done = await self._consumer.position(place)
                await self._consumer.commit({place: done})
            self._committed[number] = done

    async def _go_to_begin(self, place: TopicPartition) -> None:
        """Go to where the group has left it: a broker forgets that of a group that rests for a week."""
        left = self._left.get(place.partition)
        if left is not None and await self._is_same(place, left):
            first = (await self._consumer.beginning_offsets([place]))[place]
            self._consumer.seek(place, max(first, left.offset))
        elif self._is_late:
            now = len(self._consumer.partitions_for_topic(self._topic) or ())
            if place.partition < await self._begun(now):
                await self._consumer.seek_to_end(place)

    async def _is_same(self, place: TopicPartition, left: Left) -> bool:
        """Return whether it is still the partition that was left, and not one of a topic that was made anew.

        That one has fewer records, or has written those before the offset later.
        """
        end = (await self._consumer.end_offsets([place]))[place]
        after = int((left.at + SKEW_SECONDS) * 1000)
        later = (await self._consumer.offsets_for_times({place: after}))[place]
        return left.offset <= end and (later is None or later.offset >= left.offset)


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no annotations
    """Tells a reader which partitions go."""

    def __init__(self, reader: KafkaReader) -> None:
        self._reader = reader

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        self._reader.revoked({place.partition for place in revoked})

    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        del assigned
