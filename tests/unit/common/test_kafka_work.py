"""Work by key, and records that wait until they are due."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from aiokafka import ConsumerRecord, TopicPartition

from alur_common.kafka.keys import KeyedWork
from alur_common.kafka.waiting import Waiting

LATER = TopicPartition("t.retry.1s", 0)


def record(offset: int, age_seconds: float) -> ConsumerRecord[Any, Any]:
    written = int((time.time() - age_seconds) * 1000)
    return ConsumerRecord(LATER.topic, 0, offset, written, 0, b"k", b"", None, 1, 0, [])


class Taken:
    def __init__(self) -> None:
        self.offsets: list[int] = []
        self.changes = 0
        self.waiting = Waiting({LATER.topic: 0.2}, self.take, self.changed)

    def take(self, _: TopicPartition, record: ConsumerRecord[Any, Any]) -> None:
        self.offsets.append(record.offset)

    def changed(self) -> None:
        self.changes += 1


async def test_what_is_due_goes_and_the_rest_waits_in_order() -> None:
    taken = Taken()
    taken.waiting.hold(LATER, [record(1, 5), record(2, 0), record(3, 5)])
    assert (taken.offsets, list(taken.waiting.partitions())) == ([1], [LATER])
    await asyncio.sleep(0.3)
    assert (taken.offsets, list(taken.waiting.partitions()), taken.changes) == ([1, 2, 3], [], 1)


async def test_what_is_dropped_never_comes() -> None:
    taken = Taken()
    taken.waiting.hold(LATER, [record(1, 0)])
    taken.waiting.drop([LATER])
    await asyncio.sleep(0.3)
    assert taken.offsets == []


async def test_items_of_a_key_go_in_order_and_other_keys_beside_them() -> None:
    seen: list[tuple[str, int]] = []
    slow = asyncio.Event()

    async def handle(item: tuple[str, int]) -> None:
        if item == ("a", 0):
            await slow.wait()
        seen.append(item)

    work: KeyedWork[tuple[str, int]] = KeyedWork(handle)
    for item in [("a", 0), ("a", 1), ("b", 0)]:
        work.put(item[0], item)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert seen == [("b", 0)]
    slow.set()
    await asyncio.wait(list(work.tasks))
    assert seen == [("b", 0), ("a", 0), ("a", 1)]


async def test_what_has_not_begun_can_be_dropped() -> None:
    seen: list[int] = []

    async def handle(item: int) -> None:
        await asyncio.sleep(0.01)
        seen.append(item)

    work: KeyedWork[int] = KeyedWork(handle)
    for number in range(4):
        work.put("k", number)
    await asyncio.sleep(0)
    work.drop(lambda item: item in {1, 2})
    await asyncio.wait(list(work.tasks))
    assert seen == [0, 3]
