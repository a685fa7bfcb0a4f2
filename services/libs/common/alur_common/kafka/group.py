"""One consumer group in this process: its consumer, what it is busy with, and what it has committed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from aiokafka.errors import ConsumerStoppedError, KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker

from alur_common.kafka.handling import Handling
from alur_common.kafka.keys import KeyedWork
from alur_common.kafka.leaving import leave_at_stop
from alur_common.kafka.partitions import Progress
from alur_common.kafka.readiness import group_id
from alur_common.kafka.retrying import pause_seconds
from alur_common.kafka.topics import retry_topic
from alur_common.kafka.waiting import Waiting
from alur_common.telemetry.logs import get_logger

MOST_IN_FLIGHT = 2_000
"""Records of one group in this process; from so many on its partitions are paused, until half of them are left."""
MOST_AT_ONCE = 500
POLL_MS = 1_000
COMMIT_SECONDS = 0.1
LOOK_SECONDS = 1.0
REVOKE_SECONDS = 5.0
POSITION_SECONDS = 30.0
"""So long a start waits to learn where a broadcast begins."""
SESSION_MS = 6_000
_log = get_logger("alur.bus")


class _Taken(NamedTuple):
    progress: Progress
    record: ConsumerRecord[Any, Any]


class Group:
    """Fetches, hands over, and commits only what lies before the first record that has not had its effect."""

    def __init__(
        self, handling: Handling, delays: Mapping[str, float], *, is_broadcast: bool
    ) -> None:
        self.handling = handling
        self._is_broadcast = is_broadcast
        self._subscriber: Any = None
        self._delays = delays
        self._progress: dict[TopicPartition, Progress] = {}
        self._work: KeyedWork[_Taken] = KeyedWork(self._handle)
        self._waiting = Waiting({}, self._take, self._hold_back)
        self._tasks: list[asyncio.Task[None]] = []
        self._leaves = False
        self._in_flight = 0
        self._is_full = False
        self._finished = asyncio.Event()
        """Something has, since offsets were committed."""

    def declare(self, broker: KafkaBroker, worker: str, *, leaves: bool) -> None:
        """Say to the broker's library what will be consumed; a member that `leaves` gives its place up at its stop."""
        self._leaves = leaves and not self._is_broadcast
        topics = self.handling.topics()
        self._waiting = Waiting(
            {
                retry_topic(self.handling.base(topic), name): seconds
                for topic in topics
                for name, seconds in self._delays.items()
            },
            self._take,
            self._hold_back,
        )
        name = self.handling.group
        options: dict[str, Any] = {"auto_offset_reset": "latest", "ack_policy": AckPolicy.MANUAL}
        if not self._is_broadcast:
            # The assignor keeps what it assigned in its class: each group has its own.
            sticky = type("Sticky", (StickyPartitionAssignor,), {})
            options = {
                **options,
                "auto_offset_reset": "earliest",
                # Whoever sends events from outside may do so in transactions.
                "isolation_level": "read_committed",
                "group_id": group_id(name),
                "group_instance_id": f"{worker}-{name}",
                "partition_assignment_strategy": [sticky],
                "session_timeout_ms": SESSION_MS,
                "heartbeat_interval_ms": SESSION_MS // 3,
                "listener": _Listener(self),
            }
        self._subscriber = broker.subscriber(*topics, **options)

    @property
    def _consumer(self) -> AIOKafkaConsumer | None:
        """The consumer, None before the start and after the end."""
        return None if self._subscriber is None else self._subscriber.consumer

    async def begin(self) -> None:
        """Fetch and handle from now on; a broadcast concerns what is published once this returns."""
        consumer = self._consumer
        if consumer is None:
            return
        if self._is_broadcast:
            async with asyncio.timeout(POSITION_SECONDS):
                await asyncio.gather(*map(consumer.position, consumer.assignment()))
        loop = asyncio.get_running_loop()
        self._tasks = [
            loop.create_task(self._fetch(consumer)),
            loop.create_task(self._commit_again_and_again(consumer)),
        ]

    def check(self) -> None:
        """Raise what has ended this group before its stop: nothing brings it back, and its partitions stand still."""
        for task in self._tasks:
            if task.done() and not task.cancelled():
                task.result()
                raise RuntimeError(f"the group {self.handling.group} reads no more")

    async def stop(self) -> None:
        """Fetch no more, wait a while for what is being handled, and commit; its consumer is stopped after that."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._waiting.drop(list(self._waiting.partitions()))
        if self._work.tasks:
            await asyncio.wait(self._work.tasks, timeout=REVOKE_SECONDS)
        await self._work.cancel()
        await self._commit_in_time()
        if self._leaves and self._consumer is not None:
            leave_at_stop(self._consumer)

    async def revoked(self, partitions: Collection[TopicPartition]) -> None:
        """Let go of partitions: wait a while for what is being handled, commit, and drop the rest.

        The consumer fetches nothing meanwhile.
        """
        self._waiting.drop(partitions)
        going = [self._progress[p] for p in partitions if p in self._progress]
        until = time.monotonic() + REVOKE_SECONDS
        while any(p.in_flight for p in going) and self._work.tasks and time.monotonic() < until:
            await asyncio.wait(
                self._work.tasks, timeout=COMMIT_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
        await self._commit_in_time()
        for partition in partitions:
            self._progress.pop(partition, None)
        for progress in going:
            self._in_flight -= progress.in_flight
            progress.forget()
        self._work.drop(lambda taken: taken.progress in going)

    def assigned(self) -> None:
        """Partitions came: they are not paused yet, whatever they were before."""
        self._is_full = False
        self._hold_back()

    async def _fetch(self, consumer: AIOKafkaConsumer) -> None:
        failures = 0
        while True:
            try:
                batches = await consumer.getmany(timeout_ms=POLL_MS, max_records=MOST_AT_ONCE)
                failures = 0
            except ConsumerStoppedError:
                return
            except KafkaError as error:
                failures += 1
                _log.warning("nothing fetched", group=self.handling.group, reason=repr(error))
                await asyncio.sleep(pause_seconds(failures))
                continue
            for partition, records in batches.items():
                if self._waiting.concerns(partition):
                    self._waiting.hold(partition, records)
                else:
                    for record in records:
                        self._take(partition, record)
            self._hold_back()

    def _take(self, partition: TopicPartition, record: ConsumerRecord[Any, Any]) -> None:
        """Queue a record behind those of its key."""
        progress = self._progress.get(partition)
        if progress is None:
            progress = self._progress[partition] = Progress()
        progress.begin(record.offset, record.timestamp)
        self._in_flight += 1
        topic = self.handling.base(record.topic)
        key = (topic, record.key) if record.key else (topic, record.partition, record.offset)
        self._work.put(key, _Taken(progress, record))

    async def _handle(self, taken: _Taken) -> None:
        await self.handling.handle(taken.record)
        if taken.progress.finish(taken.record.offset):
            self._finished.set()
            self._in_flight -= 1
            if self._is_full:
                self._hold_back()

    def _hold_back(self) -> None:
        """Pause all partitions while too much is under way, and those whose records wait."""
        self._is_full = self._in_flight > (MOST_IN_FLIGHT // 2 if self._is_full else MOST_IN_FLIGHT)
        consumer = self._consumer
        if consumer is None or not (
            self._is_full or self._waiting.partitions() or consumer.paused()
        ):
            return
        assigned, paused = consumer.assignment(), consumer.paused()
        wanted = assigned if self._is_full else assigned & set(self._waiting.partitions())
        consumer.pause(*(wanted - paused))
        consumer.resume(*((paused & assigned) - wanted))

    async def _commit_again_and_again(self, consumer: AIOKafkaConsumer) -> None:
        looked = 0.0
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._finished.wait()
            if self._finished.is_set():
                await asyncio.sleep(COMMIT_SECONDS)  # what finishes meanwhile goes along
                await self._commit(consumer)
            if time.monotonic() - looked > LOOK_SECONDS:
                looked = time.monotonic()
                self._look(consumer)

    async def _commit_in_time(self) -> None:
        consumer = self._consumer
        if consumer is None:
            return
        try:
            async with asyncio.timeout(REVOKE_SECONDS):
                await self._commit(consumer)
        except TimeoutError:
            self._finished.set()
            _log.warning("offsets not committed", group=self.handling.group, reason="in time")

    async def _commit(self, consumer: AIOKafkaConsumer) -> None:
        """Commit what lies before the first record that has not had its effect, partition by partition."""
        if not self._finished.is_set():
            return
        self._finished.clear()
        if self._is_broadcast:
            return
        assigned = consumer.assignment()
        offsets = {
            partition: offset
            for partition, progress in self._progress.items()
            if partition in assigned and (offset := progress.committable()) is not None
        }
        if not offsets:
            return
        try:
            await consumer.commit(offsets)
        except KafkaError as error:
            # The partitions went to another member, or the coordinator moves: what was not committed is read again.
            self._finished.set()
            _log.warning("offsets not committed", group=self.handling.group, reason=repr(error))
            return
        for partition, offset in offsets.items():
            if partition in self._progress:
                self._progress[partition].committed(offset)

    def _look(self, consumer: AIOKafkaConsumer) -> None:
        """Tell how far behind the group is in what this process has of it."""
        lag = dict.fromkeys((self.handling.base(topic) for topic in self.handling.topics()), 0)
        oldest: list[int] = []
        for partition, progress in self._progress.items():
            if progress.oldest is not None:
                oldest.append(progress.oldest)
            end = consumer.highwater(partition) if partition in consumer.assignment() else None
            if end is not None and progress.position is not None:
                lag[self.handling.base(partition.topic)] += max(0, end - progress.position)
        counts, label = self.handling.counts, self.handling.label
        for topic, records in lag.items():
            counts.lag.labels(topic, label).set(records)
        age = time.time() - min(oldest) / 1000 if oldest else 0.0
        counts.oldest.labels(label).set(max(0.0, age))


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no annotations
    """Tells a group of partitions that come and go."""

    def __init__(self, group: Group) -> None:
        self._group = group

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        await self._group.revoked(revoked)

    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        del assigned
        self._group.assigned()
