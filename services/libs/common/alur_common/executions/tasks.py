"""Tasks: node runs that travel to an executor of another pool.

A task is a ticket. What the node run works on stands in its execution's journal, durable before the task is; what it came
to stands in the task, and in a journal of the task's own, until the owner of the execution has taken it. The task goes then;
its journal stays, closed, for as long as the execution is kept: whoever stood still with the task runs into its end.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Self

from alur_common.documents.port import Collection, Document, Documents, Index, Where
from alur_common.executions.entity import Execution
from alur_common.executions.repository import Journals
from alur_common.pools import Pools
from alur_sdk.errors import ConflictError, ExistsError, NotFoundError

TASKS = Collection(
    "tasks",
    fields=("queue", "offered_at", "worker", "done_at"),
    indexes=(
        Index(("queue", "offered_at"), sparse=True),
        Index(("worker",), sparse=True),
        Index(("done_at",), sparse=True),
    ),
    holds="node runs that wait for an executor of their pool, run on one, or have an outcome that nobody took yet",
    owner="executor, scheduler",
)
AT_ONCE = 8
"""So many are looked at for one to claim: others may be quicker."""


@dataclass(frozen=True, slots=True)
class Task:
    """One attempt of a node run. Times are seconds since 1970.

    `epoch` counts its claims and `worker` has claimed it; with `done_at` it has an outcome: `entries`, after those in
    `batches` of its own journal.
    """

    id: str
    tenant: str
    execution: str
    node: str
    path: str
    attempt: int
    pool: str
    offered_at: float
    epoch: int = 0
    worker: str | None = None
    breaks: int = 0
    """So often whoever had claimed it broke by a fault of ours."""
    done_at: float | None = None
    batches: int = 0
    entries: Any = None
    revision: int = 0

    def changed(self, **changes: Any) -> Self:
        """Return it with other values."""
        return replace(self, **changes)


def task_id(execution: str, *place: object) -> str:
    """Return an id for what an execution offers at this place of its history.

    It sorts right before the execution's own journal, so that both journals go together.
    """
    digest = hashlib.sha256("\n".join(map(str, place)).encode()).digest()
    return f"{execution}.{base64.b32encode(digest[:15]).decode().lower()}"


class Tasks:
    """The repository of tasks. Each change is one compare-and-set on the revision, so a stale worker's is refused."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    async def offer(self, task: Task) -> None:
        """Store a new one, durable once this returns; one that is there already stays as it is."""
        try:
            await self._documents.insert(TASKS, to_document(task))
        except ExistsError:
            return

    async def find(self, key: str) -> Task | None:
        """Return it, or None."""
        found = await self._documents.find_one(TASKS, key)
        return None if found is None else _task(found)

    async def claim(self, pools: Pools, worker: str) -> Task | None:
        """Claim the one that has waited longest in these pools and return it; None when none waits."""
        while waiting := await self._waiting(pools):
            for task in waiting:
                try:
                    return await self.save(task.changed(worker=worker, epoch=task.epoch + 1))
                except (ConflictError, NotFoundError):
                    continue  # another was quicker
        return None

    async def _waiting(self, pools: Pools) -> list[Task]:
        places = [Where("queue", "eq", pool) for pool in pools.own]
        if pools.serves_all:
            places = [Where("queue", "gt", "")]
        found = [
            _task(document)
            for where in places
            for document in await self._documents.find(
                TASKS, [where], sort=("offered_at",), limit=AT_ONCE
            )
        ]
        return sorted(found, key=lambda task: task.offered_at)

    async def save(self, task: Task) -> Task:
        """Store it at its next revision. Raises `ConflictError` when another changed it, `NotFoundError` when it was withdrawn."""
        stored = await self._documents.replace(TASKS, to_document(task), at_revision=task.revision)
        return task.changed(revision=stored["revision"])

    async def of(self, worker: str) -> list[Task]:
        """Return what a worker has claimed."""
        where = [Where("worker", "eq", worker)]
        return [_task(d) for d in await self._documents.find(TASKS, where, limit=1_000)]

    async def claimed(self, after: Task | None, limit: int) -> list[Task]:
        """Return a page of what anybody has claimed, by worker."""
        cursor = None if after is None else [after.worker, after.id]
        where = [Where("worker", "gt", "")]
        found = await self._documents.find(
            TASKS, where, sort=("worker",), limit=limit, after=cursor
        )
        return [_task(document) for document in found]

    async def done(self, after: Task | None, limit: int) -> list[Task]:
        """Return a page of those that have an outcome, the oldest first."""
        cursor = None if after is None else [after.done_at, after.id]
        where = [Where("done_at", "gt", 0)]
        found = await self._documents.find(
            TASKS, where, sort=("done_at",), limit=limit, after=cursor
        )
        return [_task(document) for document in found]

    async def oldest(self, limit: int) -> list[Task]:
        """Return of each pool, in the order of their names, the one that has waited longest."""
        heads: list[Task] = []
        after = ""
        while len(heads) < limit:
            where = [Where("queue", "gt", after)]
            page = await self._documents.find(TASKS, where, sort=("queue", "offered_at"), limit=1)
            if not page:
                break
            heads.append(_task(page[0]))
            after = heads[-1].pool
        return heads

    async def is_empty(self) -> bool:
        """Return whether there is none at all."""
        return not await self._documents.find(TASKS, limit=1)

    async def remove(self, key: str, *, at_revision: int | None = None) -> None:
        """Remove it; absent is fine. Raises `ConflictError` when it is not at this revision."""
        await self._documents.delete(TASKS, key, at_revision=at_revision)


async def drop_task(
    tasks: Tasks, journals: Journals, task: Task, execution: Execution | None
) -> None:
    """Remove a task that nobody waits for. Its journal is closed; when its execution is not kept any more it goes too."""
    if execution is None or execution.is_removed:
        await journals.remove(task.id)
    else:
        await journals.close(task.id)
    with contextlib.suppress(ConflictError):  # whoever claimed it meanwhile drops it
        await tasks.remove(task.id, at_revision=task.revision)


_NAMES: Sequence[str] = tuple(field.name for field in fields(Task))


def to_document(task: Task) -> Document:
    """Return the document; `queue` stands in it for as long as it waits."""
    document: Document = {name: getattr(task, name) for name in _NAMES if name != "revision"}
    is_waiting = task.worker is None and task.done_at is None
    return {**document, "queue": task.pool if is_waiting else None}


def _task(document: Document) -> Task:
    return Task(**{name: document[name] for name in _NAMES})
