"""The journal's writer: entries that go together stay whole, whoever stops waiting for them."""

from __future__ import annotations

import asyncio

import pytest

from alur_common.blobs_memory import MemoryBlobs
from alur_common.executions import Batch
from alur_common.executions.repository import CLOSED
from alur_engine.journal import Stopped
from alur_executor.service.journaling import FencedError, JournalWriter
from alur_sdk.errors import ExistsError
from tests.support.virtual_time import in_virtual_time


class SlowJournals:
    """A journal that takes a second to hear and a second to answer."""

    def __init__(self) -> None:
        self.batches: list[Batch] = []

    async def append(self, batch: Batch) -> None:
        await asyncio.sleep(1)
        if len(self.batches) >= batch.number:
            raise ExistsError("taken")
        self.batches.append(batch)
        await asyncio.sleep(1)

    async def read(self, execution_id: str) -> list[Batch]:
        return list(self.batches)

    async def close(self, execution_id: str) -> list[Batch]:
        self.batches.append(Batch(execution_id, len(self.batches) + 1, CLOSED, []))
        return list(self.batches)

    async def remove(self, execution_id: str) -> None:
        self.batches.clear()

    @property
    def nodes(self) -> list[str]:
        return [entry[1] for batch in self.batches for entry in batch.entries]


def _writer(journals: SlowJournals, epoch: int = 1) -> JournalWriter:
    return JournalWriter(journals, MemoryBlobs(), "e", epoch=epoch, batches=0, limit=1_000_000)


def _record(writer: JournalWriter, *nodes: str) -> None:
    for node in nodes:
        writer.record(Stopped(node, "", 1.0))


async def _cancelled_flush(writer: JournalWriter, after: float) -> None:
    flushing = asyncio.create_task(writer.flush())
    await asyncio.sleep(after)
    flushing.cancel()
    await asyncio.gather(flushing, return_exceptions=True)


BEFORE_IT_IS_THERE, BEFORE_ITS_ANSWER = 0.5, 1.5


@pytest.mark.parametrize("after", [BEFORE_IT_IS_THERE, BEFORE_ITS_ANSWER])
@in_virtual_time
async def test_a_flush_that_is_cancelled_loses_nothing_and_holds_nobody_up(after: float) -> None:
    journals = SlowJournals()
    writer = _writer(journals)
    _record(writer, "rides along", "cancelled")
    await _cancelled_flush(writer, after)
    _record(writer, "next")
    await writer.flush()
    assert [len(batch.entries) for batch in journals.batches] == [2, 1]
    assert journals.nodes == ["rides along", "cancelled", "next"]


@pytest.mark.parametrize("after", [BEFORE_IT_IS_THERE, BEFORE_ITS_ANSWER])
@in_virtual_time
async def test_what_was_under_way_is_in_the_journal_and_not_in_the_end(after: float) -> None:
    journals = SlowJournals()
    writer = _writer(journals)
    _record(writer, "under way")
    await _cancelled_flush(writer, after)
    _record(writer, "last")
    await writer.settle()
    assert (journals.nodes, writer.batches) == (["under way"], 1)
    assert [entry[1] for entry in await writer.take_rest()] == ["last"]


@in_virtual_time
async def test_flushes_that_meet_go_together() -> None:
    journals = SlowJournals()
    writer = _writer(journals)
    flushes = []
    for node in "abc":
        _record(writer, node)
        flushes.append(asyncio.create_task(writer.flush()))
        await asyncio.sleep(0.1)
    await asyncio.gather(*flushes)
    assert [len(batch.entries) for batch in journals.batches] == [1, 2]


@in_virtual_time
async def test_a_number_that_another_took_ends_the_ownership() -> None:
    journals = SlowJournals()
    journals.batches.append(Batch("e", 1, 2, []))
    writer = _writer(journals)
    _record(writer, "stale")
    with pytest.raises(FencedError):
        await writer.flush()
