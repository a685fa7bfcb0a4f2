"""Documents in memory: the fake for tests and simulations, with the meaning of the real adapters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from alur_common.clock import Clock
from alur_common.documents.encoding import Stamps, decode, encode, field_values, key_of
from alur_common.documents.matching import (
    KEPT_FIELDS,
    check_limit,
    check_query,
    cursor_values,
    is_after,
    matches,
    ordered,
)
from alur_common.documents.port import Collection, Document, Index, Where
from alur_sdk.errors import ConflictError, ExistsError, NotFoundError


class _Kept:
    """One collection: the encoded documents by id with their declared fields, and who holds each unique value."""

    def __init__(self, collection: Collection) -> None:
        self.documents: dict[str, tuple[bytes, Document]] = {}
        self.names = (*KEPT_FIELDS, *collection.fields)
        self.unique = [index for index in collection.indexes if index.unique]
        self.holders: dict[Index, dict[tuple[Any, ...], str]] = {index: {} for index in self.unique}

    def fields(self, key: str) -> Document | None:
        """Return the declared fields of a document, which is all that a filter sees."""
        kept = self.documents.get(key)
        return None if kept is None else kept[1]

    def read(self, key: str) -> Document | None:
        kept = self.documents.get(key)
        return None if kept is None else decode(kept[0], kept[1]["revision"])

    def write(self, document: Document, encoded: bytes) -> None:
        key = document["id"]
        values = [(index, _unique_value(index, document)) for index in self.unique]
        for index, value in values:
            if value is not None and self.holders[index].get(value, key) != key:
                raise ExistsError(
                    f"{key}: another document has the same {', '.join(index.fields)}", id=key
                )
        self._release(key)
        for index, value in values:
            if value is not None:
                self.holders[index][value] = key
        self.documents[key] = (encoded, {name: document.get(name) for name in self.names})

    def delete(self, key: str) -> bool:
        self._release(key)
        return self.documents.pop(key, None) is not None

    def _release(self, key: str) -> None:
        old = self.fields(key) if self.unique else None
        for index in self.unique if old is not None else ():
            value = _unique_value(index, old or {})
            if value is not None:
                self.holders[index].pop(value, None)


def _unique_value(index: Index, document: Mapping[str, Any]) -> tuple[Any, ...] | None:
    values = tuple(map(document.get, index.fields))
    return None if None in values else values


class MemoryDocuments:
    """`Documents` in memory; it never suspends, so a single-threaded simulation stays deterministic."""

    def __init__(self, clock: Clock) -> None:
        self._stamps = Stamps(clock)
        self._collections: dict[str, _Kept] = {}

    def _kept(self, collection: Collection) -> _Kept:
        kept = self._collections.get(collection.name)
        if kept is None:
            kept = self._collections[collection.name] = _Kept(collection)
        return kept

    async def insert(self, collection: Collection, document: Mapping[str, Any]) -> Document:
        key = key_of(document)
        stored = {**document, "revision": 1, "updatedAt": self._stamps.now()}
        encoded = encode(stored)
        field_values(collection.fields, stored)
        kept = self._kept(collection)
        if key in kept.documents:
            raise ExistsError(f"{collection.name} {key} exists already", id=key)
        kept.write(stored, encoded)
        return stored

    async def get(self, collection: Collection, key: str) -> Document:
        document = self._kept(collection).read(key)
        if document is None:
            raise _missing(collection, key)
        return document

    async def find_one(self, collection: Collection, key: str) -> Document | None:
        return self._kept(collection).read(key)

    async def replace(
        self,
        collection: Collection,
        document: Mapping[str, Any],
        *,
        at_revision: int | None = None,
        where: Sequence[Where] = (),
    ) -> Document:
        check_query(collection, where)
        key = key_of(document)
        old = self._kept(collection).fields(key)
        if old is None:
            raise _missing(collection, key)
        revision = old["revision"]
        if (at_revision is not None and revision != at_revision) or not matches(old, where):
            raise _changed(collection, key, revision)
        stored = {**document, "revision": revision + 1, "updatedAt": self._stamps.now()}
        encoded = encode(stored)
        field_values(collection.fields, stored)
        self._kept(collection).write(stored, encoded)
        return stored

    async def find(
        self,
        collection: Collection,
        where: Sequence[Where] = (),
        *,
        sort: Sequence[str] = ("id",),
        limit: int = 100,
        after: Sequence[Any] | None = None,
    ) -> list[Document]:
        check_query(collection, where, sort)
        check_limit(limit)
        found = ordered(self._matching(collection, where), sort)
        if after is not None:
            cursor = cursor_values(sort, after)
            found = [fields for fields in found if is_after(fields, cursor)]
        return [await self.get(collection, fields["id"]) for fields in found[:limit]]

    async def count(
        self, collection: Collection, where: Sequence[Where] = (), *, limit: int = 10_000
    ) -> int:
        check_query(collection, where)
        return min(limit, len(self._matching(collection, where)))

    async def delete(
        self, collection: Collection, key: str, *, at_revision: int | None = None
    ) -> bool:
        kept = self._kept(collection)
        held = kept.fields(key)
        if held is not None and at_revision is not None and held["revision"] != at_revision:
            raise _changed(collection, key, held["revision"])
        return kept.delete(key)

    async def delete_many(
        self, collection: Collection, where: Sequence[Where], *, limit: int
    ) -> int:
        check_query(collection, where)
        check_limit(limit)
        doomed = ordered(self._matching(collection, where), ("id",))[:limit]
        for document in doomed:
            self._kept(collection).delete(document["id"])
        return len(doomed)

    def _matching(self, collection: Collection, where: Sequence[Where]) -> list[Document]:
        kept = self._kept(collection).documents.values()
        return [fields for _, fields in kept if matches(fields, where)]


def _missing(collection: Collection, key: str) -> NotFoundError:
    return NotFoundError(f"{collection.name} {key} does not exist", id=key)


def _changed(collection: Collection, key: str, revision: int) -> ConflictError:
    return ConflictError(f"{collection.name} {key} changed meanwhile", id=key, revision=revision)
