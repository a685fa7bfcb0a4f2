"""What a sender or a backlog may do, and the records behind it come all the same."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

import pytest
from aiokafka import AIOKafkaProducer

from alur_common.events import ExecutionAdmitted, ExecutionNudged
from alur_common.kafka import group as groups
from alur_common.kafka.encoding import record_of as record_of_event
from alur_common.kafka.topics import dead_letter_topic
from tests.integration.kafka.conftest import MakeBus, key, until
from tests.integration.kafka.reading import record_of
from tests.support.odd_headers import ODD, READ_AS, odd_names_sent


async def test_a_header_whose_name_is_no_text_stops_nobody(make_bus: MakeBus, broker: str) -> None:
    seen: list[str] = []

    async def handle(event: ExecutionAdmitted) -> None:
        seen.append(event.key)

    bus, odd, after = make_bus(), key(), key()
    bus.subscribe(ExecutionAdmitted, f"g-{key()}", handle)
    await bus.start()
    name, value, headers = record_of_event(ExecutionAdmitted(after, "t"), b"/test")
    topic = ExecutionAdmitted.topic
    with odd_names_sent():
        async with AIOKafkaProducer(bootstrap_servers=broker) as producer:
            await producer.send_and_wait(
                topic, b"{", key=odd.encode(), headers=[(ODD, b"1")], partition=0
            )
            await producer.send_and_wait(topic, value, key=name, headers=headers, partition=0)
    await until(lambda: after in seen)
    letter = await record_of(broker, dead_letter_topic(topic, "any"), odd.encode())
    assert (letter.value, letter.headers[0]) == (b"{", (READ_AS, b"1"))


async def test_a_group_that_is_full_of_what_waits_for_room_holds_no_nudge_back(
    make_bus: MakeBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(groups, "MOST_IN_FLIGHT", 20)
    monkeypatch.setattr(groups, "MOST_AT_ONCE", 10)
    keys, nudged, taken = {key() for _ in range(60)}, key(), set[str]()

    async def wait_for_room(event: ExecutionAdmitted) -> Awaitable[None] | None:
        if event.key not in keys:
            return None
        taken.add(event.key)
        return asyncio.get_running_loop().create_future()

    async def take(event: ExecutionNudged) -> None:
        taken.add(event.key)

    bus, name = make_bus(), f"g-{key()}"
    bus.subscribe(ExecutionAdmitted, name, wait_for_room)
    bus.subscribe(ExecutionNudged, f"{name}-nudges", take)
    await bus.start()
    await asyncio.gather(*(bus.publish(ExecutionAdmitted(k, "t")) for k in keys))
    await until(lambda: bus._groups[name]._is_full and len(taken) > 10)
    await bus.publish(ExecutionNudged(nudged, "t"))
    await until(lambda: nudged in taken)
    assert not keys <= taken
