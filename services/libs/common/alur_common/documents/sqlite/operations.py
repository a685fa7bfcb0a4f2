"""The writes that a caller can ask for: each fails alone, whatever else is in its transaction."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from typing import Any, ClassVar

from alur_common.documents.port import Document
from alur_common.documents.sqlite.cache import DocumentCache
from alur_common.documents.sqlite.table import Table
from alur_sdk.errors import AlurError, ConflictError, ExistsError, NotFoundError


class Operation:
    """One write: `run` it within a transaction, and once that is committed `settle` the cache."""

    __slots__ = ("error", "future", "table")
    is_slow: ClassVar[bool] = False
    """Whether it may touch many rows: such a one runs in the writer's thread."""

    future: asyncio.Future[None]

    def __init__(self, table: Table) -> None:
        self.table = table
        self.error: AlurError | None = None

    def run(self, cursor: sqlite3.Cursor) -> None:
        """Write; raises `AlurError` when only this write is refused, `sqlite3.Error` when the store failed."""
        raise NotImplementedError

    def settle(self, cache: DocumentCache) -> None:
        """Tell the cache what is now committed."""
        raise NotImplementedError


class Insert(Operation):
    """A new document."""

    __slots__ = ("encoded", "key", "parameters")

    def __init__(self, table: Table, key: str, parameters: tuple[Any, ...], encoded: bytes) -> None:
        super().__init__(table)
        self.key = key
        self.parameters = parameters
        self.encoded = encoded

    def run(self, cursor: sqlite3.Cursor) -> None:
        if cursor.execute(self.table.insert, self.parameters).rowcount == 1:
            return
        if _revision(cursor, self.table, self.key) is None:
            raise _taken(self.table, self.key)
        raise ExistsError(f"{self.table.name} {self.key} exists already", id=self.key)

    def settle(self, cache: DocumentCache) -> None:
        cache.put(self.table.name, self.key, self.encoded, 1)


class Replace(Operation):
    """A new content, if the document is still as the conditions say."""

    __slots__ = ("document", "encoded", "parameters", "revision", "sql")

    def __init__(
        self,
        table: Table,
        sql: str,
        parameters: tuple[Any, ...],
        document: Document,
        encoded: bytes,
    ) -> None:
        super().__init__(table)
        self.sql = sql
        self.parameters = parameters
        self.document = document
        self.encoded = encoded
        self.revision = 0

    def run(self, cursor: sqlite3.Cursor) -> None:
        key = self.document["id"]
        try:
            row = cursor.execute(self.sql, self.parameters).fetchone()
        except sqlite3.IntegrityError as error:
            raise _taken(self.table, key) from error
        if row is not None:
            cursor.fetchone()  # to its end: only then is the statement done
            self.revision = row[0]
            return
        revision = _revision(cursor, self.table, key)
        if revision is None:
            raise NotFoundError(f"{self.table.name} {key} does not exist", id=key)
        raise _changed(self.table, key, revision)

    def settle(self, cache: DocumentCache) -> None:
        cache.put(self.table.name, self.document["id"], self.encoded, self.revision)


class Delete(Operation):
    """The end of a document."""

    __slots__ = ("at_revision", "key", "was_there")

    def __init__(self, table: Table, key: str, at_revision: int | None) -> None:
        super().__init__(table)
        self.key = key
        self.at_revision = at_revision
        self.was_there = False

    def run(self, cursor: sqlite3.Cursor) -> None:
        if self.at_revision is not None:
            revision = _revision(cursor, self.table, self.key)
            if revision is not None and revision != self.at_revision:
                raise _changed(self.table, self.key, revision)
        sql = f"DELETE FROM {self.table.quoted} WHERE id = ?"  # noqa: S608 - the table's checked name
        self.was_there = cursor.execute(sql, (self.key,)).rowcount == 1

    def settle(self, cache: DocumentCache) -> None:
        cache.drop(self.table.name, self.key)


class DeleteMany(Operation):
    """The end of some matching documents."""

    __slots__ = ("conditions", "deleted", "limit", "parameters")
    is_slow = True

    def __init__(
        self, table: Table, conditions: str, parameters: Sequence[Any], limit: int
    ) -> None:
        super().__init__(table)
        self.conditions = conditions
        self.parameters = (*parameters, limit)
        self.deleted: list[str] = []

    def run(self, cursor: sqlite3.Cursor) -> None:
        name = self.table.quoted
        sql = (
            f"DELETE FROM {name} WHERE rowid IN "  # noqa: S608 - the table's checked name
            f"(SELECT rowid FROM {name} WHERE 1{self.conditions} LIMIT ?) RETURNING id"
        )
        self.deleted = [key for (key,) in cursor.execute(sql, self.parameters)]

    def settle(self, cache: DocumentCache) -> None:
        for key in self.deleted:
            cache.drop(self.table.name, key)


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
