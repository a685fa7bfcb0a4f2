"""A batch of a few kilobytes that unpacks to gigabytes fills no memory."""

from __future__ import annotations

import random

import pytest
from aiokafka import TopicPartition
from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException

from alur_common.kafka import unpacking
from alur_common.kafka.unpacking import bound_batches
from tests.support.odd_headers import Builder

PLACE = TopicPartition("t", 0)
CODECS = {"gzip": 1, "snappy": 2, "lz4": 3, "zstd": 4}
MOST = 1_000_000
NOISE = random.Random(7).randbytes(90_000)  # noqa: S311  # nothing is hidden by it


@pytest.fixture(autouse=True)
def _restored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "MOST_BYTES", MOST)
    for module in unpacking._modules():
        for name in CODECS:
            place = f"{name}_decode"
            if hasattr(module, place):
                monkeypatch.setattr(module, place, getattr(module, place))


def values(codec: int, *written: bytes) -> list[bytes | None]:
    """Return the values of a batch, written and read again."""
    built = Builder(2, codec, 0, -1, -1, -1, 100_000_000)
    for number, value in enumerate(written):
        built.append(number, 1_000, b"k", value, [])
    records = fetcher.MemoryRecords(bytes(built.build()))
    read = fetcher.PartitionRecords(PLACE, records, None, 0, None, None, True, 0)
    return [record.value for record in read]


@pytest.mark.parametrize("codec", CODECS.values(), ids=CODECS)
def test_a_batch_that_unpacks_to_too_much_is_refused(codec: int) -> None:
    bomb = bytes(4 * MOST)
    assert values(codec, bomb) == [bomb]
    bound_batches()
    with pytest.raises(CorruptRecordException, match="a batch of records cannot be unpacked"):
        values(codec, bomb)


@pytest.mark.parametrize("codec", CODECS.values(), ids=CODECS)
def test_what_is_not_too_much_is_read_as_before(codec: int) -> None:
    bound_batches()
    written = [b"a", bytes(MOST // 2), NOISE, NOISE[:1_000] * 90]
    assert values(codec, *written) == written
    assert values(codec, b"few") == [b"few"]


def test_a_batch_that_is_broken_within_is_refused_as_such() -> None:
    unpack = unpacking._UNPACK["zstd"]
    with pytest.raises(CorruptRecordException):
        unpack(b"\x28\xb5\x2f\xfd" + bytes(1_000))
