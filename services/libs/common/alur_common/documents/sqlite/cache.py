"""What was written or read last, still encoded: a `get` right after a write meets no other thread."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, NamedTuple

_Key = tuple[str, str]
_Values = tuple[Any, ...]
_Entry = tuple[bytes, int, _Values | None]
_OVERHEAD = 600
"""What an entry costs beside its bytes, about."""


class Content(NamedTuple):
    """What is written: the id, the time, the values of the declared fields, and the document."""

    key: str
    stamp: str
    values: tuple[Any, ...]
    encoded: bytes


class DocumentCache:
    """The newest documents by collection and id, as bytes, within a number and a size.

    Bytes rather than objects: callers cannot change them, and the garbage collector has nothing to walk.
    It is coherent because the file belongs to one process and every write passes through here.
    """

    def __init__(self, max_documents: int, max_bytes: int) -> None:
        self._entries: OrderedDict[_Key, _Entry] = OrderedDict()
        self._reads: dict[_Key, object] = {}
        self._max_documents = max_documents
        self._max_bytes = max_bytes
        self._bytes = 0

    def find(self, name: str, key: str) -> tuple[bytes, int] | None:
        """Return the document's bytes and revision, or None when they are not here."""
        entry = self._entries.get((name, key))
        if entry is not None:
            self._entries.move_to_end((name, key))
            return entry[:2]
        return None

    def find_values(self, name: str, key: str, revision: int) -> _Values | None:
        """Return the values of the declared fields at this revision, or None when they are not known."""
        entry = self._entries.get((name, key))
        return entry[2] if entry is not None and entry[1] == revision else None

    def put(self, name: str, content: Content, revision: int) -> None:
        """Keep what was committed."""
        place = (name, content.key)
        if self._reads:
            self._reads.pop(place, None)
        # orjson never gives back the room that it took to write into: kilobytes, however small the document is.
        encoded = bytes(memoryview(content.encoded))
        self._keep(place, (encoded, revision, content.values))

    def drop(self, name: str, key: str) -> None:
        """Forget what was deleted."""
        self._reads.pop((name, key), None)
        old = self._entries.pop((name, key), None)
        if old is not None:
            self._bytes -= len(old[0]) + _OVERHEAD

    def begin_read(self, name: str, key: str) -> object:
        """Say that a read of the file begins, and return its ticket for `end_read`."""
        ticket = object()
        self._reads[name, key] = ticket
        return ticket

    def end_read(self, name: str, key: str, ticket: object, row: tuple[bytes, int] | None) -> None:
        """Keep what was read, unless it was written meanwhile: then the read may be older."""
        if self._reads.get((name, key)) is ticket:
            del self._reads[name, key]
            if row is not None:
                self._keep((name, key), (*row, None))

    def _keep(self, place: _Key, entry: _Entry) -> None:
        old = self._entries.pop(place, None)
        if old is not None:
            self._bytes -= len(old[0]) + _OVERHEAD
        self._entries[place] = entry
        self._bytes += len(entry[0]) + _OVERHEAD
        while self._bytes > self._max_bytes or len(self._entries) > self._max_documents:
            _, evicted = self._entries.popitem(last=False)
            self._bytes -= len(evicted[0]) + _OVERHEAD
