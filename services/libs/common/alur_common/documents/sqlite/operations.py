"""The writes that a caller can ask for: each fails alone, whatever else is in its transaction."""

from __future__ import annotations

import asyncio
import sqlite3
from typing import ClassVar

from alur_common.documents.sqlite.cache import Content, DocumentCache
from alur_common.documents.sqlite.query import Clause
from alur_common.documents.sqlite.table import Table
from alur_sdk.errors import AlurError, ConflictError, ExistsError, NotFoundError


class Operation:
    """One write: `run` it within a transaction, and once that is committed `settle` the cache."""

    __slots__ = ("cache", "error", "future", "table")
    is_slow: ClassVar[bool] = False
    """Whether it may touch many rows: such a one runs in the writer's thread."""

    future: asyncio.Future[None]

    def __init__(self, table: Table, cache: DocumentCache) -> None:
        self.table = table
        self.cache = cache
        self.error: AlurError | None = None

    def run(self, cursor: sqlite3.Cursor) -> None:
        """Write; raises `AlurError` when only this write is refused, `sqlite3.Error` when the store failed."""
        raise NotImplementedError

    def settle(self) -> None:
        """Tell the cache what is now committed."""
        raise NotImplementedError


class Insert(Operation):
    """A new document."""

    __slots__ = ("content",)

    def __init__(self, table: Table, cache: DocumentCache, content: Content) -> None:
        super().__init__(table, cache)
        self.content = content

    def run(self, cursor: sqlite3.Cursor) -> None:
        key, stamp, values, encoded = self.content
        if cursor.execute(self.table.insert, (key, stamp, *values, encoded)).rowcount == 1:
            return
        if _revision(cursor, self.table, key) is None:
            raise _taken(self.table, key)
        raise ExistsError(f"{self.table.name} {key} exists already", id=key)

    def settle(self) -> None:
        if self.table.collection.is_reread:
            self.cache.put(self.table.name, self.content, 1)


class Replace(Operation):
    """A new content, if the document is still as the conditions say."""

    __slots__ = ("at_revision", "conditions", "content", "revision")

    def __init__(
        self,
        table: Table,
        cache: DocumentCache,
        content: Content,
        at_revision: int | None,
        conditions: Clause,
    ) -> None:
        super().__init__(table, cache)
        self.content = content
        self.at_revision = at_revision
        self.conditions = conditions
        self.revision = 0

    def run(self, cursor: sqlite3.Cursor) -> None:
        key = self.content.key
        try:
            if self._write(cursor):
                return
        except sqlite3.IntegrityError as error:
            raise _taken(self.table, key) from error
        revision = _revision(cursor, self.table, key)
        if revision is None:
            raise NotFoundError(f"{self.table.name} {key} does not exist", id=key)
        raise _changed(self.table, key, revision)

    def _write(self, cursor: sqlite3.Cursor) -> bool:
        if self.at_revision is None:
            return self._write_at_any(cursor)
        table = self.table
        key, stamp, values, encoded = self.content
        text, parameters = self.conditions
        changed = table.changed(self.cache.find_values(table.name, key, self.at_revision), values)
        sql = table.update(changed, f" AND revision = ?{text}")
        set_values = [value for bit, value in enumerate(values) if changed >> bit & 1]
        self.revision = self.at_revision + 1
        cursor.execute(sql, (stamp, *set_values, encoded, key, self.at_revision, *parameters))
        return cursor.rowcount == 1

    def _write_at_any(self, cursor: sqlite3.Cursor) -> bool:
        key, stamp, values, encoded = self.content
        text, parameters = self.conditions
        sql = self.table.update(self.table.changed(None, values), text)
        all_parameters = (stamp, *values, encoded, key, *parameters)
        rows = cursor.execute(f"{sql} RETURNING revision", all_parameters).fetchall()
        if rows:
            self.revision = rows[0][0]
        return bool(rows)

    def settle(self) -> None:
        self.cache.put(self.table.name, self.content, self.revision)


class Delete(Operation):
    """The end of a document."""

    __slots__ = ("at_revision", "key", "was_there")

    def __init__(
        self, table: Table, cache: DocumentCache, key: str, at_revision: int | None
    ) -> None:
        super().__init__(table, cache)
        self.key = key
        self.at_revision = at_revision
        self.was_there = False

    def run(self, cursor: sqlite3.Cursor) -> None:
        if self.at_revision is not None:
            revision = _revision(cursor, self.table, self.key)
            if revision is not None and revision != self.at_revision:
                raise _changed(self.table, self.key, revision)
        sql = f"DELETE FROM {self.table.quoted} WHERE id = ?"  # noqa: S608 - the table's checked name
        # Now, not only when committed: an insert of the same id may follow in this transaction.
        self.cache.drop(self.table.name, self.key)
        self.was_there = cursor.execute(sql, (self.key,)).rowcount == 1

    def settle(self) -> None:
        self.cache.drop(self.table.name, self.key)


class DeleteMany(Operation):
    """The end of some matching documents."""

    __slots__ = ("conditions", "deleted", "limit", "parameters")
    is_slow = True

    def __init__(self, table: Table, cache: DocumentCache, conditions: Clause, limit: int) -> None:
        super().__init__(table, cache)
        self.conditions, parameters = conditions
        self.parameters = (*parameters, limit)
        self.deleted: list[str] = []

    def run(self, cursor: sqlite3.Cursor) -> None:
        name = self.table.quoted
        sql = (
            f"DELETE FROM {name} WHERE rowid IN "  # noqa: S608 - the table's checked name
            f"(SELECT rowid FROM {name} WHERE 1{self.conditions} LIMIT ?) RETURNING id"
        )
        self.deleted = [key for (key,) in cursor.execute(sql, self.parameters)]

    def settle(self) -> None:
        for key in self.deleted:
            self.cache.drop(self.table.name, key)


def _revision(cursor: sqlite3.Cursor, table: Table, key: str) -> int | None:
    sql = f"SELECT revision FROM {table.quoted} WHERE id = ?"  # noqa: S608 - the table's checked name
    row = cursor.execute(sql, (key,)).fetchone()
    return None if row is None else int(row[0])


def _changed(table: Table, key: str, revision: int) -> ConflictError:
    return ConflictError(f"{table.name} {key} changed meanwhile", id=key, revision=revision)


def _taken(table: Table, key: str) -> ExistsError:
    return ExistsError(
        f"{table.name} {key}: another one has the same value of a unique index", id=key
    )
