"""Records out: idempotent, acknowledged by all replicas, those that are sent at once in one request."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence

from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    KafkaError,
    MessageSizeTooLargeError,
    OutOfOrderSequenceNumber,
    ProducerClosed,
    ProducerFenced,
)

from alur_common.kafka.settings import KafkaSettings
from alur_common.kafka.topics import MARGIN_BYTES, RECORD_BYTES
from alur_common.telemetry.logs import get_logger
from alur_sdk.errors import TooLargeError, UnavailableError

SEND_SECONDS = 30.0
"""So long a caller waits for the acknowledgement. The record may still arrive after that."""
_log = get_logger("alur.bus")


class Sender:
    """One producer; a new one takes its place when the broker has lost track of it."""

    def __init__(self, settings: KafkaSettings, client: str) -> None:
        self._settings = settings
        self._client = client
        self._producer: AIOKafkaProducer | None = None
        self._renewal = asyncio.Lock()

    async def start(self) -> None:
        """Connect. Raises `KafkaError` when Kafka is out of reach."""
        producer = AIOKafkaProducer(
            **self._settings.options(),
            client_id=self._client,
            acks="all",
            enable_idempotence=True,
            compression_type="lz4",
            max_request_size=RECORD_BYTES + MARGIN_BYTES,
        )
        try:
            await producer.start()
        except BaseException:
            await producer.stop()
            raise
        self._producer = producer

    async def stop(self) -> None:
        """Send what is still to be sent, and disconnect."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await producer.stop()

    async def reach(self) -> None:
        """Ask for what the brokers know of themselves. Raises `UnavailableError` when none answers."""
        producer = self._producer
        if producer is None or not await producer.client.force_metadata_update():
            raise UnavailableError(f"no broker of {self._settings.servers} answers")

    async def send(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        headers: Sequence[tuple[str, bytes | None]],
    ) -> None:
        """Send a record and wait until the broker has it.

        Raises `UnavailableError` when it has not said so in time, `TooLargeError` for what it never takes.
        """
        producer = self._producer
        if producer is None:
            raise UnavailableError("the bus is not connected")
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await producer.send_and_wait(topic, value, key=key, headers=headers)
        except TimeoutError as error:
            raise UnavailableError("Kafka has not acknowledged an event in time") from error
        except MessageSizeTooLargeError as error:
            raise TooLargeError(f"an event is larger than Kafka takes: {error}") from error
        except KafkaError as error:
            if is_lost(error):
                await self._renew(producer)
            raise UnavailableError(f"Kafka did not take an event: {error}") from error

    async def _renew(self, lost: AIOKafkaProducer) -> None:
        async with self._renewal:
            was_replaced = self._producer is not lost
            if was_replaced:
                return
            _log.warning("producer is made anew")
            try:
                await self.start()
            except KafkaError as error:
                _log.warning("producer not made", reason=str(error))
                return
        with contextlib.suppress(KafkaError):
            await lost.stop()


def is_lost(error: KafkaError) -> bool:
    """Whether this producer can send nothing any more."""
    # Its sender ends with a bare KafkaError on what it did not expect.
    ends = (OutOfOrderSequenceNumber, ProducerFenced, ProducerClosed)
    return isinstance(error, ends) or type(error) is KafkaError
