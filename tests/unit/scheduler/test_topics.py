"""Records start executions once, whichever step of reading them is the last one before a crash."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any

import pytest

from alur_common.blobs_memory import MemoryBlobs
from alur_common.bus_in_process import InProcessBus
from alur_common.clock import SystemIds
from alur_common.definitions import WorkflowRecord
from alur_common.documents.memory import MemoryDocuments
from alur_common.documents.port import Document
from alur_common.executions import Execution, StoredExecutions
from alur_common.security.records import UnsealedCredential
from alur_common.starts import Accepted, Startable, StartRequest, Starts
from alur_common.topics import POSITIONS, stored_lag
from alur_scheduler.domain.records import Begun, Left, Position, Reading, Record, reading_of
from alur_scheduler.service.listeners import TOPIC, Listeners
from alur_scheduler.service.positions import Positions
from alur_scheduler.service.topics import UNSEEN_SECONDS, Topics
from alur_sdk.errors import NotFoundError, UnavailableError
from tests.support.clock import FakeClock
from tests.support.security import Noted


class CrashError(BaseException):
    """The process is gone."""


def workflow(params: dict[str, Any], **spec: Any) -> WorkflowRecord:
    trigger = {"name": "orders", "type": "trigger.kafka", "params": {"topic": "orders", **params}}
    document = {"metadata": {"name": "w"}, "spec": {"triggers": [trigger], **spec}}
    return WorkflowRecord("t", "p", "w", "uid", 1, document, 1, "", 0.0, 0.0, 0.0)


def records_of(*values: bytes) -> list[Record]:
    return [
        Record("orders", 0, offset, 1_000 + offset, None, value, ())
        for offset, value in enumerate(values)
    ]


class Partition:
    """One partition and what its group has committed; both outlive a crash. It is the newest member's."""

    def __init__(self, *values: bytes) -> None:
        self.records = records_of(*values)
        self.owner: Member | None = None
        self.tells_who_lost_it = True
        self.committed: int | None = 0
        self.at_once = 100
        self.fails_to_commit = False

    @asynccontextmanager
    async def open(
        self,
        reading: Reading,
        secret: UnsealedCredential | None,
        left: Mapping[int, Left],
        begun: Begun,
    ) -> AsyncIterator[Member]:
        if self.committed is None:
            is_late = reading.begins == "latest"
            begin = len(self.records) if is_late else 0
            self.committed = left[0].offset if left else begin
        self.owner = Member(self)
        yield self.owner


class Member:
    """`Reader` on the partition."""

    def __init__(self, partition: Partition) -> None:
        self.partition = partition
        self.position = partition.committed or 0
        self.is_new = True

    async def fetch(self, most: int, seconds: float) -> Mapping[int, Sequence[Record]]:
        await asyncio.sleep(0)
        if self.partition.owner is not self:
            return {}
        found = self.partition.records[self.position : self.position + self.partition.at_once]
        self.position += len(found)
        return {0: found} if found else {}

    async def commit(self, offsets: Mapping[int, int]) -> None:
        if self.partition.fails_to_commit or self.partition.owner is not self:
            raise UnavailableError("the partition is another member's")
        self.partition.committed = offsets[0]

    def gone(self) -> Collection[int]:
        # It had the partition before, and it went and came back meanwhile.
        is_new, self.is_new = self.is_new, False
        is_told = self.partition.owner is not self and self.partition.tells_who_lost_it
        return {0} if is_new or is_told else ()

    def positions(self) -> Mapping[int, Position]:
        done = self.partition.committed or 0
        return {0: Position(done, len(self.partition.records) - done)}


class CrashingStarts(Starts):
    """Ends the process before or after one of its starts."""

    crash_before: int | None = None
    crash_after: int | None = None
    seconds: float = 0.0
    count = 0

    async def start(self, workflow: Startable, request: StartRequest) -> Accepted:
        self.count += 1
        if self.count == self.crash_before:
            raise CrashError
        await asyncio.sleep(self.seconds)
        accepted = await super().start(workflow, request)
        if self.count == self.crash_after:
            raise CrashError
        return accepted


