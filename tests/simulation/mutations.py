"""Platforms that break a promise on purpose: the simulation is worth something only if it sees that."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from alur_common.executions import Batch, Execution, StoredExecutions
from alur_common.executions.repository import EXECUTIONS, to_document
from alur_engine.journal import JournalEntry
from alur_executor.service.journaling import JournalWriter
from alur_executor.service.session import Session
from alur_scheduler.service.relay import Relay


@contextmanager
def no_fence() -> Iterator[None]:
    """Nobody looks whether another owns the execution by now."""

    async def demand_ours(self: JournalWriter, batch: Batch) -> None:
        self.batches = batch.number

    async def save(self: StoredExecutions, execution: Execution) -> Execution:
        saved = await self._documents.replace(EXECUTIONS, to_document(execution))
        return execution.changed(revision=saved["revision"])

    with (
        patch.object(JournalWriter, "_demand_ours", demand_ours),
        patch.object(StoredExecutions, "save", save),
    ):
        yield


@contextmanager
def no_write_ahead() -> Iterator[None]:
    """A write goes out before its intent is durable."""

    async def take_durably(self: Session, entry: JournalEntry) -> None:
        self.take(entry)

    with patch.object(Session, "take_durably", take_durably):
        yield


@contextmanager
def acknowledge_before_commit() -> Iterator[None]:
    """A caller is answered while its execution is still on the way to the store."""
    under_way: set[asyncio.Task[Any]] = set()

    async def accept(self: StoredExecutions, execution: Execution) -> Execution:
        insert = self._documents.insert(EXECUTIONS, to_document(execution))
        task = asyncio.get_running_loop().create_task(insert)
        under_way.add(task)
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        return execution.changed(revision=1)

    with patch.object(StoredExecutions, "accept", accept):
        yield


@contextmanager
def no_relay() -> Iterator[None]:
    """What a dead process had not told yet is left untold."""

    async def sweep(self: Relay) -> int:
        return 0

    with patch.object(Relay, "sweep", sweep):
        yield


MUTATIONS = (no_fence, no_write_ahead, acknowledge_before_commit, no_relay)
