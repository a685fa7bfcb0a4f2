"""The one writer: what arrives while a commit is under way goes together in the next.

Statements run where they were asked for, on the event loop: they touch memory only and take a few
microseconds, less than handing them to another thread would. The commit, which waits for the disk, runs in
a thread of its own. The two never use the connection at the same time.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
from collections import deque
from pathlib import Path
from queue import SimpleQueue

from alur_common.documents.sqlite.connection import storage_error
from alur_common.documents.sqlite.operations import Operation
from alur_sdk.errors import AlurError, UnavailableError

_MOST = 256
"""Writes in one transaction: as many as hold the event loop for about 2 ms."""
_CHECKPOINT_WRITES = 1500


class _Batch:
    """The writes of one transaction, and why all of them failed if they did."""

    __slots__ = ("failure", "operations", "slow")

    def __init__(self, operations: list[Operation]) -> None:
        self.operations = operations
        self.slow: Operation | None = None
        self.failure: sqlite3.Error | None = None


class GroupWriter:
    """Commits in groups and without a timer: an idle writer commits what it gets at once."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._cursor = connection.cursor()
        self._path = path
        self._loop = asyncio.get_running_loop()
        self._queue: deque[Operation] = deque()
        self._jobs: SimpleQueue[_Batch | None] = SimpleQueue()
        self._is_busy = False
        self._idle = asyncio.Event()
        self._idle.set()
        self._is_closed = False
        self._since_checkpoint = 0
        self._thread = threading.Thread(target=self._work, name="alur-store-writer", daemon=True)
        self._thread.start()

    def submit(self, operation: Operation) -> asyncio.Future[None]:
        """Return a future that is done when the write is synced to disk, or holds why it was refused."""
        if self._is_closed:
            raise UnavailableError("the store is closed")
        future: asyncio.Future[None] = self._loop.create_future()
        operation.future = future
        self._queue.append(operation)
        if not self._is_busy:
            self._is_busy = True
            self._idle.clear()
            # Not this instant: what else this turn of the loop writes goes along.
            self._loop.call_soon(self._start)
        return future

    async def close(self) -> None:
        """Commit what was asked for, then end the thread."""
        self._is_closed = True
        await self._idle.wait()
        self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)

    def _start(self) -> None:
        batch = _Batch(self._next_operations())
        if batch.operations[-1].is_slow:
            batch.slow = batch.operations[-1]
        try:
            self._cursor.execute("BEGIN IMMEDIATE")
            for operation in batch.operations:
                if not operation.is_slow:
                    self._run(operation)
        except sqlite3.Error as error:
            batch.failure = error
        self._jobs.put(batch)

    def _next_operations(self) -> list[Operation]:
        """Take what waits, up to `_MOST`, or up to the first slow one: what follows it must run after it."""
        taken: list[Operation] = []
        while self._queue and len(taken) < _MOST:
            taken.append(self._queue.popleft())
            if taken[-1].is_slow:
                break
        return taken

    def _run(self, operation: Operation) -> None:
        try:
            operation.run(self._cursor)
        except AlurError as error:
            operation.error = error

    def _work(self) -> None:
        """The thread: commit, answer all callers at once, and only then tidy up."""
        while (batch := self._jobs.get()) is not None:
            self._finish(batch)
            self._since_checkpoint += len(batch.operations)
            is_due = self._since_checkpoint >= _CHECKPOINT_WRITES
            with contextlib.suppress(RuntimeError):  # the loop was closed without closing the store
                self._loop.call_soon_threadsafe(self._settle, batch, is_due)
                if is_due:
                    self._checkpoint()
                    self._loop.call_soon_threadsafe(self._go_on)

    def _finish(self, batch: _Batch) -> None:
        if batch.failure is None:
            try:
                if batch.slow is not None:
                    self._run(batch.slow)
                self._cursor.execute("COMMIT")
            except sqlite3.Error as error:
                batch.failure = error
        if batch.failure is not None and self._connection.in_transaction:
            with contextlib.suppress(sqlite3.Error):
                self._cursor.execute("ROLLBACK")

    def _checkpoint(self) -> None:
        self._since_checkpoint = 0
        with contextlib.suppress(
            sqlite3.Error
        ):  # what is in the log is safe there until the next time
            self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def _settle(self, batch: _Batch, holds: bool) -> None:
        """Answer every caller; `holds` says that the thread still uses the connection."""
        for operation in batch.operations:
            error = operation.error
            if batch.failure is not None:
                error = storage_error(batch.failure, self._path)
            elif error is None:
                operation.settle()
            if operation.future.done():
                continue  # its caller was cancelled
            if error is None:
                operation.future.set_result(None)
            else:
                operation.future.set_exception(error)
        if not holds:
            self._go_on()

    def _go_on(self) -> None:
        if self._queue:
            # After the callers that were answered: what they write next goes along.
            self._loop.call_soon(self._start)
        else:
            self._is_busy = False
            self._idle.set()
