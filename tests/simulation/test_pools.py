"""Seeds under which nodes travel between executors and the platform keeps its promises, and mutations it does not survive."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from unittest.mock import patch

import pytest

from alur_common.executions import Task, Tasks
from alur_common.executions.tasks import TASKS, to_document
from alur_engine.journal import JournalEntry, Started
from alur_executor.service.session import Session
from alur_executor.service.task_session import TaskSession
from alur_scheduler.service.pools import PoolSweep
from tests.simulation.pools import simulate_pooled

SEEDS = 200
CHUNKS = 4
WITHIN = 1_000
Mutation = Callable[[], AbstractContextManager[None]]


@contextmanager
def no_fence() -> Iterator[None]:
    """Nobody looks whether a task is another's by now."""

    async def save(self: Tasks, task: Task) -> Task:
        stored = await self._documents.replace(TASKS, to_document(task))
        return task.changed(revision=stored["revision"])

    with patch.object(Tasks, "save", save):
        yield


@contextmanager
def no_second_offer() -> Iterator[None]:
    """What a dead executor had stays its own."""

    async def orphans(self: PoolSweep) -> int:
        return 0

    with patch.object(PoolSweep, "_offer_orphans", orphans):
        yield


@contextmanager
def nothing_asked_ahead() -> Iterator[None]:
    """A node run travels without what it asks for: that is evaluated where it runs, each time anew."""
    take = Session.take

    def without(self: Session, entry: JournalEntry) -> None:
        if isinstance(entry, Started) and "pool" in _written(self, entry.node):
            entry = entry._replace(request=None)
        take(self, entry)

    with patch.object(Session, "take", without):
        yield


def _written(session: Session, node: str) -> set[str]:
    return session.program.graph.node(node).definition.model_fields_set


@contextmanager
def nobody_is_told() -> Iterator[None]:
    """An outcome is written, and whoever waits for it hears nothing, from nobody."""

    async def done(self: PoolSweep) -> int:
        return 0

    with patch.object(PoolSweep, "_tell_done", done):
        yield


MUTATIONS = (no_fence, no_second_offer, nothing_asked_ahead, nobody_is_told)


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_a_node_that_travels_changes_nothing_whatever_fails(chunk: int) -> None:
    size = SEEDS // CHUNKS
    seeds = range(chunk * size, (chunk + 1) * size)
    assert {seed: broken for seed in seeds if (broken := simulate_pooled(seed))} == {}


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda m: m.__name__)
def test_a_broken_promise_of_pools_is_seen(mutation: Mutation) -> None:
    with mutation():
        runs = ((seed, simulate_pooled(seed)) for seed in range(SEEDS, SEEDS + WITHIN))
        found = next(((seed, broken) for seed, broken in runs if broken), None)
    assert found is not None
    sys.stdout.write(f"seen by seed {found[0]}: {found[1][0]}\n")


def test_nodes_do_travel() -> None:
    travelled: list[str] = []
    run = TaskSession.run

    async def counted(self: TaskSession, one: object) -> None:
        travelled.append(self.execution.id)
        await run(self, one)  # type: ignore[arg-type]  # it is passed on as it came

    with patch.object(TaskSession, "run", counted):
        for seed in range(20):
            assert simulate_pooled(seed) == []
    assert len(travelled) > 40