class World:
    def __init__(self, record: WorkflowRecord, partition: Partition) -> None:
        self.clock = FakeClock()
        self.documents = MemoryDocuments(self.clock)
        self.executions = StoredExecutions(self.documents)
        self.record: WorkflowRecord | None = record
        self.partition = partition
        self.noted = Noted()

    async def newest(self, tenant: str, project: str, name: str) -> WorkflowRecord:
        if self.record is None:
            raise NotFoundError("it is gone")
        return self.record

    async def unseal(self, tenant: str, project: str, name: str) -> UnsealedCredential:
        return UnsealedCredential("kafka", {}, node_types=("kafka.produce",), name=name)

    async def topics(self, **crash: float) -> Topics:
        """Return what a process reads topics with."""
        ids = SystemIds(self.clock)
        starts = CrashingStarts(self.executions, MemoryBlobs(), InProcessBus(), self.clock, ids)
        for name, number in crash.items():
            setattr(starts, name, number)
        if self.record is not None:
            await Listeners(self.documents).sync(self.record)
        return Topics(self.documents, self, starts, self.partition, self.clock, notes=self.noted)  # type: ignore[arg-type]  # it is asked for no more

    async def run(self, **crash: int) -> None:
        """Run a process until it crashes, or for a while."""
        topics = await self.topics(**crash)
        with suppress(CrashError):
            await topics.follow()
            (task,) = topics._tasks.values() or (asyncio.create_task(asyncio.sleep(0)),)
            await asyncio.wait({task}, timeout=0.1)
            self.clock.advance(60)
            await asyncio.wait({task}, timeout=0.1)
            if task.done():
                task.result()
        await topics.stop()

    async def listener(self) -> Document:
        (found,) = [one async for one in Listeners(self.documents).all_of(TOPIC)]
        return found

    async def started(self) -> list[list[Any]]:
        """Return the values of each execution, in the order of their records."""
        found: list[Execution] = await self.executions.search([], limit=1_000)
        return sorted([item["value"] for item in one.input] for one in found)


NUMBERS = [str(n).encode() for n in range(5)]


@pytest.mark.parametrize("step", ["crash_before", "crash_after"])
@pytest.mark.parametrize("at", range(1, 6))
async def test_each_record_starts_once_whichever_start_is_the_last(step: str, at: int) -> None:
    world = World(workflow({}), Partition(*NUMBERS))
    await world.run(**{step: at})
    await world.run()
    assert await world.started() == [[n] for n in range(5)]
    assert world.partition.committed == 5


@pytest.mark.parametrize("step", ["crash_before", "crash_after"])
@pytest.mark.parametrize("at", [1, 2])
async def test_a_batch_is_the_same_after_a_crash_though_more_lies_there_by_then(
    step: str, at: int
) -> None:
    batch = {"size": 4, "wait": "PT5S"}
    world = World(workflow({"batch": batch}), Partition(*NUMBERS[:3]))
    world.partition.at_once = 2
    await world.run(**{step: at})
    more = Partition(*NUMBERS, b"5", b"6").records
    world.partition.records = more
    await world.run()
    assert await world.started() == [[0, 1, 2], [3, 4, 5, 6]]
    assert world.partition.committed == 7


@pytest.mark.parametrize("is_told", [True, False], ids=["rebalance", "pause"])
async def test_what_was_gathered_of_a_partition_that_went_starts_nothing(is_told: bool) -> None:
    world = World(workflow({"batch": {"size": 4, "wait": "PT5S"}}), Partition(*NUMBERS[:3]))
    world.partition.tells_who_lost_it = is_told
    first, second = await world.topics(), await world.topics()
    await first.follow()
    await asyncio.sleep(0.05)
    await second.follow()
    await asyncio.sleep(0.05)
    world.partition.records = records_of(*(str(n).encode() for n in range(9)))
    await asyncio.sleep(0.05)
    assert await world.started() == [[0, 1, 2, 3], [4, 5, 6, 7]]
    world.clock.advance(6)
    await asyncio.sleep(0.05)
    await first.stop()
    await second.stop()
    assert await world.started() == [[0, 1, 2, 3], [4, 5, 6, 7], [8]]
    status = (await stored_lag(world.documents, workflow({})))["orders"]
    assert ("another member" in status.get("error", "")) is not is_told


@pytest.mark.parametrize("begins", ["latest", "earliest"])
async def test_a_trigger_goes_on_where_it_was_though_the_broker_has_forgotten_it(
    begins: str,
) -> None:
    world = World(workflow({"from": begins}), Partition(*NUMBERS))
    await world.run()
    world.executions = StoredExecutions(MemoryDocuments(world.clock))  # what was started is gone
    world.partition.records = records_of(*NUMBERS, b"5", b"6")
    world.partition.committed = None
    await world.run()
    assert await world.started() == [[5], [6]]


@pytest.mark.parametrize("changed", [{"group": "another"}, {"topic": "another"}])
async def test_another_topic_or_group_begins_as_the_trigger_says(changed: dict[str, str]) -> None:
    world = World(workflow({"from": "earliest"}), Partition(*NUMBERS))
    await world.run()
    world.executions = StoredExecutions(MemoryDocuments(world.clock))
    changed_workflow = replace(workflow({"from": "earliest", **changed}), revision=2)
    world.record, world.partition.committed = changed_workflow, None
    await world.run()
    assert len(await world.started()) == 5


