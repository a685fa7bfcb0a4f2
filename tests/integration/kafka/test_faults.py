"""`KafkaBus` when members come and go, brokers restart, and handlers fail: nothing is lost, and order is kept."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Awaitable, Collection
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition

from alur_common.blobs import INLINE_BYTES
from alur_common.blobs_memory import MemoryBlobs
from alur_common.events import (
    Event,
    ExecutionAdmitted,
    ExecutionCompleted,
    ExecutionRequested,
    ExternalReceived,
)
from alur_common.kafka import group as groups
from alur_common.kafka.admin import apply_topics
from alur_common.kafka.bus import KafkaBus
from alur_common.kafka.topics import dead_letter_topic
from tests.integration.kafka.conftest import SECONDS, MakeBus, key, until
from tests.integration.kafka.reading import record_of
from tools.servers import kafka

OTHER = "test-fault"


class Recorder:
    """Remembers the priorities of the keys it is told of, and is as slow as it is told."""

    def __init__(self, keys: set[str], seconds: float = 0.0) -> None:
        self.keys = keys
        self.seconds = seconds
        self.seen: list[tuple[str, int]] = []

    async def __call__(self, event: ExecutionAdmitted) -> None:
        if event.key in self.keys:
            await asyncio.sleep(self.seconds)
            self.seen.append((event.key, event.priority))


async def publish_all(bus: KafkaBus, keys: set[str], each: int) -> None:
    for number in range(each):
        await asyncio.gather(*(bus.publish(ExecutionAdmitted(k, "t", number)) for k in keys))


async def test_a_member_that_joins_while_handlers_run_loses_nothing_and_keeps_the_order(
    make_bus: MakeBus,
) -> None:
    keys, name = {key() for _ in range(30)}, f"g-{key()}"
    first, second = Recorder(keys, 0.02), Recorder(keys, 0.02)
    one, two = make_bus(), make_bus()
    one.subscribe(ExecutionAdmitted, name, first)
    two.subscribe(ExecutionAdmitted, name, second)
    await one.start()
    await publish_all(one, keys, 10)
    await until(lambda: len(first.seen) > 60)
    await two.start()
    published = 10
    while not second.seen:
        await asyncio.gather(*(one.publish(ExecutionAdmitted(k, "t", published)) for k in keys))
        published += 1
    await until(lambda: len({*first.seen, *second.seen}) == len(keys) * published)
    for recorder in (first, second):
        for wanted in keys:
            numbers = [number for found, number in recorder.seen if found == wanted]
            first_times = list(dict.fromkeys(numbers))
            assert first_times == sorted(first_times)


async def test_a_member_that_comes_back_under_its_name_takes_nothing_from_the_others(
    make_bus: MakeBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(groups, "SESSION_MS", 12_000)  # of a slow machine
    keys, name, revoked = {key() for _ in range(30)}, f"g-{key()}", list[groups.Group]()
    seen = Recorder(keys)

    def member(worker: str) -> KafkaBus:
        bus = make_bus(worker=worker)
        bus.subscribe(ExecutionAdmitted, name, seen)
        return bus

    def has_some(bus: KafkaBus) -> bool:
        consumer = bus._groups[name]._consumer
        return consumer is not None and len(consumer.assignment()) > 0

    one, other = member(f"one-{name}"), member(f"other-{name}")
    await one.start()
    await other.start()
    await until(lambda: has_some(one) and has_some(other))
    await one.close()
    let_go = groups.Group.revoked

    async def told(group: groups.Group, partitions: Collection[TopicPartition]) -> None:
        revoked.append(group)
        await let_go(group, partitions)

    monkeypatch.setattr(groups.Group, "revoked", told)
    back = member(f"one-{name}")
    await back.start()
    await until(lambda: has_some(back))
    await publish_all(back, keys, 1)
    await until(lambda: len({found for found, _ in seen.seen}) == len(keys))
    assert other._groups[name] not in revoked


async def test_a_process_that_dies_between_effect_and_commit_leaves_it_to_the_next(
    make_bus: MakeBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys, name = {key()}, f"g-{key()}"
    monkeypatch.setattr(groups, "COMMIT_SECONDS", 3600.0)
    dead = make_bus(worker=OTHER)
    before, after = Recorder(keys), Recorder(keys)
    dead.subscribe(ExecutionAdmitted, name, before)
    await dead.start()
    await publish_all(dead, keys, 3)
    await until(lambda: len(before.seen) == 3)
    await _die(dead)
    monkeypatch.undo()
    heir = make_bus(worker=OTHER)
    heir.subscribe(ExecutionAdmitted, name, after)
    await heir.start()
    await until(lambda: len(after.seen) == 3)
    assert after.seen == before.seen


async def _die(bus: KafkaBus) -> None:
    """End a bus as a kill would: nothing is committed."""
    for group in bus._groups.values():
        for task in group._tasks:
            task.cancel()
        await group._work.cancel()
    await bus._broker.stop()
    bus._groups.clear()


async def test_a_broker_that_is_killed_and_comes_back_loses_nothing(
    make_bus: MakeBus, tmp_path: Path
) -> None:
    server = kafka.server(tmp_path / "kafka")
    server.start()
    try:
        servers = f"127.0.0.1:{server.port}"
        await apply_topics(servers)
        keys, name = {key() for _ in range(10)}, "executor"
        bus, recorder = make_bus(servers), Recorder(keys)
        bus.subscribe(ExecutionAdmitted, name, recorder)
        await bus.start()
        publishing = asyncio.create_task(publish_all(bus, keys, 100))
        await until(lambda: len(recorder.seen) > 50)
        await asyncio.to_thread(server.kill)
        await asyncio.to_thread(server.start)
        await publishing
        await until(lambda: len(set(recorder.seen)) == len(keys) * 100)
        await bus.close()
    finally:
        server.stop()


async def test_a_failure_is_tried_again_later_and_holds_up_no_other_key(make_bus: MakeBus) -> None:
    bad, good, seen = key(), key(), []

    async def handle(event: ExecutionAdmitted) -> None:
        if event.key in {bad, good}:
            seen.append((event.key, event.priority))
        if event.key == bad and seen.count((bad, event.priority)) < 3:
            raise RuntimeError("not yet")

    bus = make_bus()
    bus.subscribe(ExecutionAdmitted, f"g-{key()}", handle)
    await bus.start()
    await publish_all(bus, {bad, good}, 1)
    await until(lambda: Counter(seen) == {(bad, 0): 3, (good, 0): 1})


async def test_only_the_group_that_failed_gets_a_retry(make_bus: MakeBus) -> None:
    name, failing, other = key(), Counter[str](), Counter[str]()

    async def fail_once(event: ExecutionAdmitted) -> None:
        failing[event.key] += 1
        if event.key == name and failing[name] == 1:
            raise RuntimeError("not yet")

    async def count(event: ExecutionAdmitted) -> None:
        other[event.key] += 1

    bus = make_bus()
    bus.subscribe(ExecutionAdmitted, f"g-{key()}", fail_once)
    bus.subscribe(ExecutionAdmitted, f"h-{key()}", count)
    await bus.start()
    last = ExecutionAdmitted(key(), "t")
    await bus.publish(ExecutionAdmitted(name, "t"))
    await until(lambda: failing[name] == 2)
    await bus.publish(last)
    await until(lambda: other[last.key] == 1 and failing[last.key] == 1)
    assert other[name] == 1


async def test_too_much_under_way_pauses_and_all_is_done_in_the_end(
    make_bus: MakeBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(groups, "MOST_IN_FLIGHT", 20)
    monkeypatch.setattr(groups, "MOST_AT_ONCE", 10)
    keys, most, busy, done = {key() for _ in range(200)}, 0, 0, set()

    async def handle(event: ExecutionAdmitted) -> None:
        nonlocal most, busy
        if event.key not in keys:
            return
        busy += 1
        most = max(most, busy)
        await asyncio.sleep(0.01)
        busy -= 1
        done.add(event.key)

    bus = make_bus()
    bus.subscribe(ExecutionAdmitted, f"g-{key()}", handle)
    await bus.start()
    await publish_all(bus, keys, 1)
    await until(lambda: keys <= done)
    assert most <= 20 + 10


async def test_a_broadcast_begins_when_the_bus_has_started(make_bus: MakeBus) -> None:
    early, late, seen = key(), key(), []

    async def handle(event: ExecutionCompleted) -> None:
        seen.append(event.key)

    publisher, bus = make_bus(), make_bus()
    await publisher.start()
    await publisher.publish(ExecutionCompleted(early, "t"))
    bus.subscribe(ExecutionCompleted, "mine", handle, broadcast=True)
    await bus.start()
    await publisher.publish(ExecutionCompleted(late, "t"))
    await until(lambda: late in seen)
    assert early not in seen


def external(data: bytes) -> ExternalReceived:
    return ExternalReceived(
        key(), "t", "e-1", "/shop", "order.placed", "2026-01-01T00:00:00Z", data=data
    )


async def test_large_content_travels_by_reference(make_bus: MakeBus, broker: str) -> None:
    blobs, seen = MemoryBlobs(), []

    async def handle(event: ExternalReceived) -> None:
        seen.append(event)

    sent = external(b"x" * (INLINE_BYTES + 1))
    bus = make_bus(blobs=blobs)
    bus.subscribe(ExternalReceived, "mine", handle, broadcast=True)
    await bus.start()
    await bus.publish(sent)
    await until(lambda: sent in seen)
    record = await record_of(broker, ExternalReceived.topic, sent.key.encode())
    sha256 = hashlib.sha256(sent.data).hexdigest()
    reference = f"{sha256}:{len(sent.data)}".encode()
    assert (record.value, dict(record.headers)["alur-blob"]) == (b"", reference)


async def test_a_reference_that_leads_nowhere_is_buried(make_bus: MakeBus, broker: str) -> None:
    sent = external(b"x" * (INLINE_BYTES + 1))
    bus, reader = make_bus(blobs=MemoryBlobs()), make_bus(blobs=MemoryBlobs())
    reader.subscribe(ExternalReceived, f"g-{key()}", _nothing)
    await bus.start()
    await reader.start()
    await bus.publish(sent)
    topic = dead_letter_topic(ExternalReceived.topic, "any")
    letter = dict((await record_of(broker, topic, sent.key.encode())).headers)
    assert letter["dlq-error-type"] == b"PoisonError"


async def _nothing(_: Event) -> None:
    """Handle an event by doing nothing."""


async def test_a_dead_letter_keeps_bytes_that_are_no_text(make_bus: MakeBus, broker: str) -> None:
    name, producer = key().encode(), AIOKafkaProducer(bootstrap_servers=broker)
    headers = [("odd", b"\xff\x00"), ("twice", b"1"), ("twice", b"2")]
    bus = make_bus()
    bus.subscribe(ExecutionRequested, f"g-{key()}", _nothing)
    await bus.start()
    await producer.start()
    await producer.send_and_wait(ExecutionRequested.topic, b"\x00\xfe", key=name, headers=headers)
    await producer.stop()
    topic = dead_letter_topic(ExecutionRequested.topic, "any")
    letter = await record_of(broker, topic, name)
    ours = [header for header in letter.headers if header[0].startswith("dlq-")]
    assert (letter.value, list(letter.headers[:3])) == (b"\x00\xfe", headers)
    assert len(ours) == 8


async def test_a_record_of_nothing_stops_nobody(make_bus: MakeBus, broker: str) -> None:
    good, seen, producer = key(), [], AIOKafkaProducer(bootstrap_servers=broker)

    async def handle(event: ExecutionRequested) -> None:
        seen.append(event.key)

    bus, name = make_bus(), f"g-{key()}"
    bus.subscribe(ExecutionRequested, name, handle)
    await bus.start()
    await producer.start()
    batch = producer.create_batch()
    batch.append(key=None, value=None, timestamp=None)
    sent = await (await producer.send_batch(batch, ExecutionRequested.topic, partition=0))
    await producer.stop()
    await bus.publish(ExecutionRequested(good, "t"))
    await until(lambda: good in seen)
    held = bus._groups[name]._progress
    nothing = TopicPartition(ExecutionRequested.topic, 0)
    await until(lambda: nothing in held and (held[nothing].position or 0) > sent.offset)


async def test_a_result_that_is_awaited_holds_the_commit_back(
    make_bus: MakeBus, broker: str
) -> None:
    name, group, claimed = key(), f"g-{key()}", asyncio.get_running_loop().create_future()
    taken = asyncio.Event()

    async def claim(event: ExecutionAdmitted) -> Awaitable[None] | None:
        if event.key != name:
            return None
        taken.set()
        return claimed

    bus = make_bus()
    bus.subscribe(ExecutionAdmitted, group, claim)
    await bus.start()
    await bus.publish(ExecutionAdmitted(name, "t"))
    await asyncio.wait_for(taken.wait(), SECONDS)
    record = await record_of(broker, ExecutionAdmitted.topic, name.encode())
    progress = {
        p.partition: one
        for p, one in bus._groups[group]._progress.items()
        if p.topic == ExecutionAdmitted.topic
    }[record.partition]
    assert progress.position == record.offset
    claimed.set_result(None)
    await until(lambda: progress.position == record.offset + 1)
