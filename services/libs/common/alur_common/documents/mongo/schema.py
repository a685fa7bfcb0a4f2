"""The collections, validators and indexes of the database, and the steps from an older schema to this one.

Forward only, under a lock, and safe to repeat: a process that dies on the way leaves what the next one completes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pymongo
from pymongo.errors import OperationFailure

from alur_common.clock import Clock
from alur_common.documents.encoding import Stamps
from alur_common.documents.migrations import Drop, Migration, Rewrite, newest, pending
from alur_common.documents.mongo.client import Database
from alur_common.documents.mongo.declared import History, declare, forget
from alur_common.documents.mongo.errors import translated
from alur_common.documents.mongo.layout import Layout
from alur_common.documents.mongo.lock import under_lock
from alur_common.documents.mongo.rewriting import fill, rewrite

SCHEMA = "schema"
"""The collection of the lock, the version, and the declarations that each collection has had."""
BUILD_SECONDS = 3600.0
"""How long one step may take, such as an index on a large collection; a server that is gone is noticed before."""
_EXISTS_ALREADY = 48
_GONE = frozenset({26, 27})  # NamespaceNotFound, IndexNotFound
_OURS = ("i_", "u_", "is_", "in_", "us_", "isn_", "ttl")


async def prepare(
    database: Database,
    layouts: Mapping[str, Layout],
    migrations: Sequence[Migration],
    clock: Clock,
    *,
    drops: bool = False,
) -> None:
    """Bring the database to this schema, one process at a time. Raises `StateError` for one of a newer Alur.

    `drops`: indexes that are no more declared go as well; those who still run the version before may need them.
    """

    async def work() -> None:
        with translated(), pymongo.timeout(BUILD_SECONDS):
            preparation = _Preparation(database, layouts, Stamps(clock))
            await preparation.run(migrations)
            if drops:
                await preparation.drop_indexes()

    await under_lock(database[SCHEMA], clock, work)


async def catch_up(database: Database, layouts: Iterable[Layout]) -> None:
    """Fill what processes of an older version have written since the schema is this one. Safe to repeat, and beside others."""
    with translated(), pymongo.timeout(BUILD_SECONDS):
        for layout in layouts:
            history = await declare(database[SCHEMA], layout)
            await fill(layout, history)


class _Preparation:
    """What is done under the lock."""

    def __init__(self, database: Database, layouts: Mapping[str, Layout], stamps: Stamps) -> None:
        self._database = database
        self._schema = database[SCHEMA]
        self._layouts = layouts
        self._stamps = stamps
        self._histories: dict[str, History] = {}

    async def run(self, migrations: Sequence[Migration]) -> None:
        version = await self._schema.find_one({"_id": "version"})
        if version is None:
            await self._record(newest(migrations), "created")
        todo = pending(migrations, newest(migrations) if version is None else version["number"])
        for layout in self._layouts.values():
            await self._add_collection(layout)
            self._histories[layout.name] = await declare(self._schema, layout)
        for migration in todo:
            for step in migration.steps:
                await self._take(step)
            await self._record(migration.number, migration.purpose)
        for layout in self._layouts.values():
            await self._add_indexes(layout)
            await fill(layout, self._histories[layout.name])

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
        """Drop those of ours that are no more declared. Those of newer versions stay, and what an operator named otherwise."""
        for layout in self._layouts.values():
            needed = self._histories[layout.name].needed_indexes()
            for name in await layout.rows.index_information():
                if name not in needed and name.startswith(_OURS):
                    await self._drop_index(layout, name)

    async def _drop_index(self, layout: Layout, name: str) -> None:
        try:
            await layout.rows.drop_index(name)
        except OperationFailure as error:
            if error.code not in _GONE:
                raise

    async def _take(self, step: Rewrite | Drop) -> None:
        if isinstance(step, Drop):
            await self._database.drop_collection(step.collection)
            await forget(self._schema, step.collection)
        else:
            await rewrite(self._layouts[step.collection], step, self._stamps)