async def test_how_many_partitions_there_were_when_a_group_began_is_said_once() -> None:
    world = World(workflow({}), Partition())
    await world.topics()
    reading = reading_of(await world.listener())
    positions = Positions(world.documents, world.clock)
    assert [await positions.begun(reading, count) for count in (2, 3, 1)] == [2, 2, 2]
    for changed in ({"topic": "others"}, {"group": "mine"}, {"credential": "theirs"}):
        assert await positions.begun(replace(reading, **changed), 5) == 5  # type: ignore[arg-type]  # all are texts
    assert await positions.left(reading) == {}
    assert world.record is not None
    assert await stored_lag(world.documents, world.record) == {"orders": {}}


async def test_a_group_that_an_older_version_began_has_begun_with_what_it_has_read() -> None:
    world = World(workflow({}), Partition())
    await world.topics()
    reading = reading_of(await world.listener())
    positions = Positions(world.documents, world.clock)
    for number in (0, 1):
        await positions.tell(reading, number, Position(7, 0))
    assert await positions.begun(reading, 3) == 2


@pytest.mark.parametrize("is_gone", [True, False], ids=["deleted", "resting"])
async def test_how_far_it_was_read_is_forgotten_with_its_workflow_and_with_nothing_else(
    is_gone: bool,
) -> None:
    world = World(workflow({}), Partition(*NUMBERS))
    members = [await world.topics() for _ in range(2)]
    for member in members:
        await member.follow()
        await asyncio.sleep(0.01)
    world.partition.records = records_of(*NUMBERS, b"5")  # it is read, but that is not told yet
    await asyncio.sleep(0.01)
    assert world.partition.committed == len(NUMBERS) + 1
    listeners = Listeners(world.documents)
    if is_gone:
        world.record = None
        await listeners.remove("uid")
    else:
        world.record = workflow({}, suspend=True)
        await listeners.sync(replace(world.record, revision=2))
    for member in members:
        await member.follow()
    world.clock.advance(UNSEEN_SECONDS)
    for member in members:
        await member.follow()
    kept = await world.documents.find(POSITIONS, limit=10)
    assert (kept == []) == is_gone


@pytest.mark.parametrize("size", [1, 4])
async def test_what_starts_when_a_trigger_is_left_is_committed_before(size: int) -> None:
    world = World(workflow({"batch": {"size": size}}), Partition(*NUMBERS[:4]))
    topics = await world.topics(seconds=0.1)
    await topics.follow()
    await asyncio.sleep(0.05)
    assert (await world.started(), world.partition.committed) == ([], 0)
    await topics.stop()
    assert (len(await world.started()), world.partition.committed) == (4 // size, 4)
    positions = await Positions(world.documents, world.clock).left(
        reading_of(await world.listener())
    )
    assert positions[0].offset == 4


async def test_what_cannot_be_committed_is_read_again_and_starts_nothing() -> None:
    world = World(workflow({}), Partition(*NUMBERS))
    world.partition.fails_to_commit = True
    await world.run()
    world.partition.fails_to_commit = False
    await world.run()
    assert len(await world.started()) == 5
    assert world.partition.committed == 5


async def test_a_topic_that_is_made_anew_is_another_one() -> None:
    world = World(workflow({}), Partition(*NUMBERS))
    await world.run()
    anew = [replace(record, timestamp=9_000) for record in world.partition.records]
    world.partition.records, world.partition.committed = anew, 0
    await world.run()
    assert len(await world.started()) == 10


@pytest.mark.parametrize("gone", [True, False])
async def test_nothing_is_read_for_a_workflow_that_is_gone_or_rests(gone: bool) -> None:
    record = workflow({})
    world = World(record, Partition(*NUMBERS))
    await Listeners(world.documents).sync(record)
    world.record = None if gone else workflow({}, suspend=True)
    if gone:
        await Listeners(world.documents).sync(record)
    await world.run()
    assert await world.started() == []
    assert world.partition.committed == 0


async def test_the_status_says_how_far_behind_it_is() -> None:
    record = workflow({})
    world = World(record, Partition(*NUMBERS))
    await world.run()
    assert await stored_lag(world.documents, record) == {"orders": {"lag": 0}}


async def test_a_credential_that_is_not_for_triggers_opens_no_topic() -> None:
    record = workflow({})
    record.document["spec"]["triggers"][0]["credentials"] = {"brokers": "c"}
    world = World(record, Partition(*NUMBERS))
    await world.run()
    assert await world.started() == []
    told = (await stored_lag(world.documents, record))["orders"]["error"]
    assert "the credential c may be used by kafka.produce only, not by trigger.kafka" in told
    assert set(world.noted.kinds) == {"credential-refused"}
    assert {(each.target, each.node) for each in world.noted.events} == {("c", "orders")}
