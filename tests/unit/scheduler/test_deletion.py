from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from alur_common.bus_in_process import InProcessBus
from alur_common.documents.memory import MemoryDocuments
from alur_common.documents.port import Where
from alur_common.events import Event, WorkflowVersionPublished
from alur_common.executions import DirectOutbox, Execution, StoredExecutions, StoredInbox
from alur_common.executions.cancelling import Cancelling
from alur_common.replies import LocalReplies
from alur_scheduler.ports import Definitions
from alur_scheduler.service.deletion import PAGE, Deletion
from tests.support.clock import FakeClock


@dataclass
class Version:
    document: dict[str, Any]


@dataclass
class Policy:
    """The definitions of a workflow that was deleted."""

    settings: dict[str, Any] = field(default_factory=dict)

    async def version(self, _uid: str, _number: int) -> Version:
        return Version({"spec": {"settings": self.settings}})


class Hearing(InProcessBus):
    """Remembers of whom it was told."""

    def __init__(self) -> None:
        super().__init__()
        self.keys: list[str] = []

    def tell(self, event: Event) -> None:
        self.keys.append(event.key)


async def cancelled(settings: dict[str, str], *, deleted: bool = True) -> set[str]:
    """Return the executions that are told to end when a workflow goes that has two pages of them, of two states."""
    clock = FakeClock()
    documents = MemoryDocuments(clock)
    executions, inbox, bus = StoredExecutions(documents), StoredInbox(documents), Hearing()
    for n in range(PAGE + 1):
        await executions.accept(_execution(f"waits-{n}", "w-1", clock.now(), status="waiting"))
    await executions.accept(_execution("runs", "w-1", clock.now(), status="running"))
    await executions.accept(_execution("other", "w-2", clock.now(), status="running"))
    deletion = _deletion(executions, inbox, settings, bus)
    event = WorkflowVersionPublished("w-1", "t", "p", "w", 1, deleted=deleted)
    await deletion.on_published(event)
    assert len(bus.keys) == len(set(bus.keys))
    for key in bus.keys:
        assert [each.kind for each in await inbox.read(key)] == ["cancel"]
    return set(bus.keys)


def _deletion(
    executions: StoredExecutions, inbox: StoredInbox, settings: dict[str, Any], bus: Hearing
) -> Deletion:
    outbox, replies = DirectOutbox(bus), LocalReplies()
    cancelling = Cancelling(executions, inbox, bus, outbox, replies, clock=FakeClock())
    return Deletion(executions, inbox, cast(Definitions, Policy(settings)), bus, cancelling)


def _execution(key: str, workflow: str, at: float, **state: Any) -> Execution:
    return Execution(key, "t", "p", "w", workflow, 1, "manual", accepted_at=at).changed(**state)


async def test_all_executions_of_a_workflow_that_is_deleted_are_cancelled_where_it_says_so() -> (
    None
):
    told = await cancelled({"deletionPolicy": "cancel"})
    assert told == {"runs", *(f"waits-{n}" for n in range(PAGE + 1))}


@pytest.mark.parametrize("settings", [{}, {"deletionPolicy": "finish"}])
async def test_else_they_finish(settings: dict[str, str]) -> None:
    assert await cancelled(settings) == set()


async def test_a_new_version_cancels_nothing() -> None:
    assert await cancelled({"deletionPolicy": "cancel"}, deleted=False) == set()


class Busy(StoredExecutions):
    """Has its executions changed by somebody else just before the first write."""

    def __init__(self, documents: MemoryDocuments, **change: Any) -> None:
        super().__init__(documents)
        self._change = change

    async def save(self, execution: Execution) -> Execution:
        if change := self._change:
            self._change = {}
            await super().save((await self.get(execution.id)).changed(**change))
        return await super().save(execution)


@pytest.mark.parametrize("admitted", [True, False])
@pytest.mark.parametrize("change", [{}, {"admitted": True}], ids=["still", "let in meanwhile"])
async def test_what_queues_is_cancelled_at_once_and_never_begun(
    admitted: bool, change: dict[str, Any]
) -> None:
    documents = MemoryDocuments(FakeClock())
    executions, inbox, bus = Busy(documents, **change), StoredInbox(documents), Hearing()
    await executions.accept(_execution("e", "w-1", 0.0, admitted=admitted))
    settings = {"deletionPolicy": "cancel", "retention": {"failed": "PT1H"}}
    deletion = _deletion(executions, inbox, settings, bus)
    await deletion.on_published(WorkflowVersionPublished("w-1", "t", "p", "w", 1, deleted=True))
    ended = await executions.get("e")
    assert (ended.status, ended.reason) == ("cancelled", "the workflow was deleted")
    assert (ended.expire_at or 0) - (ended.finished_at or 0) == 3600
    assert await inbox.read("e") == []


async def test_what_is_begun_in_that_moment_is_told_to_end() -> None:
    documents = MemoryDocuments(FakeClock())
    executions = Busy(documents, status="running", owner="w", epoch=1)
    inbox, bus = StoredInbox(documents), Hearing()
    await executions.accept(_execution("e", "w-1", 0.0))
    deletion = _deletion(executions, inbox, {"deletionPolicy": "cancel"}, bus)
    await deletion.on_published(WorkflowVersionPublished("w-1", "t", "p", "w", 1, deleted=True))
    assert (await executions.get("e")).status == "running"
    assert [message.kind for message in await inbox.read("e")] == ["cancel"]
    assert set(bus.keys) == {"e"}


class Waking(StoredExecutions):
    """Executions of which one is no longer waiting when those that wait are looked at."""

    async def search(self, where: Sequence[Where], **more: Any) -> list[Execution]:
        found = await super().search(where, **more)
        if any(each.value == "running" for each in where):
            waiting = await self.get("wakes")
            await self.save(waiting.changed(status="running", owner="x"))
        return found


async def test_one_that_wakes_while_all_are_cancelled_is_cancelled_too() -> None:
    documents, bus = MemoryDocuments(FakeClock()), Hearing()
    executions, inbox = Waking(documents), StoredInbox(documents)
    await executions.accept(_execution("wakes", "w-1", 0.0, status="waiting"))
    await executions.accept(_execution("runs", "w-1", 0.0, status="running"))
    event = WorkflowVersionPublished("w-1", "t", "p", "w", 1, deleted=True)
    await _deletion(executions, inbox, {"deletionPolicy": "cancel"}, bus).on_published(event)
    assert [each.kind for each in await inbox.read("wakes")] == ["cancel"]


async def test_one_in_doubt_is_cancelled_too() -> None:
    documents, bus = MemoryDocuments(FakeClock()), Hearing()
    executions, inbox = StoredExecutions(documents), StoredInbox(documents)
    await executions.accept(_execution("doubtful", "w-1", 0.0, status="in-doubt"))
    event = WorkflowVersionPublished("w-1", "t", "p", "w", 1, deleted=True)
    await _deletion(executions, inbox, {"deletionPolicy": "cancel"}, bus).on_published(event)
    assert [each.kind for each in await inbox.read("doubtful")] == ["cancel"]
