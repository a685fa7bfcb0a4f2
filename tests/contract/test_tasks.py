"""The contract of `Tasks`, on each adapter of documents that needs no server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from alur_common.documents.memory import MemoryDocuments
from alur_common.documents.port import Documents
from alur_common.documents.sqlite import SqliteDocuments
from alur_common.executions import Execution, StoredJournals, Tasks, drop_task
from alur_common.executions.repository import CLOSED, JOURNAL, Batch
from alur_common.executions.tasks import TASKS, Task, task_id
from alur_sdk.errors import ExistsError
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


async def test_who_appends_to_a_closed_journal_collides_wherever_he_stood(clock: FakeClock) -> None:
    journals = StoredJournals(MemoryDocuments(clock))
    await journals.append(Batch("e1.a", 1, 1, [["one"]]))
    closed = await journals.close("e1.a")
    assert [(batch.epoch, batch.entries) for batch in closed] == [(1, [["one"]]), (CLOSED, [])]
    assert await journals.close("e1.a") == closed
    for number in (1, 2):
        with pytest.raises(ExistsError):
            await journals.append(Batch("e1.a", number, 9, [["late"]]))
    await journals.remove("e1")
    assert await journals.read("e1.a") == []


async def test_what_is_appended_while_a_journal_is_closed_counts(clock: FakeClock) -> None:
    journals = StoredJournals(MemoryDocuments(clock))
    read = journals.read

    async def quicker(execution_id: str) -> list[Batch]:
        journals.read = read  # type: ignore[method-assign]  # once
        seen = await read(execution_id)
        await journals.append(Batch(execution_id, 1, 1, [["just before"]]))
        return seen

    journals.read = quicker  # type: ignore[method-assign]  # the moment in between
    closed = await journals.close("e1.a")
    assert [(batch.number, batch.entries) for batch in closed] == [(1, [["just before"]]), (2, [])]


@pytest.mark.parametrize("is_kept", [True, False], ids=["kept", "removed"])
async def test_a_dropped_task_leaves_a_closed_journal_to_an_execution_that_is_kept(
    clock: FakeClock, is_kept: bool
) -> None:
    documents = MemoryDocuments(clock)
    tasks, journals = Tasks(documents), StoredJournals(documents)
    execution = Execution("e1", "t", "p", "w", "uid", 1, "manual", 0.0)
    await tasks.offer(Task("e1.a", "t", "e1", "a", "", attempt=1, pool="gpu", offered_at=0.0))
    task = await tasks.find("e1.a")
    assert task is not None
    await journals.append(Batch("e1.a", 1, 1, []))
    await drop_task(tasks, journals, task, execution if is_kept else execution.removed(9.0))
    assert await tasks.is_empty()
    assert [b.epoch for b in await journals.read("e1.a")] == ([1, CLOSED] if is_kept else [])
