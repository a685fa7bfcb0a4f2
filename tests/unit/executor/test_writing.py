"""What a session writes: known as its own when the answer was lost, and applied in the order of the journal."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from alur_common.documents.memory import MemoryDocuments
from alur_common.executions import (
    Batch,
    Execution,
    StoredExecutions,
    StoredJournals,
    StoredOutbox,
)
from alur_common.executions.outbox import KEEP_SECONDS, OUTBOXES
from alur_sdk.errors import Permanent, StorageError
from tests.support.virtual_time import in_virtual_time
from tests.unit.executor.world import World, chain, node


class Unanswered(StoredExecutions):
    """Takes every write, and says of one that it did not."""

    def __init__(self, documents: MemoryDocuments, number: int) -> None:
        super().__init__(documents)
        self._left = number

    async def save(self, execution: Execution) -> Execution:
        saved = await super().save(execution)
        self._left -= 1
        if self._left == 0:
            raise StorageError("the answer was lost")
        return saved


class SlowJournals(StoredJournals):
    """Takes a second for each batch."""

    async def append(self, batch: Batch) -> None:
        await asyncio.sleep(1)
        await super().append(batch)


class Breaking(StoredExecutions):
    """Has a fault of ours as it writes the first end."""

    is_broken = True

    async def save(self, execution: Execution) -> Execution:
        if execution.has_ended and self.is_broken:
            self.is_broken = False
            raise RuntimeError("a fault of ours")
        return await super().save(execution)


CLAIM, END = 1, 2


@pytest.mark.parametrize("write", [CLAIM, END])
@in_virtual_time
async def test_a_write_whose_answer_was_lost_is_known_as_ours(world: World, write: int) -> None:
    world.executions = Unanswered(world.documents, write)
    await world.executor()
    execution_id = "0199a3f0-0000-7000-8000-000000000001"
    with world.replies.expect(execution_id) as told:
        await world.start(chain(node("a")), {"n": 1}, id=execution_id)
        outcome = await told
    assert (outcome.status, len(world.outside.calls)) == ("succeeded", 1)
    assert (await world.executions.get(execution_id)).epoch == 1


@in_virtual_time
async def test_what_the_journal_says_first_is_what_happens(world: World) -> None:
    world.journals = SlowJournals(world.documents)
    world.outside.next = [Permanent("no")]
    await world.executor()
    execution_id = await world.start(chain(node("a")), {"n": 1})
    await asyncio.sleep(1.5)  # the failure is on its way to the journal
    await world.tell(execution_id, "cancel", "cancel")
    assert (await world.rest(execution_id)).status == "failed"


WAIT = node("a", "core.wait", params={"for": "PT1S"}, checkpoint=True)


@pytest.mark.parametrize(("kept", "calls"), [(node("a"), 2), (WAIT, 1)], ids=["write", "wait"])
@in_virtual_time
async def test_a_kept_result_is_durable_before_anything_follows(
    world: World, kept: dict[str, Any], calls: int
) -> None:
    world.journals = SlowJournals(world.documents)
    await world.executor()
    execution_id = await world.start(chain(kept, node("b", "sim.read")), {"n": 1})
    while len(world.outside.calls) < calls:
        world.outside.called.clear()
        await world.outside.called.wait()
    entries = [e for batch in await world.journals.read(execution_id) for e in batch.entries]
    assert ["finished", "a"] in [entry[:2] for entry in entries]


@in_virtual_time
async def test_an_end_that_broke_keeps_no_end_from_being_told_of_for_good(world: World) -> None:
    world.executions = Breaking(world.documents)
    world.outbox = outbox = StoredOutbox(
        world.documents, world.executions, world.bus, world.clock, "one"
    )
    async with outbox.kept():
        assert (await world.run(chain(node("a")), {"n": 1})).status == "succeeded"
        await asyncio.sleep(2 * KEEP_SECONDS)
        assert (await world.documents.get(OUTBOXES, "one"))["low"] == 3
