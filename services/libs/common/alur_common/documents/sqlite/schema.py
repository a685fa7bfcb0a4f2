"""The tables, columns and indexes of the file, and the steps from an older schema to this one."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

from alur_common.documents.encoding import Stamps, decode, encode, field_values
from alur_common.documents.migrations import Drop, Migration, Rewrite, newest, pending
from alur_common.documents.sqlite.table import Table

_VERSIONS = "CREATE TABLE schema_version (version INTEGER PRIMARY KEY, purpose TEXT NOT NULL, at TEXT NOT NULL)"
_ROWS_AT_A_TIME = 500


def prepare(
    connection: sqlite3.Connection,
    tables: Iterable[Table],
    migrations: Sequence[Migration],
    stamps: Stamps,
) -> None:
    """Bring the file to the schema of these tables in one transaction: all of it, or nothing.

    Raises `StateError` when the file was written by a newer schema.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        _prepare(connection, {table.name: table for table in tables}, migrations, stamps)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _prepare(
    connection: sqlite3.Connection,
    tables: dict[str, Table],
    migrations: Sequence[Migration],
    stamps: Stamps,
) -> None:
    if not _has_versions(connection):
        connection.execute(_VERSIONS)
        _record(connection, newest(migrations), "created", stamps)
    todo = pending(migrations, _version(connection))
    for table in tables.values():
        _add_table(connection, table)
    for migration in todo:
        for step in migration.steps:
            _take(connection, tables, step, stamps)
        _record(connection, migration.number, migration.purpose, stamps)
    for table in tables.values():
        _add_indexes(connection, table)


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT max(version) FROM schema_version").fetchone()[0])


def _record(connection: sqlite3.Connection, version: int, purpose: str, stamps: Stamps) -> None:
    row = (version, purpose, stamps.now())
    connection.execute("INSERT INTO schema_version VALUES (?, ?, ?)", row)


def _has_versions(connection: sqlite3.Connection) -> bool:
    sql = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'schema_version'"
    return connection.execute(sql).fetchone() is not None


def _add_table(connection: sqlite3.Connection, table: Table) -> None:
    connection.execute(table.create)
    present = {row[1] for row in connection.execute(f"PRAGMA table_info({table.quoted})")}
    added = [field for field in table.fields if field not in present]
    for field in added:
        connection.execute(f'ALTER TABLE {table.quoted} ADD COLUMN "{field}"')
    if added:
        _fill(connection, table, added)


def _fill(connection: sqlite3.Connection, table: Table, fields: Sequence[str]) -> None:
    """Give new columns the values that the stored documents hold; what is no scalar cannot be filtered by."""
    changes = ", ".join(f'"{field}" = {_extracted(field)}' for field in fields)
    connection.execute(f"UPDATE {table.quoted} SET {changes}")  # noqa: S608 - the table's checked names


def _extracted(field: str) -> str:
    held = "CAST(_json AS TEXT)"
    place = f"'$.{field}'"
    is_scalar = f"json_type({held}, {place}) NOT IN ('array', 'object')"
    return f"CASE WHEN {is_scalar} THEN json_extract({held}, {place}) END"


def _add_indexes(connection: sqlite3.Connection, table: Table) -> None:
    wanted = {table.index_name(index): index for index in table.collection.indexes}
    # An index without SQL is SQLite's own, of the primary key.
    sql = "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql NOT NULL"
    for (name,) in connection.execute(sql, (table.quoted.strip('"'),)).fetchall():
        if name not in wanted:
            connection.execute(f'DROP INDEX "{name}"')
    for index in wanted.values():
        connection.execute(table.create_index(index))


def _take(
    connection: sqlite3.Connection, tables: dict[str, Table], step: Rewrite | Drop, stamps: Stamps
) -> None:
    if isinstance(step, Drop):
        connection.execute(f'DROP TABLE IF EXISTS "c_{step.collection}"')
        return
    table = tables[step.collection]
    last = ""
    while True:
        sql = f"SELECT id, _json, revision FROM {table.quoted} WHERE id > ? ORDER BY id LIMIT ?"  # noqa: S608 - checked name
        rows = connection.execute(sql, (last, _ROWS_AT_A_TIME)).fetchall()
        for key, encoded, revision in rows:
            _rewrite(connection, table, step, (key, encoded, revision), stamps)
        if len(rows) < _ROWS_AT_A_TIME:
            return
        last = rows[-1][0]


def _rewrite(
    connection: sqlite3.Connection,
    table: Table,
    step: Rewrite,
    row: tuple[str, bytes, int],
    stamps: Stamps,
) -> None:
    key, encoded, revision = row
    changed = step.change(decode(encoded, revision))
    if changed is None:
        connection.execute(f"DELETE FROM {table.quoted} WHERE id = ?", (key,))  # noqa: S608 - checked name
        return
    stored = {**changed, "id": key, "revision": revision + 1, "updatedAt": stamps.now()}
    values = field_values(table.fields, stored)
    everything = table.changed(None, values)
    parameters = (stored["updatedAt"], *values, encode(stored), key)
    connection.execute(table.update(everything, ""), parameters)
