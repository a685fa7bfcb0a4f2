"""The contract of `Tasks`, on each adapter of documents that needs no server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from alur_common.documents.memory import MemoryDocuments
from alur_common.documents.port import Documents
from alur_common.documents.sqlite import SqliteDocuments
from alur_common.executions import StoredJournals
from alur_common.executions.repository import JOURNAL, Batch
from alur_common.executions.tasks import TASKS, task_id
from tests.contract.tasks_contract import TasksContract
from tests.support.clock import FakeClock


class TestTasksInMemory(TasksContract):
    @pytest.fixture
    def documents(self, clock: FakeClock) -> Documents:
        return MemoryDocuments(clock)


class TestTasksInSqlite(TasksContract):
    @pytest.fixture
    async def documents(self, clock: FakeClock, tmp_path: Path) -> AsyncIterator[Documents]:
        store = SqliteDocuments(tmp_path / "alur.db", clock)
        await store.open([TASKS, JOURNAL])
        yield store
        await store.close()


async def test_a_journal_of_a_task_is_apart_from_its_execution_and_goes_with_it(
    clock: FakeClock,
) -> None:
    journals = StoredJournals(MemoryDocuments(clock))
    own, other, task = "e1", "e10", task_id("e1", "a", "")
    for name in (own, other, task):
        await journals.append(Batch(name, 1, 1, [[name]]))
    assert [batch.entries for batch in await journals.read(own)] == [[[own]]]
    assert [batch.entries for batch in await journals.read(task)] == [[[task]]]
    await journals.remove(own)
    left = [await journals.read(name) for name in (own, other, task)]
    assert [len(batches) for batches in left] == [0, 1, 0]
