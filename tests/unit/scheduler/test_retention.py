"""What retention removes, what it leaves of an execution, and which contents go with it."""

from __future__ import annotations

import pytest

from alur_common.bus_in_process import InProcessBus
from alur_common.documents.port import Where
from alur_common.executions import (
    Batch,
    Message,
    Parent,
    StoredOutbox,
)
from alur_common.executions.outbox import OUTBOXES
from alur_common.starts import StartRequest
from alur_scheduler.service.retention import SOURCE_SECONDS
from alur_sdk.errors import MismatchError
from tests.unit.scheduler.keeping import DAY, HOUR, WORKFLOW, Half, World


@pytest.fixture
def world() -> World:
    return World()


async def test_journal_and_messages_go_with_an_execution(world: World) -> None:
    execution = await world.end(await world.start())
    await world.journals.append(Batch(execution.id, 1, 1, []))
    await world.inbox.put(Message(execution.id, "signal", "late", {}))
    await world.sweep_after(HOUR - 1)
    assert await world.executions.find(execution.id) is not None
    await world.sweep_after(1)
    assert await world.executions.find(execution.id) is None
    assert await world.journals.read(execution.id) == []
    assert await world.inbox.read(execution.id) == []


async def test_what_others_look_after_stays(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alur_scheduler.service.retention.BATCH", 2)
    for uid in ("mine", "theirs", "theirs", "theirs", "mine"):
        await world.end(await world.start(), workflow_uid=uid)
    world.clock.advance(HOUR)
    assert await world.retaining(Half()).sweep() == 2
    left = await world.executions.search([])
    assert [one.workflow_uid for one in left] == ["theirs"] * 3


async def test_an_end_that_was_not_told_yet_stays_for_whoever_tells_of_it(world: World) -> None:
    bus = InProcessBus()
    outbox = StoredOutbox(world.documents, world.executions, bus, world.clock, "one")
    await outbox.begin()
    told, untold = [await world.end(outbox.stamp(await world.start(f"k{n}"))) for n in range(2)]
    await world.outboxes.put("one", untold.told_number)
    await world.sweep_after(HOUR)
    assert (await world.executions.get(told.id)).is_removed
    assert (await world.executions.get(untold.id)).told_by == "one"
    await world.documents.delete(OUTBOXES, "one")  # by whoever told the rest
    await world.sweep_after(0)
    assert (await world.executions.get(untold.id)).is_removed


async def test_what_comes_again_after_its_removal_starts_nothing(world: World) -> None:
    first = await world.end(await world.start("k"))
    await world.sweep_after(HOUR)
    accepted = await world.starts.start(
        WORKFLOW,
        StartRequest(mode="webhook", input=[{"n": 1}], source=("hook", "k"), content=b"1"),
    )
    again = accepted.execution
    assert (accepted.is_new, again.id, again.status) == (False, first.id, "succeeded")
    assert (again.output, again.input, again.entries) == ([{"m": 2}], None, None)


async def test_what_comes_again_with_other_content_is_still_refused(world: World) -> None:
    await world.end(await world.start("k"))
    await world.sweep_after(HOUR)
    with pytest.raises(MismatchError):
        await world.start("k", content=b"2")


async def test_what_is_left_belongs_to_no_project(world: World) -> None:
    execution = await world.end(await world.start("k"), status="failed")
    await world.sweep_after(HOUR)
    left = await world.executions.get(execution.id)
    assert left.is_removed
    assert await world.executions.search([Where("tenant", "eq", "t")]) == []


async def test_nothing_is_left_when_its_source_cannot_come_again(world: World) -> None:
    execution = await world.end(await world.start("k"))
    await world.sweep_after(HOUR)
    await world.sweep_after(SOURCE_SECONDS - HOUR - 1)
    assert await world.executions.find(execution.id) is not None
    await world.sweep_after(1)
    assert await world.executions.find(execution.id) is None
    assert not (await world.start("k")).has_ended


async def test_what_was_kept_for_longer_leaves_nothing(world: World) -> None:
    execution = await world.end(await world.start("k"), keep=2 * DAY)
    await world.sweep_after(2 * DAY)
    assert await world.executions.find(execution.id) is None


async def test_a_child_is_remembered_until_its_parent_has_ended(world: World) -> None:
    parent = await world.start()
    origin = Parent(parent.id, "call", "", 0, waits=False)
    child = await world.end(await world.start("k", parent=origin))
    for _ in range(4):
        await world.sweep_after(DAY)
    assert (await world.executions.get(child.id)).is_removed
    await world.end(parent, keep=9 * DAY)
    await world.sweep_after(DAY)
    assert await world.executions.find(child.id) is None
