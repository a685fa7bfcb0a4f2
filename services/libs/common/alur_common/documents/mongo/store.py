"""`Documents` on a MongoDB database that many processes share.

A stored document holds its declared fields as they are, so that MongoDB can filter and sort by them, and the whole of it as
JSON text: what users send may nest deeper, and name its members more freely, than BSON allows.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from alur_common.clock import Clock
from alur_common.documents.encoding import Stamps, encode, field_values, key_of
from alur_common.documents.matching import check_limit, check_query
from alur_common.documents.migrations import Migration
from alur_common.documents.mongo import query
from alur_common.documents.mongo.client import Database, translated
from alur_common.documents.mongo.gathered import Gathered
from alur_common.documents.mongo.schema import prepare
from alur_common.documents.mongo.writes import (
    WRITE,
    Replacement,
    Stored,
    Table,
    insert_all,
    replace_all,
)
from alur_common.documents.port import Collection, Document, Where
from alur_sdk.errors import ConflictError, NotFoundError

_READ = {"json": 1, "revision": 1, "updatedAt": 1}
_MOST_TRIES = 20


class _Kept:
    """One collection with what is gathered for it."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.inserts: Gathered[Stored, None] = Gathered(lambda asked: insert_all(table, asked))
        self.replaces: Gathered[Replacement, None] = Gathered(
            lambda asked: replace_all(table, asked)
        )
        self.reads: Gathered[str, Document | None] = Gathered(self._read)

    async def _read(self, keys: Sequence[str]) -> list[Document | None]:
        with translated():
            found = {
                stored["_id"]: _document(stored)
                async for stored in self.table.find({"_id": {"$in": list(set(keys))}}, _READ)
            }
        return [found.get(key) for key in keys]

    async def close(self) -> None:
        for gathered in (self.inserts, self.replaces, self.reads):
            await gathered.close()


class MongoDocuments:
    """`Documents` on MongoDB. What concurrent callers ask of a collection goes together, without a timer."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._stamps = Stamps(clock)
        self._kept: dict[str, _Kept] = {}
        self._writer = os.urandom(8).hex()
        self._writes = 0

    async def open(
        self, collections: Sequence[Collection], migrations: Sequence[Migration] = ()
    ) -> None:
        """Bring the database to this schema. Raises `StateError`, or `UnavailableError` while it is out of reach."""
        await prepare(self._database, collections, migrations, self._clock)

    async def close(self) -> None:
        """Wait for what is under way."""
        for kept in self._kept.values():
            await kept.close()

    async def insert(self, collection: Collection, document: Mapping[str, Any]) -> Document:
        made, stored = self._stored(collection, document, 1)
        await self._of(collection).inserts.ask(stored)
        return made

    async def get(self, collection: Collection, key: str) -> Document:
        found = await self.find_one(collection, key)
        if found is None:
            raise NotFoundError(f"{collection.name} {key} does not exist", id=key)
        return found

    async def find_one(self, collection: Collection, key: str) -> Document | None:
        return await self._of(collection).reads.ask(key)

    async def replace(
        self,
        collection: Collection,
        document: Mapping[str, Any],
        *,
        at_revision: int | None = None,
        where: Sequence[Where] = (),
    ) -> Document:
        check_query(collection, where)
        if at_revision is not None:
            return await self._replace(collection, document, at_revision, where)
        for _ in range(_MOST_TRIES):
            known = await self.get(collection, key_of(document))
            try:
                return await self._replace(collection, document, known["revision"], where)
            except ConflictError as error:
                if where and error.details["revision"] == known["revision"]:
                    raise
        raise ConflictError(f"{collection.name} {key_of(document)} changes all the time")

    async def _replace(
        self,
        collection: Collection,
        document: Mapping[str, Any],
        revision: int,
        where: Sequence[Where],
    ) -> Document:
        made, stored = self._stored(collection, document, revision + 1)
        matches = {"_id": stored["_id"], "revision": revision, **query.conditions(where)}
        await self._of(collection).replaces.ask(Replacement(matches, stored))
        return made

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
        parts = [p for p in (query.conditions(where), query.following(sort, after)) if p]
        table = self._of(collection).table
        with translated():
            cursor = table.find({"$and": parts} if parts else {}, _READ)
            return [_document(s) async for s in cursor.sort(query.order(sort)).limit(limit)]

    async def count(
        self, collection: Collection, where: Sequence[Where] = (), *, limit: int = 10_000
    ) -> int:
        check_query(collection, where)
        with translated():
            wanted = query.conditions(where)
            return await self._of(collection).table.count_documents(wanted, limit=limit)

    async def delete(
        self, collection: Collection, key: str, *, at_revision: int | None = None
    ) -> bool:
        table = self._of(collection).table
        wanted: dict[str, Any] = {"_id": key}
        if at_revision is not None:
            wanted["revision"] = at_revision
        with translated():
            if (await table.delete_one(wanted)).deleted_count:
                return True
            known = await table.find_one({"_id": key}, {"revision": 1})
        if known is None:
            return False
        raise ConflictError(
            f"{collection.name} {key} changed meanwhile", id=key, revision=known["revision"]
        )

    async def delete_many(
        self, collection: Collection, where: Sequence[Where], *, limit: int
    ) -> int:
        check_query(collection, where)
        check_limit(limit)
        table = self._of(collection).table
        with translated():
            cursor = table.find(query.conditions(where), {"_id": 1}).limit(limit)
            keys = [stored["_id"] async for stored in cursor]
            if not keys:
                return 0
            return (await table.delete_many({"_id": {"$in": keys}})).deleted_count

    def _of(self, collection: Collection) -> _Kept:
        kept = self._kept.get(collection.name)
        if kept is None:
            kept = self._kept[collection.name] = _Kept(self._database[collection.name])
        return kept

    def _stored(
        self, collection: Collection, document: Mapping[str, Any], revision: int
    ) -> tuple[Document, Stored]:
        """Return the document as it will be, and as it is stored."""
        key = key_of(document)
        stamp = self._stamps.now()
        made = {**document, "revision": revision, "updatedAt": stamp}
        values = zip(collection.fields, field_values(collection.fields, made), strict=True)
        self._writes += 1
        stored: Stored = {
            "_id": key,
            "revision": revision,
            "updatedAt": stamp,
            WRITE: f"{self._writer}-{self._writes}",
            "json": encode(made).decode(),
        }
        stored.update((name, value) for name, value in values if value is not None)
        return made, stored


def _document(stored: Stored) -> Document:
    document: Document = orjson.loads(stored["json"])
    return document
