"""A header whose name is no UTF-8 costs no reader its place: aiokafka ends in the middle of such a batch."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from aiokafka import TopicPartition
from aiokafka.consumer import fetcher

from alur_common.kafka.header_names import take_any_header_name
from tests.support.odd_headers import ODD, READ_AS, Builder

PLACE = TopicPartition("t", 0)
CODECS = {"plain": 0, "gzip": 1, "zstd": 4}


@pytest.fixture(autouse=True)
def _restored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetcher, "MemoryRecords", fetcher.MemoryRecords)


def batch(codec: int, first: int, *names: str) -> bytes:
    """Return a batch as the broker has it: a record for each name of a header."""
    built = Builder(2, codec, 0, -1, -1, -1, 100_000)
    for number, name in enumerate(names):
        value = str(first + number).encode()
        built.append(number, 1_000, b"k", value, [("before", None), (name, b"\xff")])
    made = bytes(built.build())
    return first.to_bytes(8, "big") + made[8:]


def read(data: bytes, begin: int = 0) -> Iterator[fetcher.ConsumerRecord]:
    records = fetcher.MemoryRecords(data)
    assert records.size_in_bytes() == len(data)
    return iter(fetcher.PartitionRecords(PLACE, records, None, begin, None, None, True, 0))


@pytest.mark.parametrize("codec", CODECS.values(), ids=CODECS)
def test_a_header_name_that_is_no_text_is_read_with_what_stands_for_it(codec: int) -> None:
    take_any_header_name()
    data = batch(codec, 0, "x", "y") + batch(codec, 2, "x", ODD, "z") + batch(codec, 5, "x")
    found = list(read(data))
    assert [(r.offset, r.value) for r in found] == [(n, str(n).encode()) for n in range(6)]
    assert found[3].headers == (("before", None), (READ_AS, b"\xff"))
    assert {name for r in found if r.offset != 3 for name, _ in r.headers} == {"before", *"xyz"}


def test_reading_begins_within_a_batch_where_it_was_left() -> None:
    take_any_header_name()
    assert [r.offset for r in read(batch(0, 0, ODD, "x", ODD, "y"), 2)] == [2, 3]


def test_what_is_broken_otherwise_is_still_refused() -> None:
    take_any_header_name()
    data = bytearray(batch(0, 0, ODD))
    data[-1] ^= 1
    with pytest.raises(fetcher.Errors.CorruptRecordException):
        list(read(bytes(data)))


def test_saying_it_again_changes_nothing() -> None:
    take_any_header_name()
    once = fetcher.MemoryRecords
    take_any_header_name()
    assert fetcher.MemoryRecords is once
