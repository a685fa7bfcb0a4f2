"""One group's handlers: from a record to its effect, its next attempt, or its end."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiokafka import ConsumerRecord

from alur_common.blobs import Blobs
from alur_common.bus import Handler, PoisonError, Wanted
from alur_common.events import Event
from alur_common.kafka.counting import Counts
from alur_common.kafka.encoding import event_of
from alur_common.kafka.payloads import BLOB, value_of
from alur_common.kafka.retrying import (
    FOR_GROUP,
    MESSAGE_CHARACTERS,
    OMITTED,
    Place,
    Sent,
    dead_headers,
    is_for_a_while,
    next_retry,
    pause_seconds,
    place_of,
    retry_headers,
)
from alur_common.kafka.sending import Sender
from alur_common.kafka.topics import RETRIES, dead_letter_topic, retry_topic
from alur_common.kafka.tracing import processing
from alur_common.telemetry.logs import get_logger
from alur_common.telemetry.tracing import Tracer
from alur_sdk.errors import InvalidError, TooLargeError, UnavailableError

_log = get_logger("alur.bus")


@dataclass(frozen=True, slots=True)
class Subscription:
    """Who wants the events of one topic."""

    event: type[Event]
    handler: Handler
    when: Wanted | None


class Handling:
    """Handles records of a group. Everything may be done twice; nothing is left undone without a word."""

    def __init__(
        self,
        group: str,
        sender: Sender,
        blobs: Blobs | None,
        counts: Counts,
        *,
        is_broadcast: bool,
        tracer: Tracer | None = None,
    ) -> None:
        self.group = group
        self.label = "broadcast" if is_broadcast else group
        self.counts = counts
        self._name = group.encode()
        self._sender = sender
        self._blobs = blobs
        self._is_broadcast = is_broadcast
        self._tracer = tracer
        self._by_topic: dict[str, Subscription] = {}

    def add(self, subscription: Subscription) -> None:
        """Subscribe; a second one of the same topic is a mistake and raises ValueError."""
        topic = subscription.event.topic
        if topic in self._by_topic:
            raise ValueError(f"group {self.group} handles {topic} already")
        self._by_topic[topic] = subscription
        if not self._is_broadcast:
            for delay in RETRIES:
                self._by_topic[retry_topic(topic, delay)] = subscription

    def topics(self) -> list[str]:
        """Return what is to be read: what was subscribed to, and the topics of its retries."""
        return list(self._by_topic)

    def base(self, topic: str) -> str:
        """Return the topic that was subscribed to, of its own name or of one of its retries."""
        return self._by_topic[topic].event.topic

    async def handle(self, record: ConsumerRecord[Any, Any]) -> None:
        """Handle a record until it has had its effect, or stands in another topic."""
        headers: Mapping[str, bytes | None] = dict(record.headers)
        if self._tracer is None:
            await self._handle(record, headers)
            return
        place = place_of(record, headers)
        with processing(self._tracer, record, headers, place, self.group) as span:
            if await self._handle(record, headers) == "unwanted":
                span.drop()

    async def _handle(
        self, record: ConsumerRecord[Any, Any], headers: Mapping[str, bytes | None]
    ) -> str:
        """Do so and return what became of it."""
        subscription = self._by_topic[record.topic]
        result, attempt = "", 0
        while not result:
            attempt += 1
            try:
                result = await self._try(subscription, record, headers)
            except Exception as error:  # noqa: BLE001  # the outermost loop of every handler
                if is_for_a_while(error):
                    await self._wait(record, attempt, error)
                else:
                    result = await self._failed(record, headers, error)
        self.counts.handled(self.label, subscription.event.topic, result).inc()
        return result

    async def _try(
        self,
        subscription: Subscription,
        record: ConsumerRecord[Any, Any],
        headers: Mapping[str, bytes | None],
    ) -> str:
        wanted = headers.get(FOR_GROUP)
        if wanted is not None and wanted != self._name:
            return "unwanted"
        event = await self._read(subscription.event, record, headers)
        if subscription.when is not None and not subscription.when(event):
            return "unwanted"
        effect = await subscription.handler(event)
        if effect is not None and not self._is_broadcast:
            await effect
        return "done"

    async def _read(
        self,
        kind: type[Event],
        record: ConsumerRecord[Any, Any],
        headers: Mapping[str, bytes | None],
    ) -> Event:
        try:
            value = record.value
            if BLOB in headers:
                value = await value_of(value, headers, self._blobs)
            return event_of(kind, record.key, value, headers)
        except InvalidError as error:
            raise PoisonError(error.message) from error

    async def _wait(self, record: ConsumerRecord[Any, Any], attempt: int, error: Exception) -> None:
        self.counts.retries(self.label, self.base(record.topic)).inc()
        _log.warning(
            "event handler waits",
            topic=record.topic,
            group=self.group,
            attempt=attempt,
            reason=str(error)[:MESSAGE_CHARACTERS],
        )
        await asyncio.sleep(pause_seconds(attempt))

    async def _failed(
        self,
        record: ConsumerRecord[Any, Any],
        headers: Mapping[str, bytes | None],
        error: Exception,
    ) -> str:
        """Send a record on to its next attempt, or to the dead letters; broadcasts have neither. Return what became of it."""
        topic, place = self.base(record.topic), place_of(record, headers)
        later = None if isinstance(error, PoisonError) else next_retry(place, topic)
        is_last = self._is_broadcast or later is None
        self._tell(place, error, is_last=is_last)
        if self._is_broadcast:
            return "dropped"
        if later is not None:
            await self._send_on(later, record, retry_headers(record, place, self.group))
            self.counts.retries(self.label, topic).inc()
            return "retried"
        target = dead_letter_topic(topic, self.group)
        await self._send_on(target, record, dead_headers(record, place, self.group, error))
        self.counts.dead(self.label, topic).inc()
        return "buried"

    async def _send_on(self, topic: str, record: ConsumerRecord[Any, Any], headers: Sent) -> None:
        """Send a record to another topic as it came, however long Kafka cannot be reached."""
        # aiokafka sends no record that has neither key nor value; what is sent in its place is as empty.
        value = b"" if record.key is None and record.value is None else record.value
        attempt = 0
        while True:
            attempt += 1
            try:
                await self._sender.send(topic, record.key, value, headers)
            except UnavailableError as error:
                _log.warning("record not sent on", topic=topic, reason=error.message)
                await asyncio.sleep(pause_seconds(attempt))
            except TooLargeError as error:
                # It came from a broker that takes more than this topic does: its place is known, its content is not kept.
                _log.error("content not sent on", topic=topic, reason=error.message)
                headers = [*headers, (OMITTED, str(len(value or b"")).encode())]
                value = b""
            else:
                return

    def _tell(self, place: Place, error: Exception, *, is_last: bool) -> None:
        log = _log.error if is_last else _log.warning
        log(
            "event given up" if is_last else "event handler failed",
            topic=place.topic,
            partition=place.partition,
            offset=place.offset,
            group=self.group,
            attempt=place.failures + 1,
            reason=str(error)[:MESSAGE_CHARACTERS],
            exc_info=None if isinstance(error, PoisonError) else error,
        )
