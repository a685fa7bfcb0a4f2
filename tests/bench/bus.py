"""What an event costs on Kafka: CPU and rate of sending and of reading, beside aiokafka alone and FastStream.

Run it as `python -m tests.bench.bus`; with `ALUR_TEST_KAFKA` it uses that broker, else it starts one.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from faststream import AckPolicy
from faststream.kafka import KafkaBroker

from alur_common.events import ExecutionAdmitted
from alur_common.kafka.admin import apply_topics
from alur_common.kafka.bus import KafkaBus
from alur_common.kafka.encoding import Record, record_of
from alur_common.telemetry import Metrics
from tools.servers import kafka

RECORDS = 20_000
SENDERS = 100
SLOW_RECORDS = 100
TOPIC = ExecutionAdmitted.topic
SOURCE = b"/alur/bench"
READ: dict[str, Any] = {"auto_offset_reset": "earliest"}


def event() -> ExecutionAdmitted:
    """Return an event of a key of its own."""
    return ExecutionAdmitted(uuid4().hex, "t")


def record() -> Record:
    """Return it as a record."""
    return record_of(event(), SOURCE)


def tell(name: str, cpu: float, seconds: float, count: int) -> None:
    """Print what one record cost."""
    sys.stdout.write(
        f"{name:<36} {cpu / count * 1e6:7.1f} us CPU {count / seconds:9.0f} a second\n"
    )


async def sending(name: str, send: Callable[[], Awaitable[Any]]) -> None:
    """Send from as many tasks as `SENDERS`, each waiting for its acknowledgements."""
    numbers: Iterator[int] = iter(range(RECORDS))

    async def work() -> None:
        for _ in numbers:
            await send()

    cpu, begun = time.process_time(), time.perf_counter()
    await asyncio.gather(*(work() for _ in range(SENDERS)))
    tell(name, time.process_time() - cpu, time.perf_counter() - begun, RECORDS)


async def senders(servers: str) -> None:
    """Measure how records are sent."""
    producer = AIOKafkaProducer(
        bootstrap_servers=servers, acks="all", enable_idempotence=True, compression_type="lz4"
    )
    await producer.start()

    async def bare() -> None:
        key, value, headers = record()
        await producer.send_and_wait(TOPIC, value, key=key, headers=headers)

    await sending("send, aiokafka", bare)
    await producer.stop()
    broker = KafkaBroker(
        servers, acks="all", enable_idempotence=True, compression_type="lz4", logger=None
    )
    await broker.start()

    async def by_faststream() -> None:
        key, value, headers = record()
        text = {name: content.decode() for name, content in headers}
        await broker.publish(value, TOPIC, key=key, headers=text)

    await sending("send, FastStream", by_faststream)
    await broker.stop()
    bus = KafkaBus(servers, service="bench", worker="bench", metrics=Metrics())
    await bus.start()
    await sending("send, KafkaBus.publish", lambda: bus.publish(event()))
    await bus.close()


class Counted:
    """A handler that counts, and lets wait until it has counted enough."""

    def __init__(self) -> None:
        self.left = RECORDS
        self.is_done = asyncio.Event()

    def count(self, records: int) -> None:
        self.left -= records
        if self.left <= 0:
            self.is_done.set()

    async def on_event(self, _: ExecutionAdmitted) -> None:
        self.count(1)


async def reading(
    name: str, read: Callable[[Counted], Awaitable[Callable[[], Awaitable[Any]]]]
) -> None:
    """Read all there is; `read` begins it and returns what ends it."""
    counted = Counted()
    cpu, begun = time.process_time(), time.perf_counter()
    end = await read(counted)
    await counted.is_done.wait()
    count = RECORDS - counted.left
    tell(name, time.process_time() - cpu, time.perf_counter() - begun, count)
    await end()


async def readers(servers: str) -> None:
    """Measure how records are read."""

    async def bare(counted: Counted) -> Callable[[], Awaitable[Any]]:
        consumer = AIOKafkaConsumer(
            TOPIC, bootstrap_servers=servers, group_id=uuid4().hex, enable_auto_commit=False, **READ
        )
        await consumer.start()
        while not counted.is_done.is_set():
            for records in (await consumer.getmany(timeout_ms=1000, max_records=500)).values():
                counted.count(len(records))
        stop: Callable[[], Awaitable[Any]] = consumer.stop
        return stop

    def by_faststream(
        *, batch: bool
    ) -> Callable[[Counted], Awaitable[Callable[[], Awaitable[Any]]]]:
        async def read(counted: Counted) -> Callable[[], Awaitable[Any]]:
            broker, end = faststream(servers, counted, batch=batch, **READ)
            await broker.start()
            return end

        return read

    async def by_bus(counted: Counted) -> Callable[[], Awaitable[Any]]:
        bus = KafkaBus(servers, service="bench", worker=uuid4().hex, metrics=Metrics())
        bus.subscribe(ExecutionAdmitted, uuid4().hex, counted.on_event)
        await bus.start()
        return bus.close

    await reading("read, aiokafka (no decoding)", bare)
    await reading("read, FastStream batches (same)", by_faststream(batch=True))
    await reading("read, FastStream singly (same)", by_faststream(batch=False))
    await reading("read, KafkaBus (decoded, in order)", by_bus)


def faststream(
    servers: str, counted: Counted, *, batch: bool, **options: Any
) -> tuple[KafkaBroker, Callable[[], Awaitable[Any]]]:
    """Return a broker with a subscriber of FastStream's own, and what ends it."""
    broker = KafkaBroker(servers, logger=None, allow_auto_create_topics=False)
    options |= {"group_id": uuid4().hex, "ack_policy": AckPolicy.MANUAL}

    async def raw(message: Any) -> Any:  # noqa: ANN401  # FastStream's own
        return message.raw_message

    if batch:

        async def on_batch(records: Any) -> None:  # noqa: ANN401  # the same
            counted.count(len(records))

        broker.subscriber(TOPIC, batch=True, max_records=500, decoder=raw, **options)(on_batch)
    else:

        async def on_record(_: Any) -> None:  # noqa: ANN401  # the same
            counted.count(1)

        broker.subscriber(TOPIC, decoder=raw, **options)(on_record)
    return broker, broker.stop


