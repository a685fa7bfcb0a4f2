"""`Documents` on a MongoDB database that many processes share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from alur_common.clock import Clock
from alur_common.documents.encoding import Stamps, key_of
from alur_common.documents.matching import check_limit, check_query
from alur_common.documents.migrations import Migration
from alur_common.documents.mongo import query
from alur_common.documents.mongo.client import Database
from alur_common.documents.mongo.errors import translated
from alur_common.documents.mongo.gathered import Gathered, Turns
from alur_common.documents.mongo.layout import READ, Content, Layout, Rows, document_of
from alur_common.documents.mongo.probe import prove_atomic
from alur_common.documents.mongo.schema import catch_up, prepare
from alur_common.documents.mongo.unbroken import Unbroken
from alur_common.documents.mongo.writes import Change, change_all, insert_all
from alur_common.documents.port import Collection, Document, Where
from alur_sdk.errors import ConflictError, NotFoundError

_MOST_TRIES = 50


class _Kept:
    """One collection, and what is gathered for it."""

    def __init__(self, layout: Layout, unbroken: Unbroken) -> None:
        self.layout = layout
        self.turns = Turns(unbroken)
        self.inserts: Gathered[Content, None] = Gathered(
            lambda asked: insert_all(layout, asked), lambda content: content.size
        )
        self.changes: Gathered[Change, None] = Gathered(
            lambda asked: change_all(layout, asked), lambda change: change.content.size
        )
        self.reads: Gathered[str, Document | None] = Gathered(self._read)

    async def _read(self, keys: Sequence[str]) -> list[Document | None]:
        wanted = {"_id": keys[0] if len(keys) == 1 else {"$in": list(set(keys))}}
        with translated():
            cursor = self.layout.rows.find(wanted, READ)
            found = {stored["_id"]: stored async for stored in cursor}
        return [document_of(found[key]) if key in found else None for key in keys]

    async def close(self) -> None:
        for gathered in (self.inserts, self.changes, self.reads):
            await gathered.close()


class MongoDocuments:
    """`Documents` on MongoDB.

    What concurrent callers ask of one collection goes together, without a timer. What this process asks of one document
    is done in order; against other processes only compare-and-set decides.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database = database
        self._clock = clock
        self._stamps = Stamps(clock)
        self._kept: dict[str, _Kept] = {}
        self._unbroken = Unbroken()
        self._opened: list[Layout] = []

    async def open(
        self,
        collections: Sequence[Collection],
        migrations: Sequence[Migration] = (),
        *,
        drops: bool = False,
    ) -> None:
        """Prove that the server is atomic and bring the database to this schema, one process at a time.

        `drops`: indexes that are no more declared go as well; those who still run the version before may need them.
        Raises `StateError` for a server that is not atomic and for a database of a newer Alur, `UnavailableError` when
        it is out of reach.
        """
        await prove_atomic(self.database["races"])
        layouts = {one.name: self._of(one).layout for one in collections}
        await prepare(self.database, layouts, migrations, self._clock, drops=drops)
        self._opened = list(layouts.values())

    async def catch_up(self) -> None:
        """Fill what processes of an older version have written since. Safe to repeat, and beside others."""
        await self._unbroken.run(catch_up(self.database, self._opened))

    async def reach(self) -> None:
        """Raise `UnavailableError` when the server does not answer."""
        with translated():
            await self._unbroken.run(self.database.command("ping"))

    async def close(self) -> None:
        """Wait for what is under way."""
        for kept in self._kept.values():
            await kept.close()
        await self._unbroken.close()

    async def insert(self, collection: Collection, document: Mapping[str, Any]) -> Document:
        kept = self._of(collection)
        content = Content(kept.layout, document, 1, self._stamps.now())
        await kept.turns.take(content.key, lambda: kept.inserts.ask(content))
        return content.document

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
        kept = self._of(collection)
        if at_revision is None:
            return await kept.turns.take(
                key_of(document), lambda: self._replace_any(collection, document, where)
            )
        change = self._change(kept, document, at_revision, where)
        await kept.turns.take(change.content.key, lambda: kept.changes.ask(change))
        return change.content.document

    async def _replace_any(
        self, collection: Collection, document: Mapping[str, Any], where: Sequence[Where]
    ) -> Document:
        """Read the revision and compare and set it, until nobody was faster."""
        kept = self._of(collection)
        for _ in range(_MOST_TRIES):
            known = (await self.get(collection, key_of(document)))["revision"]
            change = self._change(kept, document, known, where)
            try:
                await kept.changes.ask(change)
            except ConflictError as error:
                if where and error.details["revision"] == known:
                    raise  # it is as it was read: so a condition does not hold
            else:
                return change.content.document
        raise ConflictError(f"{collection.name} {key_of(document)} is changed all the time")

    def _change(
        self, kept: _Kept, document: Mapping[str, Any], revision: int, where: Sequence[Where]
    ) -> Change:
        content = Content(kept.layout, document, revision + 1, self._stamps.now())
        return Change(content, revision, query.conditions(where))

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
        wanted = query.both(query.conditions(where), query.following(sort, after))
        with translated():
            cursor = self._of(collection).layout.rows.find(wanted, READ)
            found = cursor.sort(query.order(sort)).limit(limit)
            stored = await self._unbroken.run(found.to_list())
        return [document_of(one) for one in stored]

    async def count(
        self, collection: Collection, where: Sequence[Where] = (), *, limit: int = 10_000
    ) -> int:
        check_query(collection, where)
        rows = self._of(collection).layout.rows
        with translated():
            matching = rows.count_documents(query.conditions(where), limit=limit)
            return await self._unbroken.run(matching)

    async def delete(
        self, collection: Collection, key: str, *, at_revision: int | None = None
    ) -> bool:
        kept = self._of(collection)
        return await kept.turns.take(key, lambda: self._delete(kept, key, at_revision))

    async def _delete(self, kept: _Kept, key: str, at_revision: int | None) -> bool:
        rows = kept.layout.rows
        matches = {"_id": key} if at_revision is None else {"_id": key, "revision": at_revision}
        with translated():
            if (await rows.delete_one(matches)).deleted_count:
                return True
            found = (
                None if at_revision is None else await rows.find_one({"_id": key}, {"revision": 1})
            )
        if found is None:
            return False
        raise ConflictError(
            f"{kept.layout.name} {key} changed meanwhile", id=key, revision=found["revision"]
        )

    async def delete_many(
        self, collection: Collection, where: Sequence[Where], *, limit: int
    ) -> int:
        check_query(collection, where)
        check_limit(limit)
        rows = self._of(collection).layout.rows
        return await self._unbroken.run(self._delete_many(rows, query.conditions(where), limit))

    async def _delete_many(self, rows: Rows, matches: dict[str, Any], limit: int) -> int:
        deleted = 0
        with translated():
            while deleted < limit:
                cursor = rows.find(matches, {"_id": 1}).limit(limit - deleted)
                keys = [stored["_id"] async for stored in cursor]
                if not keys:
                    break
                # Once more with the conditions: what no longer meets them has been changed, and stays.
                doomed = query.both({"_id": {"$in": keys}}, matches)
                deleted += (await rows.delete_many(doomed)).deleted_count
        return deleted

    def _of(self, collection: Collection) -> _Kept:
        kept = self._kept.get(collection.name)
        if kept is None:
            layout = Layout(self.database, collection)
            kept = self._kept[collection.name] = _Kept(layout, self._unbroken)
        return kept
