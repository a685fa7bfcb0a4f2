"""What retention removes, what it leaves of an execution, and which contents go with it."""

from __future__ import annotations

from typing import Any

import pytest

from alur_common.blobs import INLINE_BYTES
from alur_common.blobs_memory import MemoryBlobs
from alur_common.bus_in_process import InProcessBus
from alur_common.clock import SystemIds
from alur_common.definitions import WorkflowRecord
from alur_common.documents.memory import MemoryDocuments
from alur_common.documents.port import Where
from alur_common.executions import (
    Batch,
    BlobUses,
    CountedBlobs,
    Execution,
    Message,
    Parent,
    StoredExecutions,
    StoredInbox,
    StoredJournals,
    StoredOutbox,
    blobs_of,
)
from alur_common.executions.outbox import OUTBOXES, Outboxes
from alur_common.executions.uses import Use
from alur_common.starts import StartRequest, Starts
from alur_scheduler.domain.partitions import WHOLE
from alur_scheduler.ports import Share
from alur_scheduler.service.contents import YOUNG_SECONDS, Contents
from alur_scheduler.service.retention import SOURCE_SECONDS, Retention
from alur_sdk.errors import MismatchError, NotFoundError
from tests.support.clock import FakeClock

HOUR, DAY = 3600.0, 86_400.0
WORKFLOW = WorkflowRecord("t", "p", "w", "uid", 1, {"spec": {}}, 1, "", 0.0, 0.0, 0.0)
LARGE = [{"text": "x" * INLINE_BYTES}]


class Half:
    """The share of a scheduler that looks after one workflow of two."""

    since, slots = 0.0, ()

    def fence_of(self, key: str) -> int | None:
        return 1 if key == "mine" else None

    def refused(self, what: str, key: str, fence: int) -> None: ...


