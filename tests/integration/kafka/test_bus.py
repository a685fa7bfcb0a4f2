"""`Bus` on a real broker: at least once to each group, in order by key, and what cannot be handled is buried."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaProducer

from alur_common.bus import PoisonError
from alur_common.events import Event, ExecutionAdmitted, ExecutionRequested
from alur_common.kafka import group as groups
from alur_common.kafka.admin import apply_topics
from alur_common.kafka.bus import ATTEMPTS, KafkaBus
from alur_common.kafka.dead_letters import (
    Letter,
    count_letters,
    drop_letters,
    read_letters,
    replay_letters,
)
from alur_common.kafka.topics import TOPICS, dead_letter_topic
from alur_common.telemetry import Metrics
from alur_sdk.errors import NotFoundError, UnavailableError
from tests.integration.kafka.conftest import MakeBus
from tests.integration.kafka.reading import members, record_of

SECONDS = 20


class Heard:
    """A handler that remembers, and lets a test wait for what comes."""

    def __init__(self, *keys: str) -> None:
        self.events: list[Any] = []
        self._keys = set(keys)
        self._all = asyncio.Event()

    async def __call__(self, event: Event) -> None:
        if event.key in self._keys:
            self.events.append(event)
            if {e.key for e in self.events} == self._keys:
                self._all.set()

    async def all(self) -> list[Any]:
        async with asyncio.timeout(SECONDS):
            await self._all.wait()
        return self.events


def group() -> str:
    return f"g-{uuid4().hex[:8]}"


def key() -> str:
    return uuid4().hex


async def test_topics_are_made_once(broker: str) -> None:
    assert await apply_topics(broker) == []
    assert len({topic.name for topic in TOPICS}) == len(TOPICS)


async def test_each_group_hears_it_and_one_member_of_each(make_bus: MakeBus) -> None:
    keys = [key() for _ in range(20)]
    buses = [make_bus() for _ in range(3)]
    together, other = Heard(*keys), Heard(*keys)
    shared = group()
    for bus, heard, name in zip(
        buses, (together, together, other), (shared, shared, group()), strict=True
    ):
        bus.subscribe(ExecutionAdmitted, name, heard)
        await bus.start()
    await asyncio.gather(*(buses[0].publish(ExecutionAdmitted(k, "t")) for k in keys))
    await other.all()
    assert sorted(event.key for event in await together.all()) == sorted(keys)


@pytest.mark.parametrize(("leaves", "left"), [(True, 0), (False, 1)])
async def test_only_who_does_not_come_back_leaves_its_place_to_the_others(
    broker: str, monkeypatch: pytest.MonkeyPatch, leaves: bool, left: int
) -> None:
    monkeypatch.setattr(groups, "SESSION_MS", 60_000)  # longer than the test
    name, only = group(), key()
    bus = KafkaBus(broker, service="test", worker=name, leaves=leaves, metrics=Metrics())
    heard = Heard(only)
    bus.subscribe(ExecutionAdmitted, name, heard)
    await bus.start()
    await bus.publish(ExecutionAdmitted(only, "t"))
    await heard.all()
    assert await members(broker, [f"alur-{name}"]) == [1]
    await bus.close()
    assert await members(broker, [f"alur-{name}"]) == [left]


async def test_what_had_no_effect_comes_again_after_a_crash(make_bus: MakeBus) -> None:
    name, members = key(), group()
    taken = asyncio.Event()

    async def never(event: ExecutionAdmitted) -> Awaitable[None] | None:
        if event.key != name:
            return None
        taken.set()
        return asyncio.get_running_loop().create_future()

    first = make_bus(worker="same")
    first.subscribe(ExecutionAdmitted, members, never)
    await first.start()
    await first.publish(ExecutionAdmitted(name, "t"))
    async with asyncio.timeout(SECONDS):
        await taken.wait()
    await first.close()
    second, heard = make_bus(worker="same"), Heard(name)
    second.subscribe(ExecutionAdmitted, members, heard)
    await second.start()
    assert [event.key for event in await heard.all()] == [name]


async def test_what_is_out_of_reach_for_a_while_is_tried_again_until_it_is_there(
    make_bus: MakeBus,
) -> None:
    name, failures, done = key(), ATTEMPTS + 2, asyncio.Event()

    async def handle(event: ExecutionAdmitted) -> None:
        nonlocal failures
        if event.key == name:
            if failures:
                failures -= 1
                raise UnavailableError("the store restarts")
            done.set()

    bus = make_bus()
    bus.subscribe(ExecutionAdmitted, group(), handle)
    await bus.start()
    await bus.publish(ExecutionAdmitted(name, "t"))
    async with asyncio.timeout(SECONDS):
        await done.wait()


async def test_a_poisoned_record_is_buried_and_stops_nobody(make_bus: MakeBus, broker: str) -> None:
    bad, good = key(), key()
    bus, heard = make_bus(), Heard(good)
    bus.subscribe(ExecutionRequested, "scheduler", heard)
    await bus.start()
    producer = AIOKafkaProducer(bootstrap_servers=broker)
    await producer.start()
    topic = ExecutionRequested.topic
    headers = [("mine", b"kept")]
    await producer.send_and_wait(topic, b"\xff no json", key=bad.encode(), headers=headers)
    await producer.stop()
    await bus.publish(ExecutionRequested(good, "t"))
    await heard.all()
    buried = await record_of(broker, dead_letter_topic(topic, "scheduler"), bad.encode())
    why = dict(buried.headers)
    assert (buried.value, why["mine"], why["dlq-topic"]) == (
        b"\xff no json",
        b"kept",
        topic.encode(),
    )
    assert {"dlq-partition", "dlq-offset", "dlq-group", "dlq-error-type", "dlq-time"} <= set(why)


async def test_a_handler_that_fails_again_and_again_does_not_hold_up_the_others(
    make_bus: MakeBus, broker: str
) -> None:
    bad, good = key(), key()
    heard = Heard(good)

    async def handle(event: ExecutionRequested) -> None:
        if event.key == bad:
            raise RuntimeError("a fault of ours")
        await heard(event)

    bus = make_bus()
    bus.subscribe(ExecutionRequested, "scheduler", handle)
    await bus.start()
    await bus.publish(ExecutionRequested(bad, "t"))
    await bus.publish(ExecutionRequested(good, "t"))
    await heard.all()
    topic = dead_letter_topic(ExecutionRequested.topic, "scheduler")
    buried = dict((await record_of(broker, topic, bad.encode())).headers)
    assert (buried["dlq-error-type"], buried["dlq-attempt"]) == (b"RuntimeError", b"3")


async def test_an_event_of_a_transaction_that_was_aborted_was_never_sent(
    make_bus: MakeBus, broker: str
) -> None:
    name, tenants = key(), asyncio.Queue[str]()

    async def hear(event: ExecutionRequested) -> None:
        if event.key == name:
            tenants.put_nowait(event.tenant)

    bus = make_bus()
    bus.subscribe(ExecutionRequested, group(), hear)
    await bus.start()
    await bus.publish(ExecutionRequested(name, "first"))
    one = await record_of(broker, ExecutionRequested.topic, name.encode())
    async with AIOKafkaProducer(bootstrap_servers=broker, transactional_id=name) as producer:
        await producer.begin_transaction()
        where = {"key": one.key, "headers": list(one.headers), "partition": one.partition}
        await producer.send_and_wait(one.topic, one.value, **where)
        await producer.abort_transaction()
    await bus.publish(ExecutionRequested(name, "last"))
    async with asyncio.timeout(SECONDS):
        assert [await tenants.get(), await tenants.get()] == ["first", "last"]


async def test_everybody_hears_a_broadcast(make_bus: MakeBus) -> None:
    name = key()
    buses, heard = [make_bus() for _ in range(3)], [Heard(name) for _ in range(3)]
    for number, (bus, one) in enumerate(zip(buses, heard, strict=True)):
        bus.subscribe(ExecutionRequested, f"b-{number}", one, broadcast=True)
        await bus.start()
    async with asyncio.timeout(SECONDS):
        while not all(one.events for one in heard):
            await buses[0].publish(ExecutionRequested(name, "t"))
            await asyncio.sleep(0.1)


async def test_dead_letters_are_counted_shown_and_sent_again(
    make_bus: MakeBus, broker: str
) -> None:
    bad, topic = key(), dead_letter_topic(ExecutionRequested.topic, "scheduler")
    is_mended, heard = False, Heard(bad)

    async def handle(event: ExecutionRequested) -> None:
        if event.key == bad and not is_mended:
            raise RuntimeError("a fault of ours")
        await heard(event)

    bus = make_bus()
    bus.subscribe(ExecutionRequested, "scheduler", handle)
    await bus.start()
    await bus.publish(ExecutionRequested(bad, "t"))
    await record_of(broker, topic, bad.encode())
    count = (await count_letters(broker))[topic]
    letters = await read_letters(broker, topic, 100)
    assert (len(letters), letters[-1].key) == (count, bad)
    assert letters[-1].why["error-message"] == "a fault of ours"
    is_mended = True
    assert await replay_letters(broker, topic, 100) == count
    assert [event.key for event in await heard.all()] == [bad]
    # What is still poisoned is buried again.
    assert bad not in {letter.key for letter in await read_letters(broker, topic, 100)}


async def test_dead_letters_are_dropped_oldest_first_and_nobody_hears_of_them(
    make_bus: MakeBus, broker: str
) -> None:
    first, second, topic = key(), key(), dead_letter_topic(ExecutionRequested.topic, "scheduler")
    told: list[str] = []

    async def handle(event: ExecutionRequested) -> None:
        told.append(event.key)
        raise PoisonError("never")

    bus = make_bus()
    bus.subscribe(ExecutionRequested, "scheduler", handle)
    await bus.start()
    for name in (first, second):
        await bus.publish(ExecutionRequested(name, "t"))
        await record_of(broker, topic, name.encode())
    letters = await read_letters(broker, topic, 100)
    assert [letter.key for letter in letters[-2:]] == [first, second]
    assert await drop_letters(broker, topic, len(letters) - 1) == len(letters) - 1
    assert [letter.key for letter in await read_letters(broker, topic, 100)] == [second]
    assert await drop_letters(broker, topic, 100) == 1
    assert (await count_letters(broker))[topic] == 0
    assert [name for name in told if name in {first, second}] == [first, second]


async def test_one_dead_letter_is_sent_again_or_dropped_and_the_others_stay_as_they_are(
    make_bus: MakeBus, broker: str
) -> None:
    topic = dead_letter_topic(ExecutionRequested.topic, "scheduler")
    older, sent, dropped, newer = names = [key() for _ in range(4)]
    is_mended, heard = False, Heard(sent)

    async def handle(event: ExecutionRequested) -> None:
        if not is_mended:
            raise PoisonError("never")
        await heard(event)

    async def letters() -> dict[str, Letter]:
        return {letter.key: letter for letter in await read_letters(broker, topic, 100)}

    bus = make_bus()
    bus.subscribe(ExecutionRequested, "scheduler", handle)
    await bus.start()
    for name in names:
        await bus.publish(ExecutionRequested(name, "t"))
        await record_of(broker, topic, name.encode())
    written = (await record_of(broker, topic, older.encode())).timestamp
    before, is_mended = await letters(), True
    assert await replay_letters(broker, topic, 100, offset=before[sent].offset) == 1
    assert [event.key for event in await heard.all()] == [sent]
    with pytest.raises(NotFoundError, match="has no letter at the offset"):
        await drop_letters(broker, topic, 100, offset=before[sent].offset)
    assert await drop_letters(broker, topic, 100, offset=(await letters())[dropped].offset) == 1
    after = await letters()
    assert set(after) == set(before) - {sent, dropped}
    for name, letter in after.items():
        assert replace(letter, offset=0) == replace(before[name], offset=0)
    assert (await record_of(broker, topic, older.encode())).timestamp == written
    assert {older, newer} <= set(after)
    await drop_letters(broker, topic, 100)
