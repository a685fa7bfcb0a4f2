"""`Bus` on Kafka: each event at least once to each group, those of one key in order."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka import (
    AIOKafkaConsumer,
    AIOKafkaProducer,
    ConsumerRebalanceListener,
    ConsumerRecord,
    TopicPartition,
)
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from aiokafka.errors import KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker

from alur_common.bus import Handler, Wanted
from alur_common.events import Event
from alur_common.kafka.encoding import event_of, record_of
from alur_common.kafka.partitions import Progress
from alur_common.kafka.topics import BY_NAME, dead_letter_topic
from alur_common.telemetry import Metrics
from alur_common.telemetry.logs import get_logger
from alur_sdk.errors import AlurError, InvalidError, UnavailableError

MOST_IN_FLIGHT = 2_000
"""Records of one group in this process; from so many on its partitions are paused."""
MOST_AT_ONCE = 500
POLL_MS = 1_000
COMMIT_SECONDS = 0.1
REVOKE_SECONDS = 5.0
ATTEMPTS = 3
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 5.0
SESSION_MS = 6_000
_log = get_logger("alur.bus")


@dataclass(frozen=True, slots=True)
class _Subscription:
    """Who wants the events of one topic."""

    event: type[Event]
    handler: Handler
    when: Wanted | None


class KafkaBus:
    """The bus of one process. Subscribe first, then `start`; `close` commits what has had its effect."""

    def __init__(self, servers: str, *, service: str, worker: str, metrics: Metrics) -> None:
        self._servers = servers
        self._worker = worker
        self._source = f"/alur/{service}".encode()
        self._groups: dict[str, _Group] = {}
        # FastStream makes and keeps the consumers. What it does around each record that is sent or handled costs more than
        # the record itself, so records go by a producer of ours, and are fetched from its consumers in batches.
        self._broker = KafkaBroker(
            servers,
            client_id=worker,
            consumer_only=True,
            logger=None,
            allow_auto_create_topics=False,
        )
        self._producer: AIOKafkaProducer | None = None
        self._published = metrics.counter(
            "bus_published_total", "Events that the broker has taken.", ("topic",)
        )
        self._handled = metrics.counter(
            "bus_handled_total",
            "Events that had their effect, or were buried.",
            ("topic", "result"),
        )

    def subscribe(
        self,
        event: type[Event],
        group: str,
        handler: Handler,
        *,
        when: Wanted | None = None,
        broadcast: bool = False,
    ) -> None:
        known = self._groups.get(group)
        if known is None:
            known = self._groups[group] = _Group(self, group, is_broadcast=broadcast)
        known.add(_Subscription(event, handler, when))

    async def start(self) -> None:
        """Connect, and begin to deliver. Raises `UnavailableError` when Kafka is out of reach."""
        for group in self._groups.values():
            group.declare(self._broker, self._worker)
        producer = AIOKafkaProducer(
            bootstrap_servers=self._servers,
            client_id=self._worker,
            acks="all",
            enable_idempotence=True,
            compression_type="lz4",
        )
        try:
            await producer.start()
            self._producer = producer
            await self._broker.start()
        except KafkaError as error:
            raise UnavailableError(f"Kafka at {self._servers} is out of reach: {error}") from error
        for group in self._groups.values():
            group.begin()

    async def close(self) -> None:
        """Stop to fetch, wait a while for what is being handled, commit, and leave the groups."""
        await asyncio.gather(*(group.stop() for group in self._groups.values()))
        await self._broker.stop()
        if self._producer is not None:
            await self._producer.stop()
            self._producer = None

    async def publish(self, event: Event) -> None:
        key, value, headers = record_of(event, self._source)
        await self.send(event.topic, key, value, headers)
        self._published.labels(event.topic).inc()

    async def send(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        headers: Sequence[tuple[str, bytes]],
    ) -> None:
        """Send a record and wait until the broker has it. Raises `UnavailableError` when it has not."""
        if self._producer is None:
            raise UnavailableError("the bus is not connected")
        try:
            await self._producer.send_and_wait(topic, value, key=key, headers=headers)
        except KafkaError as error:
            raise UnavailableError(f"Kafka did not take an event: {error}") from error

    def handled(self, topic: str, result: str) -> None:
        """Count an event."""
        self._handled.labels(topic, result).inc()


class _Group:
    """One consumer group in this process: its consumer, and what it is busy with."""

    def __init__(self, bus: KafkaBus, name: str, *, is_broadcast: bool) -> None:
        self._bus = bus
        self._name = name
        self._is_broadcast = is_broadcast
        self._subscriptions: dict[str, _Subscription] = {}
        self._subscriber: Any = None
        self._progress: dict[TopicPartition, Progress] = {}
        self._queues: dict[tuple[str, bytes | None], deque[ConsumerRecord[Any, Any]]] = {}
        self._working: set[asyncio.Task[None]] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._is_paused = False

    def add(self, subscription: _Subscription) -> None:
        """Subscribe; a second one of the same topic is a mistake and raises ValueError."""
        topic = subscription.event.topic
        if topic in self._subscriptions:
            raise ValueError(f"group {self._name} handles {topic} already")
        self._subscriptions[topic] = subscription

    def declare(self, broker: KafkaBroker, worker: str) -> None:
        """Say to the broker's library what will be consumed."""
        options: dict[str, Any] = {"auto_offset_reset": "latest", "ack_policy": AckPolicy.MANUAL}
        if not self._is_broadcast:
            options = {
                **options,
                "auto_offset_reset": "earliest",
                "group_id": f"alur-{self._name}",
                "group_instance_id": f"{worker}-{self._name}",
                "partition_assignment_strategy": [StickyPartitionAssignor],
                "session_timeout_ms": SESSION_MS,
                "heartbeat_interval_ms": SESSION_MS // 3,
                "listener": _Listener(self),
            }
        self._subscriber = broker.subscriber(*self._subscriptions, **options)

    @property
    def _consumer(self) -> AIOKafkaConsumer | None:
        """The consumer, None before the start and after the end."""
        return None if self._subscriber is None else self._subscriber.consumer

    def begin(self) -> None:
        """Fetch and handle from now on."""
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._fetch())]
        if not self._is_broadcast:
            self._tasks.append(loop.create_task(self._commit_again_and_again()))

    async def stop(self) -> None:
        """Fetch no more, wait a while for what is being handled, and commit."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._working:
            await asyncio.wait(self._working, timeout=REVOKE_SECONDS)
        for task in self._working:
            task.cancel()
        await self.commit()

    async def revoked(self, partitions: Sequence[TopicPartition]) -> None:
        """Let go of partitions: wait a while for what is being handled, commit, and forget the rest."""
        until = time.monotonic() + REVOKE_SECONDS
        while self._working and any(
            self._progress[p].in_flight for p in partitions if p in self._progress
        ):
            if time.monotonic() > until:
                break
            await asyncio.wait(self._working, timeout=0.1, return_when=asyncio.FIRST_COMPLETED)
        await self.commit()
        for partition in partitions:
            self._progress.pop(partition, None)

    async def _fetch(self) -> None:
        consumer = self._consumer
        while consumer is not None:
            try:
                batches = await consumer.getmany(timeout_ms=POLL_MS, max_records=MOST_AT_ONCE)
            except KafkaError as error:
                _log.warning("nothing fetched", group=self._name, reason=str(error))
                await asyncio.sleep(FIRST_PAUSE_SECONDS)
                continue
            for partition, records in batches.items():
                progress = self._progress.setdefault(partition, Progress())
                for record in records:
                    progress.begin(record.offset)
                    self._take(record)
            self._hold_back(consumer)

    def _hold_back(self, consumer: AIOKafkaConsumer) -> None:
        """Pause all partitions while too much is under way, and resume at half of it."""
        under_way = sum(progress.in_flight for progress in self._progress.values())
        if under_way >= MOST_IN_FLIGHT and not self._is_paused:
            consumer.pause(*consumer.assignment())
            self._is_paused = True
        elif self._is_paused and under_way <= MOST_IN_FLIGHT // 2:
            consumer.resume(*consumer.assignment())
            self._is_paused = False

    def _take(self, record: ConsumerRecord[Any, Any]) -> None:
        """Queue a record behind those of its key."""
        place = (record.topic, record.key)
        queue = self._queues.get(place)
        if queue is not None:
            queue.append(record)
            return
        self._queues[place] = deque((record,))
        task = asyncio.get_running_loop().create_task(self._work(place))
        self._working.add(task)
        task.add_done_callback(self._working.discard)

    async def _work(self, place: tuple[str, bytes | None]) -> None:
        queue = self._queues[place]
        try:
            while queue:
                record = queue[0]
                await self._handle(record)
                progress = self._progress.get(TopicPartition(record.topic, record.partition))
                if progress is not None:
                    progress.finish(record.offset)
                queue.popleft()
        finally:
            del self._queues[place]

    async def _handle(self, record: ConsumerRecord[Any, Any]) -> None:
        """Handle a record until it has had its effect, or bury it."""
        subscription = self._subscriptions[record.topic]
        try:
            event = event_of(subscription.event, record.key, record.value, record.headers)
        except InvalidError as error:
            await self._bury(record, 1, error)
            return
        if subscription.when is not None and not subscription.when(event):
            return
        attempt = 0
        while True:
            attempt += 1
            try:
                effect = await subscription.handler(event)
                if effect is not None and not self._is_broadcast:
                    await effect
            except Exception as error:  # noqa: BLE001 the outermost loop of every handler
                if await self._is_over(record, attempt, error):
                    return
            else:
                self._bus.handled(record.topic, "done")
                return

    async def _is_over(
        self, record: ConsumerRecord[Any, Any], attempt: int, error: Exception
    ) -> bool:
        """Wait before the next attempt; or, when there will be none, bury the record and return True."""
        is_for_a_while = isinstance(error, AlurError) and error.retryable
        _log.warning(
            "event handler failed",
            topic=record.topic,
            group=self._name,
            attempt=attempt,
            exc_info=None if is_for_a_while else error,
            reason=str(error),
        )
        if attempt >= ATTEMPTS and not is_for_a_while:
            await self._bury(record, attempt, error)
            return True
        pause = FIRST_PAUSE_SECONDS * 2.0 ** min(attempt - 1, 10)
        await asyncio.sleep(min(pause, LONGEST_PAUSE_SECONDS))
        return False

    async def _bury(self, record: ConsumerRecord[Any, Any], attempt: int, error: Exception) -> None:
        """Put a record, as it came, into the group's dead letters, with why."""
        self._bus.handled(record.topic, "buried")
        if self._is_broadcast or self._name not in BY_NAME[record.topic].groups:
            return  # the group that keeps what happens has it too
        why = {
            "dlq-topic": record.topic,
            "dlq-partition": str(record.partition),
            "dlq-offset": str(record.offset),
            "dlq-group": self._name,
            "dlq-attempt": str(attempt),
            "dlq-error-type": type(error).__name__,
            "dlq-error-message": str(error)[:1000],
            "dlq-time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        }
        headers = [*record.headers, *((name, value.encode()) for name, value in why.items())]
        target = dead_letter_topic(record.topic, self._name)
        pause = FIRST_PAUSE_SECONDS
        while True:
            try:
                await self._bus.send(target, record.key, record.value, headers)
            except UnavailableError as out_of_reach:
                _log.warning("dead letter not kept", topic=target, reason=out_of_reach.message)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
            else:
                return

    async def _commit_again_and_again(self) -> None:
        while True:
            await asyncio.sleep(COMMIT_SECONDS)
            await self.commit()

    async def commit(self) -> None:
        """Commit what lies before the first record that has not had its effect, partition by partition."""
        consumer = self._consumer
        if self._is_broadcast or consumer is None:
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
            # The partitions went to another member: it reads again what was not committed.
            _log.warning("offsets not committed", group=self._name, reason=type(error).__name__)
            return
        for partition, offset in offsets.items():
            if partition in self._progress:
                self._progress[partition].committed(offset)


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no annotations
    """Tells a group of partitions that come and go."""

    def __init__(self, group: _Group) -> None:
        self._group = group

    async def on_partitions_revoked(self, revoked: Sequence[TopicPartition]) -> None:
        await self._group.revoked(revoked)

    async def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:
        """They are known when their first record comes."""
