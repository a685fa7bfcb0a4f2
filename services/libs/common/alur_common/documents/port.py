"""The `Documents` port: a small typed store of JSON documents, the same on SQLite and MongoDB.

Documents are JSON objects; callers never change a document that they passed in or got back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

Document = dict[str, Any]
Operator = Literal["eq", "ne", "lt", "lte", "gt", "gte", "in"]


@dataclass(frozen=True, slots=True)
class Where:
    """One condition on a declared field; `value` is a list for `in`. `None` matches null and absent."""

    field: str
    operator: Operator
    value: Any


@dataclass(frozen=True, slots=True)
class Index:
    """An index on declared fields, in order. A unique one ignores documents in which a field is null.

    A sparse one holds only documents whose first field is not null, so the rest cost nothing. `newest_first` says that
    its last field is mostly sorted downwards: MongoDB then orders ties by the id as such a sort does.
    """

    fields: tuple[str, ...]
    unique: bool = False
    sparse: bool = False
    newest_first: bool = False


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection: its name, the top-level fields that filters and sorts may use, and its indexes.

    Every document also has `id` (text, primary key), `revision` (1 at insert, plus 1 with each write) and
    `updatedAt` (RFC 3339 UTC, kept by the adapter); they need not be declared.

    `ttl` names a field with seconds since 1970: some time after them MongoDB removes the document by itself. It is
    clean-up only: whoever cares compares the time. `shard_key` names the fields by whose hash a sharded MongoDB spreads
    the collection; an empty one keeps it on one shard, which a unique index needs. `is_reread` says that new documents are
    mostly read again soon, by their id: a store may keep them in memory. `holds` and `owner` say what is in it and who
    writes it, for people.
    """

    name: str
    fields: tuple[str, ...] = ()
    indexes: tuple[Index, ...] = field(default=())
    ttl: str | None = None
    shard_key: tuple[str, ...] = ("id",)
    is_reread: bool = True
    holds: str = ""
    owner: str = ""


class Documents(Protocol):
    """A store of documents. Every write that was awaited is durable: synced to disk, or majority-journalled."""

    async def insert(self, collection: Collection, document: Mapping[str, Any]) -> Document:
        """Store a new document and return it at revision 1, or raise `ExistsError` (id or unique index)."""

    async def get(self, collection: Collection, key: str) -> Document:
        """Return the document, or raise `NotFoundError`."""

    async def find_one(self, collection: Collection, key: str) -> Document | None:
        """Return the document, or None."""

    async def replace(
        self,
        collection: Collection,
        document: Mapping[str, Any],
        *,
        at_revision: int | None = None,
        where: Sequence[Where] = (),
    ) -> Document:
        """Compare and set: replace the document of the same id, and return it at its new revision.

        Raises `ConflictError` when its revision is not `at_revision` or a `where` does not hold, `NotFoundError` when absent.
        """

    async def find(
        self,
        collection: Collection,
        where: Sequence[Where] = (),
        *,
        sort: Sequence[str] = ("id",),
        limit: int = 100,
        after: Sequence[Any] | None = None,
    ) -> list[Document]:
        """Return at most `limit` documents in the order of `sort` (`-field` descends; `id` breaks ties).

        `after` holds the values of the `sort` fields and then the id of the last document seen: a keyset cursor.
        """

    async def count(
        self, collection: Collection, where: Sequence[Where] = (), *, limit: int = 10_000
    ) -> int:
        """Return how many match, counting no further than `limit`."""

    async def delete(
        self, collection: Collection, key: str, *, at_revision: int | None = None
    ) -> bool:
        """Delete it; return whether it was there. Raises `ConflictError` when its revision is not `at_revision`."""

    async def delete_many(
        self, collection: Collection, where: Sequence[Where], *, limit: int
    ) -> int:
        """Delete at most `limit` matching documents and return how many."""