class World:
    """Accepts executions, lets time pass, and removes what is over."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.documents = MemoryDocuments(self.clock)
        self.kept = MemoryBlobs()
        self.blobs = CountedBlobs(self.kept, self.documents, self.clock)
        self.executions = StoredExecutions(self.documents)
        self.journals = StoredJournals(self.documents)
        self.inbox = StoredInbox(self.documents)
        self.uses = BlobUses(self.documents)
        self.starts = Starts(
            self.executions, self.blobs, InProcessBus(), self.clock, SystemIds(self.clock)
        )
        self.outboxes = Outboxes(self.documents, self.clock)
        self.retention = self.retaining()
        self.contents = Contents(self.executions, self.uses, self.blobs, self.clock)

    def retaining(self, share: Share = WHOLE) -> Retention:
        parts = (self.executions, self.journals, self.inbox, self.outboxes)
        return Retention(*parts, clock=self.clock, share=share)

    async def start(self, key: str | None = None, **more: Any) -> Execution:
        given: dict[str, Any] = {"mode": "webhook", "input": [{"n": 1}], "content": b"1", **more}
        source = ("hook", key) if key else None
        return (await self.starts.start(WORKFLOW, StartRequest(source=source, **given))).execution

    async def end(self, execution: Execution, keep: float = HOUR, **changes: Any) -> Execution:
        """End it; retention may remove it after so many seconds."""
        expire_at = self.clock.now() + keep
        given = {"status": "succeeded", "output": [{"m": 2}], "expire_at": expire_at, **changes}
        return await self.executions.save(execution.changed(**given))

    async def sweep_after(self, seconds: float) -> None:
        self.clock.advance(seconds)
        await self.retention.sweep()
        await self.contents.sweep()

    async def has(self, sha256: str) -> bool:
        try:
            await self.kept.get(sha256)
        except NotFoundError:
            return False
        return True


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


async def test_contents_are_looked_through_by_one_of_several(world: World) -> None:
    await blobs_of(world.blobs, "nobody").put(b"shared")
    world.clock.advance(9 * DAY)
    other = Contents(world.executions, world.uses, world.blobs, world.clock, Half())
    assert await other.sweep() == 0
    assert await world.contents.sweep() == 1


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


async def test_a_content_goes_with_the_last_execution_that_uses_it(world: World) -> None:
    one = await world.end(await world.start(input=LARGE))
    two = await world.end(await world.start(input=LARGE), keep=DAY)
    assert one.input_blob == two.input_blob
    sha256 = str(one.input_blob)
    await world.sweep_after(2 * HOUR)
    assert await world.executions.find(one.id) is None
    assert await world.has(sha256)
    await world.sweep_after(DAY)
    assert not await world.has(sha256)
    assert await world.uses.page(None, 10) == []


async def test_what_is_in_the_journal_is_kept_with_its_execution(world: World) -> None:
    execution = await world.start()
    sha256 = await blobs_of(world.blobs, execution.id).put(b"a batch")
    await world.sweep_after(9 * DAY)
    assert await world.has(sha256)
    await world.end(execution)
    await world.sweep_after(HOUR)
    assert not await world.has(sha256)


async def test_a_result_is_kept_as_long_as_it_may_be_asked_for_again(world: World) -> None:
    execution = await world.start("k", input=LARGE)
    output = await blobs_of(world.blobs, execution.id).put(b"[1]")
    await world.end(execution, output=None, output_blob=output)
    await world.sweep_after(2 * HOUR)
    assert not await world.has(str(execution.input_blob))
    assert await world.has(output)
    await world.sweep_after(DAY)
    assert not await world.has(output)


async def test_a_content_whose_execution_is_not_accepted_yet_stays_a_while(world: World) -> None:
    sha256 = await blobs_of(world.blobs, "about to be").put(b"input")
    await world.sweep_after(YOUNG_SECONDS)
    assert await world.has(sha256)
    await world.sweep_after(1)
    assert not await world.has(sha256)


async def test_a_second_try_to_be_accepted_makes_its_content_young_again(world: World) -> None:
    view = blobs_of(world.blobs, "about to be")
    await view.put(b"input")
    world.clock.advance(YOUNG_SECONDS)
    sha256 = await view.put(b"input")
    await world.sweep_after(YOUNG_SECONDS)
    assert await world.has(sha256)


class Between(MemoryBlobs):
    """Runs `work` right before or right after a removal: another process does something just then."""

    def __init__(self, world: World, *, after: bool) -> None:
        super().__init__()
        self.world = world
        self._after = after

    async def delete(self, sha256: str) -> None:
        if self._after:
            await super().delete(sha256)
        await self.world.start(input=LARGE)
        if not self._after:
            await super().delete(sha256)


@pytest.mark.parametrize("after", [False, True])
async def test_a_content_that_is_kept_while_it_is_removed_is_there(
    world: World, after: bool
) -> None:
    between = world.kept = Between(world, after=after)
    world.blobs._blobs = between
    sha256 = str((await world.end(await world.start(input=LARGE))).input_blob)
    await world.sweep_after(2 * HOUR)
    assert await world.has(sha256)
    assert len(await world.uses.of_blob(sha256, None, 10)) == 1


async def test_a_use_that_became_young_while_it_was_looked_at_stays(world: World) -> None:
    await world.uses.record(Use("e", "0" * 64, 0.0))
    (seen,) = await world.uses.page(None, 10)
    await world.uses.record(Use("e", "0" * 64, 1.0))
    await world.uses.remove(seen)
    assert [use.at for use in await world.uses.page(None, 10)] == [1.0]


async def test_many_uses_are_looked_at_page_by_page(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alur_scheduler.service.contents.PAGE", 2)
    monkeypatch.setattr("alur_scheduler.service.contents.PAUSE_SECONDS", 0)
    living = await world.start()
    users = ("a", "b", living.id, "y", "z")
    names = {await blobs_of(world.blobs, user).put(b"shared") for user in users}
    world.clock.advance(2 * HOUR)
    assert await world.contents.sweep() == 4
    assert [use.execution for use in await world.uses.page(None, 10)] == [living.id]
    assert [await world.has(name) for name in names] == [True]


async def test_what_was_put_by_nobody_is_never_removed(world: World) -> None:
    sha256 = await world.blobs.put(b"from before uses were counted")
    await world.sweep_after(9 * DAY)
    assert await world.has(sha256)
