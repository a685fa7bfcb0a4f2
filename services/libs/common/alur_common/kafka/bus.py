"""`Bus` on Kafka: each event at least once to each group, those of one key in order."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from aiokafka.errors import KafkaError
from faststream.kafka import KafkaBroker

from alur_common.blobs import Blobs
from alur_common.bus import Handler, Wanted
from alur_common.events import Event
from alur_common.kafka.clients import security_of
from alur_common.kafka.counting import Counts
from alur_common.kafka.encoding import record_of
from alur_common.kafka.group import Group
from alur_common.kafka.handling import Handling, Subscription
from alur_common.kafka.header_names import take_any_header_name
from alur_common.kafka.payloads import put_aside
from alur_common.kafka.sending import Sender
from alur_common.kafka.settings import KafkaSettings, settings_of
from alur_common.kafka.topics import RETRIES
from alur_common.kafka.tracing import sending, with_trace
from alur_common.telemetry import Metrics, get_logger
from alur_common.telemetry.tracing import NOTHING, Span, Tracer
from alur_sdk.errors import UnavailableError

ATTEMPTS = 1 + len(RETRIES)
"""So often an event is tried that fails by itself; what is out of reach for a while counts as no attempt."""

MOST_TOLD = 10_000
"""Hints that are on their way to the broker."""
CLOSE_SECONDS = 5.0
_log = get_logger("alur.bus")


class KafkaBus:
    """The bus of one process. Subscribe first, then `start`; `close` commits what has had its effect.

    `worker` is a name of this process that is the same after a restart: who comes back under it within the
    session goes on with its partitions, and the other members notice nothing. With `leaves` it gives them up when it
    is closed.
    """

    def __init__(
        self,
        settings: KafkaSettings | str,
        *,
        service: str,
        worker: str,
        leaves: bool = False,
        metrics: Metrics,
        tracer: Tracer | None = None,
        blobs: Blobs | None = None,
        delays: Mapping[str, float] | None = None,
    ) -> None:
        """`settings` may be the servers alone. `delays` are the seconds of the retry topics by their names."""
        settings = settings_of(settings)
        self._settings = settings
        self._worker = worker
        self._leaves = leaves
        self._source = f"/alur/{service}".encode()
        self._tracer = tracer
        self._blobs = blobs
        self._delays = RETRIES if delays is None else delays
        self._groups: dict[str, Group] = {}
        self._counts = Counts(metrics)
        # FastStream makes and keeps the consumers; why the rest is ours is said in the README of the library.
        self._broker = KafkaBroker(
            settings.servers.split(","),
            client_id=worker,
            consumer_only=True,
            logger=None,
            allow_auto_create_topics=False,
            security=security_of(settings),
        )
        self._sender = Sender(settings, worker)
        self._telling: set[asyncio.Task[None]] = set()

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
            handling = Handling(
                group,
                self._sender,
                self._blobs,
                self._counts,
                is_broadcast=broadcast,
                tracer=self._tracer,
            )
            known = self._groups[group] = Group(handling, self._delays, is_broadcast=broadcast)
        known.handling.add(Subscription(event, handler, when))

    async def start(self) -> None:
        """Connect, and begin to deliver. Raises `UnavailableError` when Kafka is out of reach."""
        take_any_header_name()
        for group in self._groups.values():
            group.declare(self._broker, self._worker, leaves=self._leaves)
        try:
            await self._sender.start()
            await self._broker.start()
            await asyncio.gather(*(group.begin() for group in self._groups.values()))
        except (KafkaError, TimeoutError) as error:
            message = f"Kafka at {self._settings.servers} is out of reach: {error}"
            raise UnavailableError(message) from error

    async def rest(self) -> None:
        """Fetch no more, wait a while for what is being handled, commit, and leave the groups; what is published goes out."""
        await asyncio.gather(*(group.stop() for group in self._groups.values()))
        await self._broker.stop()

    async def close(self) -> None:
        """Rest, send what is still to be sent, and disconnect."""
        await self.rest()
        if self._telling:
            await asyncio.wait(self._telling, timeout=CLOSE_SECONDS)
        await self._sender.stop()

    async def reach(self) -> None:
        """Raise `UnavailableError` when no broker answers, and whatever else has ended a group: that mends only a new process."""
        for group in self._groups.values():
            group.check()
        await self._sender.reach()

    async def publish(self, event: Event) -> None:
        """Hand the event to Kafka, and return once all replicas have it.

        Raises `UnavailableError` when it has not said so in time: it may have it all the same.
        """
        await self._publish(event, sending(event))

    async def _publish(self, event: Event, span: Span | None) -> None:
        with span or NOTHING:
            made = with_trace(record_of(event, self._source))
            record = await put_aside(made, self._blobs)
            await self._sender.send(event.topic, *record)
        self._counts.published(event.topic).inc()

    def tell(self, event: Event) -> None:
        """Publish in the background; what cannot be, or is too much at once, is counted and left to the store."""
        if len(self._telling) >= MOST_TOLD:
            self._counts.untold(event.topic).inc()
            return
        # What it is sent within may be over before it is sent.
        task = asyncio.get_running_loop().create_task(self._tell(event, sending(event)))
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _tell(self, event: Event, span: Span | None) -> None:
        try:
            await self._publish(event, span)
        except UnavailableError as error:
            self._counts.untold(event.topic).inc()
            _log.warning("hint not published", topic=event.topic, reason=error.message)