async def delays(servers: str) -> None:
    """Measure how long an event takes from before it is sent to its handler, one at a time, with pauses."""
    bus = KafkaBus(servers, service="bench", worker=uuid4().hex, metrics=Metrics())
    arrived: asyncio.Queue[float] = asyncio.Queue()

    async def handle(_: ExecutionAdmitted) -> None:
        arrived.put_nowait(time.perf_counter())

    async def on_batch(records: Any) -> None:  # noqa: ANN401  # FastStream's own
        for _ in records:
            arrived.put_nowait(time.perf_counter())

    bus.subscribe(ExecutionAdmitted, "bench", handle, broadcast=True)
    await bus.start()
    await delay("delay, KafkaBus", bus, arrived)
    await bus.close()
    bus = KafkaBus(servers, service="bench", worker=uuid4().hex, metrics=Metrics())
    await bus.start()
    broker = KafkaBroker(servers, logger=None, allow_auto_create_topics=False)
    broker.subscriber(TOPIC, batch=True, auto_offset_reset="latest")(on_batch)
    await broker.start()
    await asyncio.sleep(1)
    await delay("delay, FastStream batches", bus, arrived)
    await broker.stop()
    await bus.close()


async def delay(name: str, bus: KafkaBus, arrived: asyncio.Queue[float]) -> None:
    """Print the median and the longest but one of a hundred."""
    taken = []
    for number in range(SLOW_RECORDS):
        await asyncio.sleep(0.01 * (number % 40))
        begun = time.perf_counter()
        await bus.publish(event())
        taken.append((await arrived.get() - begun) * 1000)
    middle, late = statistics.median(taken), sorted(taken)[-2]
    sys.stdout.write(f"{name:<36} {middle:7.1f} ms median {late:7.1f} ms p99\n")


@contextmanager
def broker_at() -> Iterator[str]:
    """Yield the servers of a Kafka."""
    given = os.environ.get("ALUR_TEST_KAFKA")
    if given:
        yield given
        return
    with tempfile.TemporaryDirectory() as held:
        server = kafka.server(Path(held))
        server.start()
        yield f"127.0.0.1:{server.port}"
        server.stop()


async def main(servers: str) -> None:
    """Measure everything in one run."""
    await apply_topics(servers)
    await senders(servers)
    await readers(servers)
    await delays(servers)


if __name__ == "__main__":
    with broker_at() as at:
        uvloop.run(main(at))
