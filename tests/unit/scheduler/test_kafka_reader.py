"""Where a member of a group begins on a partition, with a consumer that answers as a broker does."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from aiokafka import TopicPartition

from alur_scheduler.adapters.kafka_reader import KafkaReader
from alur_scheduler.domain.records import Left, Reading

END = 9
"""So many records lie on each partition."""


@dataclass
class Consumer:
    """What a reader asks a consumer; offset -> place of what is committed."""

    partitions: int
    committed_at: dict[int, int] = field(default_factory=dict)
    positions: dict[int, int] = field(default_factory=dict)

    def assignment(self) -> set[TopicPartition]:
        return {TopicPartition("orders", number) for number in range(self.partitions)}

    def partitions_for_topic(self, topic: str) -> set[int]:
        assert topic == "orders"
        return set(range(self.partitions))

    async def committed(self, place: TopicPartition) -> int | None:
        return self.committed_at.get(place.partition)

    async def commit(self, offsets: dict[TopicPartition, int]) -> None:
        self.committed_at |= {place.partition: offset for place, offset in offsets.items()}

    async def seek_to_end(self, place: TopicPartition) -> None:
        self.positions[place.partition] = END

    async def position(self, place: TopicPartition) -> int:
        return self.positions.get(place.partition, 0)

    async def getmany(self, **_: int) -> dict[TopicPartition, list[object]]:
        return {}


@dataclass
class Group:
    """Remembers with how many partitions it began."""

    began: int | None = None

    async def begun(self, count: int) -> int:
        if self.began is None:
            self.began = count
        return self.began


def reading(begins: str) -> Reading:
    return Reading(
        id="u/t", uid="u", tenant="t", project="p", workflow="w", trigger="t", topic="orders",
        group="g", begins=begins, value="json", size=1, seconds=1, credential=None,
    )  # fmt: skip


async def begun_at(consumer: Consumer, group: Group, begins: str) -> dict[int, int]:
    """Return partition -> offset that a new member begins at."""
    left: dict[int, Left] = {}
    reader = KafkaReader(consumer, reading(begins), left, group.begun, {})
    await reader.fetch(1, 0)
    return consumer.committed_at


@pytest.mark.parametrize(("begins", "at"), [("latest", END), ("earliest", 0)])
async def test_a_group_begins_where_the_trigger_says(begins: str, at: int) -> None:
    assert await begun_at(Consumer(2), Group(), begins) == {0: at, 1: at}


@pytest.mark.parametrize("begins", ["latest", "earliest"])
async def test_a_partition_that_is_added_later_is_read_from_its_beginning(begins: str) -> None:
    group = Group()
    consumer = Consumer(2)
    await begun_at(consumer, group, begins)
    consumer.partitions = 3
    assert (await begun_at(consumer, group, begins))[2] == 0


async def test_what_was_there_when_the_group_began_begins_late_though_others_came_first() -> None:
    consumer = Consumer(3, committed_at={0: 4})  # another member was there before
    assert await begun_at(consumer, Group(began=3), "latest") == {0: 4, 1: END, 2: END}
