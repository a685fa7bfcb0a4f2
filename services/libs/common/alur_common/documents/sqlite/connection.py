"""How connections to the database file are opened, and what its errors mean to a caller."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from alur_sdk.errors import StorageError

_WRITER = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA secure_delete = FAST",
    "PRAGMA cache_size = -2000",  # every page split makes SQLite walk through all of it at the commit
    "PRAGMA temp_store = MEMORY",
    # A safety net only: the writer checkpoints by itself, after it has answered.
    "PRAGMA wal_autocheckpoint = 16000",
    "PRAGMA journal_size_limit = 67108864",
)
_READER = ("PRAGMA query_only = ON", "PRAGMA cache_size = -4000", "PRAGMA temp_store = MEMORY")
_BUSY_SECONDS = 10.0
_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


def connect_writer(path: Path) -> sqlite3.Connection:
    """Open the connection that writes; a commit on it is synced to disk before it returns."""
    return _connect(f"{path.absolute().as_uri()}?mode=rwc", _WRITER)


def connect_reader(path: Path) -> sqlite3.Connection:
    """Open a connection that can only read."""
    return _connect(f"{path.absolute().as_uri()}?mode=ro", _READER)


def _connect(uri: str, pragmas: tuple[str, ...]) -> sqlite3.Connection:
    connection = sqlite3.connect(
        uri,
        uri=True,
        timeout=_BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=512,
    )
    try:
        for pragma in pragmas:
            connection.execute(pragma)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def storage_error(error: Exception, path: Path) -> StorageError:
    """Return what a caller is told: a full disk and a damaged file by name, all else in SQLite's words."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        message = f"the disk is full: nothing was kept; make room where {path} is"
    elif code in _DAMAGE:
        message = (
            f"{path} is damaged ({error}): restore a backup, or move the file aside to start empty"
        )
    else:
        message = f"the store could not use {path}: {error}"
    return StorageError(message, path=str(path), reason=getattr(error, "sqlite_errorname", ""))
