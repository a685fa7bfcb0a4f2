"""Names of headers that are no UTF-8: anybody may send one, and aiokafka ends in the middle of such a batch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.memory_records import MemoryRecords

_LENGTH = slice(8, 12)
_LOG_OVERHEAD = 12
_MAGIC = 16
_FORMAT_WITH_HEADERS = 2


def take_any_header_name() -> None:
    """Have the consumers of this process read what is no UTF-8 in a name as U+FFFD, as Kafka's own clients do.

    Say so before a consumer starts; safe to repeat.
    """
    fetcher.MemoryRecords = _Records


class _Records:
    """`MemoryRecords` of aiokafka: the batches that a broker has sent."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        self._records = MemoryRecords(data)
        self.size_in_bytes = self._records.size_in_bytes
        self.has_next = self._records.has_next

    def next_batch(self) -> Any:  # noqa: ANN401  # aiokafka has no annotations
        batch = self._records.next_batch()
        begin = self._at
        head = self._data[begin : begin + _MAGIC + 1]
        self._at += _LOG_OVERHEAD + int.from_bytes(head[_LENGTH], "big")
        if head[_MAGIC] < _FORMAT_WITH_HEADERS:
            return batch
        return _Batch(batch, self._data, slice(begin, self._at))


class _Batch:
    """A batch that is read by aiokafka's own fast code, until that fails for a name."""

    def __init__(self, batch: Any, data: bytes, place: slice) -> None:  # noqa: ANN401  # as above
        self._batch = batch
        self._data = data
        self._place = place

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # as above
        return getattr(self._batch, name)

    def __next__(self) -> Any:  # noqa: ANN401  # as above
        return next(self._batch)

    def __iter__(self) -> Iterator[Any]:
        try:
            yield from self._batch
        except (UnicodeDecodeError, CorruptRecordException) as error:
            # Without its compiled part aiokafka says so by another error.
            if UnicodeDecodeError not in {type(error), type(error.__cause__)}:
                raise
            # From the batch's first record on: whoever reads passes by what it has had.
            yield from self._again()

    def _again(self) -> Iterator[Any]:
        batch = iter(_DefaultRecordBatchPy(self._data[self._place]))
        batch._buffer = _Text(batch._buffer)  # noqa: SLF001  # there is no other way to its text
        yield from batch


class _Text(bytearray):
    """Bytes whose parts are text, whatever they hold."""

    def __getitem__(self, at: Any) -> Any:  # noqa: ANN401  # as that of bytes
        found = super().__getitem__(at)
        return _Text(found) if isinstance(at, slice) else found

    def decode(self, encoding: str = "utf-8", errors: str = "replace") -> str:
        del errors
        return super().decode(encoding, "replace")
