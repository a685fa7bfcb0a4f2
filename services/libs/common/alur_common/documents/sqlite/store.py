"""`Documents` on one SQLite file."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from alur_common.clock import Clock
from alur_common.documents.encoding import Stamps, decode, encode, field_values, key_of
from alur_common.documents.matching import check_limit, check_query
from alur_common.documents.migrations import Migration
from alur_common.documents.port import Collection, Document, Where
from alur_common.documents.sqlite import query
from alur_common.documents.sqlite.cache import Content, DocumentCache
from alur_common.documents.sqlite.connection import connect_reader, connect_writer, storage_error
from alur_common.documents.sqlite.operations import Delete, DeleteMany, Insert, Replace
from alur_common.documents.sqlite.schema import prepare
from alur_common.documents.sqlite.table import Table
from alur_common.documents.sqlite.writer import GroupWriter
from alur_sdk.errors import NotFoundError, StorageError, UnavailableError

_Result = TypeVar("_Result")
_READERS = 2
_CHECKED_BYTES = 8 * 1024 * 1024
"""A file up to this size is checked as a whole at start; a larger one when its pages are read."""


class SqliteDocuments:
    """`Documents` in a SQLite file that belongs to this process alone.

    Every answered write is synced to disk. It lives on the event loop that opened it.
    """

    def __init__(
        self,
        path: Path,
        clock: Clock,
        *,
        cached_documents: int = 20_000,
        cached_bytes: int = 16 * 1024 * 1024,
    ) -> None:
        self._path = path
        self._stamps = Stamps(clock)
        self._cache = DocumentCache(cached_documents, cached_bytes)
        self._tables: dict[str, Table] = {}
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._readers: ThreadPoolExecutor | None = None
        self._writer: GroupWriter | None = None

    async def open(
        self, collections: Sequence[Collection], migrations: Sequence[Migration] = ()
    ) -> None:
        """Open or create the file and bring it to this schema.

        Raises `StorageError` when the file cannot be used or is damaged, `StateError` when a newer Alur wrote it.
        """
        self._tables = {collection.name: Table(collection) for collection in collections}
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="alur-store-reader")
        try:
            connection = await self._in_reader(lambda: self._connect(migrations))
        except BaseException:
            self._readers.shutdown()
            self._readers = None
            raise
        self._writer = GroupWriter(connection, self._path)

    def _connect(self, migrations: Sequence[Migration]) -> sqlite3.Connection:
        connection = connect_writer(self._path)
        try:
            if self._path.stat().st_size <= _CHECKED_BYTES:
                self._check(connection)
            prepare(connection, self._tables.values(), migrations, self._stamps)
        except BaseException:
            connection.close()
            raise
        self._connections.append(connection)
        return connection

    def _check(self, connection: sqlite3.Connection) -> None:
        found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            where = " ".join(found.split())
            raise StorageError(
                f"{self._path} is damaged ({where}): restore a backup, or move the file aside to start empty",
                path=str(self._path),
            )

    async def close(self) -> None:
        """Commit what was asked for and close the file."""
        if self._writer is not None:
            await self._writer.close()
            self._writer = None
        if self._readers is not None:
            await asyncio.to_thread(self._readers.shutdown)
            self._readers = None
        while self._connections:
            self._connections.pop().close()

    async def insert(self, collection: Collection, document: Mapping[str, Any]) -> Document:
        table = self._tables[collection.name]
        stored, content = self._content(table, document, 1)
        await self._open_writer().submit(Insert(table, self._cache, content))
        return stored

    async def get(self, collection: Collection, key: str) -> Document:
        document = await self.find_one(collection, key)
        if document is None:
            raise NotFoundError(f"{collection.name} {key} does not exist", id=key)
        return document

    async def find_one(self, collection: Collection, key: str) -> Document | None:
        cached = self._cache.find(collection.name, key)
        if cached is None:
            cached = await self._read(self._tables[collection.name], key)
        return None if cached is None else decode(*cached)

    async def _read(self, table: Table, key: str) -> tuple[bytes, int] | None:
        sql = f"SELECT _json, revision FROM {table.quoted} WHERE id = ?"  # noqa: S608 - the table's checked name
        ticket = self._cache.begin_read(table.name, key)
        row: tuple[bytes, int] | None = None
        try:
            rows = await self._in_reader(lambda: self._rows(sql, (key,)))
            row = rows[0] if rows else None
        finally:
            self._cache.end_read(table.name, key, ticket, row)
        return row

    async def replace(
        self,
        collection: Collection,
        document: Mapping[str, Any],
        *,
        at_revision: int | None = None,
        where: Sequence[Where] = (),
    ) -> Document:
        table = self._tables[collection.name]
        stored, content = self._content(table, document, (at_revision or 0) + 1)
        conditions: query.Clause = ("", [])
        if where:
            check_query(collection, where)
            conditions = query.conditions(where)
        operation = Replace(table, self._cache, content, at_revision, conditions)
        await self._open_writer().submit(operation)
        stored["revision"] = operation.revision
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
        table = self._tables[collection.name]
        conditions, values = query.conditions(where)
        order = query.order(sort)
        statements = [
            (
                f"SELECT _json, revision FROM {table.quoted} WHERE 1{conditions}{seek}{order} LIMIT ?",  # noqa: S608 - checked names
                (*values, *cursor),
            )
            for seek, cursor in query.seeks(sort, after)
        ]
        return await self._in_reader(lambda: self._find(statements, limit))

    def _find(
        self, statements: Sequence[tuple[str, tuple[Any, ...]]], limit: int
    ) -> list[Document]:
        found: list[Document] = []
        for sql, parameters in statements:
            if len(found) < limit:
                rows = self._rows(sql, (*parameters, limit - len(found)))
                found.extend(decode(*row) for row in rows)
        return found

    async def count(
        self, collection: Collection, where: Sequence[Where] = (), *, limit: int = 10_000
    ) -> int:
        check_query(collection, where)
        table = self._tables[collection.name]
        conditions, values = query.conditions(where)
        sql = f"SELECT count(*) FROM (SELECT 1 FROM {table.quoted} WHERE 1{conditions} LIMIT ?)"  # noqa: S608 - checked names
        rows = await self._in_reader(lambda: self._rows(sql, (*values, limit)))
        return int(rows[0][0])

    async def delete(
        self, collection: Collection, key: str, *, at_revision: int | None = None
    ) -> bool:
        operation = Delete(self._tables[collection.name], self._cache, key, at_revision)
        await self._open_writer().submit(operation)
        return operation.was_there

    async def delete_many(
        self, collection: Collection, where: Sequence[Where], *, limit: int
    ) -> int:
        check_query(collection, where)
        check_limit(limit)
        table = self._tables[collection.name]
        operation = DeleteMany(table, self._cache, query.conditions(where), limit)
        await self._open_writer().submit(operation)
        return len(operation.deleted)

    def _content(
        self, table: Table, document: Mapping[str, Any], revision: int
    ) -> tuple[Document, Content]:
        """Return the document as it will be stored, and what is written for it."""
        key = key_of(document)
        stamp = self._stamps.now()
        stored = {**document, "revision": revision, "updatedAt": stamp}
        encoded = encode(stored)
        return stored, Content(key, stamp, field_values(table.fields, stored), encoded)

    def _open_writer(self) -> GroupWriter:
        if self._writer is None:
            raise UnavailableError("the store is not open")
        return self._writer

    async def _in_reader(self, work: Callable[[], _Result]) -> _Result:
        """Call it in one of the reader threads, with SQLite's errors translated."""
        if self._readers is None:
            raise UnavailableError("the store is not open")
        try:
            return await asyncio.get_running_loop().run_in_executor(self._readers, work)
        except sqlite3.Error as error:
            raise storage_error(error, self._path) from error

    def _rows(self, sql: str, parameters: Sequence[Any]) -> list[Any]:
        """Return all rows, on this thread's own connection."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = connect_reader(self._path)
            self._connections.append(connection)
        return connection.execute(sql, parameters).fetchall()
