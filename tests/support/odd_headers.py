"""A header whose name is no text, as other clients of Kafka can send one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from aiokafka.producer import message_accumulator, producer
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy as Builder

__all__ = ["ODD", "READ_AS", "Builder", "odd_names_sent"]


class _Odd(str):
    __slots__ = ()

    def encode(self, *_: str) -> bytes:
        return b"a\xff\xfe"


ODD = _Odd("odd")
READ_AS = "a\ufffd\ufffd"


@contextmanager
def odd_names_sent() -> Iterator[None]:
    """Let producers of aiokafka send it: their compiled part refuses to."""
    name = "DefaultRecordBatchBuilder"
    with patch.object(message_accumulator, name, Builder), patch.object(producer, name, Builder):
        yield
