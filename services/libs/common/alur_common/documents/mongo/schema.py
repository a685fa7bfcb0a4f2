"""The collections, validators and indexes of the database, and the steps from an older schema to this one.

Forward only, under a lock, and safe to repeat: a process that dies on the way leaves what the next one completes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pymongo
from pymongo.errors import OperationFailure

from alur_common.clock import Clock
from alur_common.documents.encoding import Stamps
from alur_common.documents.migrations import Drop, Migration, Rewrite, newest, pending
from alur_common.documents.mongo.client import Database
from alur_common.documents.mongo.errors import translated
from alur_common.documents.mongo.layout import READ, Content, Layout, document_of
from alur_common.documents.mongo.lock import under_lock
from alur_common.documents.mongo.writes import Change, change_all
from alur_common.documents.port import Document
from alur_sdk.errors import AlurError, ConflictError, NotFoundError

SCHEMA = "schema"
"""The collection of the lock, the version, and the fields that each collection was filled with."""
BUILD_SECONDS = 3600.0
"""How long one step may take, such as an index on a large collection; a server that is gone is noticed before."""
_EXISTS_ALREADY = 48
_GONE = frozenset({26, 27})  # NamespaceNotFound, IndexNotFound
_OURS = ("i_", "u_", "is_", "in_", "us_", "isn_", "ttl")
_AT_A_TIME = 200


async def prepare(
    database: Database,
    layouts: Mapping[str, Layout],
    migrations: Sequence[Migration],
    clock: Clock,
    *,
    only_adds: bool = False,
) -> None:
    """Bring the database to this schema, one process at a time. Raises `StateError` for one of a newer Alur.

    `only_adds`: indexes that are no more declared stay, for those who still run the version before.
    """

    async def work() -> None:
        with translated(), pymongo.timeout(BUILD_SECONDS):
            preparation = _Preparation(database, layouts, Stamps(clock))
            await preparation.run(migrations)
            if not only_adds:
                await preparation.drop_indexes()

    await under_lock(database[SCHEMA], clock, work)


class _Preparation:
    """What is done under the lock."""

    def __init__(self, database: Database, layouts: Mapping[str, Layout], stamps: Stamps) -> None:
        self._database = database
        self._schema = database[SCHEMA]
        self._layouts = layouts
        self._stamps = stamps

    async def run(self, migrations: Sequence[Migration]) -> None:
        version = await self._schema.find_one({"_id": "version"})
        if version is None:
            await self._record(newest(migrations), "created")
        todo = pending(migrations, newest(migrations) if version is None else version["number"])
        for layout in self._layouts.values():
            await self._add_collection(layout)
        for migration in todo:
            for step in migration.steps:
                await self._take(step)
            await self._record(migration.number, migration.purpose)
        for layout in self._layouts.values():
            await self._add_indexes(layout)
            await self._fill(layout)

    async def _record(self, number: int, purpose: str) -> None:
        made = {"number": number, "purpose": purpose, "at": self._stamps.now()}
        await self._schema.update_one({"_id": "version"}, {"$set": made}, upsert=True)

    async def _add_collection(self, layout: Layout) -> None:
        rules: dict[str, Any] = {"validator": layout.validator(), "validationLevel": "strict"}
        try:
            await self._database.create_collection(layout.name, check_exists=False, **rules)
        except OperationFailure as error:
            if error.code != _EXISTS_ALREADY:
                raise
            await self._database.command("collMod", layout.name, **rules)

    async def _add_indexes(self, layout: Layout) -> None:
        present = await layout.rows.index_information()
        for name, options in layout.indexes().items():
            if name not in present:
                await layout.rows.create_index(name=name, **options)

    async def drop_indexes(self) -> None:
        """Drop those of ours that are no more declared; what an operator has added by another name stays."""
        for layout in self._layouts.values():
            for name in await layout.rows.index_information():
                if name not in layout.indexes() and name.startswith(_OURS):
                    await self._drop_index(layout, name)

    async def _drop_index(self, layout: Layout, name: str) -> None:
        try:
            await layout.rows.drop_index(name)
        except OperationFailure as error:
            if error.code not in _GONE:
                raise

    async def _fill(self, layout: Layout) -> None:
        """Give documents of before the fields that are declared anew."""
        place = {"_id": f"fields/{layout.name}"}
        known = await self._schema.find_one(place)
        fields = [*layout.fields, *filter(None, [layout.collection.ttl])]
        if known is not None and not set(fields) <= set(known["fields"]):
            await self._rewrite(layout, Rewrite(layout.name, lambda document: document))
        if known is None or set(fields) != set(known["fields"]):
            await self._schema.update_one(place, {"$set": {"fields": fields}}, upsert=True)

    async def _take(self, step: Rewrite | Drop) -> None:
        if isinstance(step, Drop):
            await self._database.drop_collection(step.collection)
            await self._schema.delete_one({"_id": f"fields/{step.collection}"})
        else:
            await self._rewrite(self._layouts[step.collection], step)

    async def _rewrite(self, layout: Layout, step: Rewrite) -> None:
        last = ""
        while True:
            cursor = layout.rows.find({"_id": {"$gt": last}}, READ).sort("_id", 1)
            page = [document_of(stored) async for stored in cursor.limit(_AT_A_TIME)]
            await self._rewrite_page(layout, step, page)
            if len(page) < _AT_A_TIME:
                return
            last = page[-1]["id"]

    async def _rewrite_page(self, layout: Layout, step: Rewrite, page: list[Document]) -> None:
        """Rewrite these documents; one that somebody changed meanwhile is read and rewritten again."""
        while page:
            changes: list[Change] = []
            for document in page:
                made = step.change(document)
                if made is None:
                    matches = {"_id": document["id"], "revision": document["revision"]}
                    await layout.rows.delete_one(matches)
                else:
                    changes.append(self._change(layout, made, document))
            outcomes = await change_all(layout, changes) if changes else []
            changed = [
                change.content.key
                for change, outcome in zip(changes, outcomes, strict=True)
                if _is_behind(outcome)
            ]
            cursor = layout.rows.find({"_id": {"$in": changed}}, READ)
            page = [document_of(stored) async for stored in cursor] if changed else []

    def _change(self, layout: Layout, made: Document, old: Document) -> Change:
        revision = old["revision"]
        new = Content(layout, {**made, "id": old["id"]}, revision + 1, self._stamps.now())
        return Change(new, revision, {})


def _is_behind(outcome: AlurError | None) -> bool:
    """Whether somebody was faster; raises what is worse."""
    if outcome is None or isinstance(outcome, NotFoundError):
        return False
    if isinstance(outcome, ConflictError):
        return True
    raise outcome
