"""Every end is told, whoever dies."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from alur_common.documents.memory import MemoryDocuments
from alur_common.documents.port import Document
from alur_common.events import Event, ExecutionCompleted, GateChanged
from alur_common.executions import Execution, StoredExecutions, StoredOutbox
from alur_common.executions.outbox import KEEP_SECONDS, OUTBOXES, PAGE
from alur_scheduler.domain.stillness import LOOKS
from alur_scheduler.service.relay import DEAD_SECONDS, FORGET_SECONDS, Relay
from alur_sdk.errors import UnavailableError
from tests.unit.registry.world import MovingClock, RememberingBus


class FlakyBus(RememberingBus):
    """A bus that is out of reach as long as somebody says so."""

    def __init__(self) -> None:
        super().__init__()
        self.is_away = False
        self.refused = asyncio.Event()

    async def publish(self, event: Event) -> None:
        if self.is_away:
            self.refused.set()
            raise UnavailableError("no broker")
        await super().publish(event)

    def told(self) -> set[str]:
        return {event.key for event in self.events}


class World:
    """A store, a bus, and processes that end executions."""

    def __init__(self) -> None:
        self.clock = MovingClock()
        self.documents = MemoryDocuments(self.clock)
        self.bus = FlakyBus()
        self.executions = StoredExecutions(self.documents)
        self.relay = Relay(self.documents, self.executions, self.bus, self.clock)

    def outbox(self, writer: str = "one") -> StoredOutbox:
        return StoredOutbox(self.documents, self.executions, self.bus, self.clock, writer)

    async def write_end(
        self, outbox: StoredOutbox, execution_id: str, *, gated: bool = False
    ) -> Execution:
        running = Execution(execution_id, "t", "p", "w", "w-uid", 1, "manual", 0.0, gated=gated)
        accepted = await self.executions.accept(running)
        ended = outbox.stamp(accepted.changed(status="succeeded", finished_at=1.0))
        return await self.executions.save(ended)

    async def low(self, writer: str = "one") -> int:
        return int((await self.documents.get(OUTBOXES, writer))["low"])

    async def relayed(self, seconds: float = DEAD_SECONDS) -> int:
        told = 0
        for _ in range(LOOKS + 1):
            told += await self.relay.sweep()
            self.clock.seconds += seconds / 2
        return told


@pytest.fixture
def world() -> World:
    return World()


async def _keep_once(world: World, outbox: StoredOutbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let it look after its document until that has been written."""
    monkeypatch.setattr("alur_common.executions.outbox.KEEP_SECONDS", 0.001)
    written = asyncio.Event()
    put = world.documents.replace

    async def replace(*given: Any, **named: Any) -> Document:
        document = await put(*given, **named)
        written.set()
        return document

    monkeypatch.setattr(world.documents, "replace", replace)
    keeping = asyncio.create_task(outbox.keep())
    world.bus.refused.clear()
    # Nothing is written while the bus is away.
    done = world.bus.refused if world.bus.is_away else written
    await done.wait()
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
    monkeypatch.setattr(world.documents, "replace", put)


async def test_who_dies_between_write_and_publish_is_made_up_for(world: World) -> None:
    outbox = world.outbox()
    await outbox.begin()
    await outbox.tell(await world.write_end(outbox, "told"))
    await world.write_end(outbox, "untold")
    assert world.bus.told() == {"told"}
    assert await world.relayed() == 2
    assert world.bus.told() == {"told", "untold"}


async def test_what_was_relayed_is_not_relayed_again(world: World) -> None:
    outbox = world.outbox()
    await outbox.begin()
    for number in range(PAGE + 5):
        await world.write_end(outbox, f"e{number}")
    assert await world.relayed() == PAGE + 5
    assert await world.relayed() == 0


async def test_a_living_process_is_left_alone(world: World) -> None:
    outbox = world.outbox()
    await outbox.begin()
    await world.write_end(outbox, "on its way")
    for _ in range(2 * LOOKS):
        await outbox.begin()  # its document moves
        assert await world.relay.sweep() == 0
        world.clock.seconds += DEAD_SECONDS / LOOKS


async def test_the_document_names_the_first_end_that_is_not_told(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbox = world.outbox()
    await outbox.begin()
    first = await world.write_end(outbox, "a")
    second = await world.write_end(outbox, "b")
    await outbox.tell(second)
    await _keep_once(world, outbox, monkeypatch)
    assert await world.low() == 1
    await outbox.tell(first)
    await _keep_once(world, outbox, monkeypatch)
    assert await world.low() == 3


async def test_who_is_stopped_while_it_makes_up_for_what_it_missed_leaves_it_to_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alur_common.executions.outbox.KEEP_SECONDS", 0.001)
    outbox, asked = world.outbox(), asyncio.Event()

    async def hang(_event: Event) -> None:
        asked.set()
        await asyncio.Event().wait()

    async with outbox.kept():
        world.bus.is_away = True
        await outbox.tell(await world.write_end(outbox, "a"))
        with monkeypatch.context() as patched:
            patched.setattr(world.bus, "publish", hang)
            await asked.wait()
    world.bus.is_away = False
    assert await world.relayed() == 1
    assert world.bus.told() == {"a"}


async def test_what_the_bus_did_not_take_is_told_once_it_is_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbox = world.outbox()
    await outbox.begin()
    world.bus.is_away = True
    await outbox.tell(await world.write_end(outbox, "a"))
    await _keep_once(world, outbox, monkeypatch)
    assert await world.low() == 1
    world.bus.is_away = False
    await _keep_once(world, outbox, monkeypatch)
    assert world.bus.told() == {"a"}
    assert await world.low() == 2


async def test_an_end_that_another_wrote_holds_nothing_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbox = world.outbox()
    await outbox.begin()
    outbox.drop(outbox.stamp(Execution("x", "t", "p", "w", "w-uid", 1, "manual", 0.0)))
    await _keep_once(world, outbox, monkeypatch)
    assert await world.low() == 2


async def test_who_leaves_with_all_told_leaves_no_document(world: World) -> None:
    outbox = world.outbox()
    async with outbox.kept():
        await outbox.tell(await world.write_end(outbox, "a"))
    assert await world.documents.find(OUTBOXES) == []


async def test_a_process_that_was_stopped_and_goes_on_is_looked_at_again(world: World) -> None:
    outbox = world.outbox()
    await outbox.begin()
    await world.write_end(outbox, "before")
    assert await world.relayed() == 1
    await world.write_end(outbox, "after it went on")
    assert await world.relayed() == 1
    assert await world.relayed(FORGET_SECONDS + 1) == 0
    assert await world.documents.find(OUTBOXES) == []


async def test_an_end_that_is_written_late_is_told_though_a_later_one_was(world: World) -> None:
    outbox = world.outbox()
    await outbox.begin()
    running = Execution("early", "t", "p", "w", "w-uid", 1, "manual", 0.0)
    early = outbox.stamp((await world.executions.accept(running)).changed(status="succeeded"))
    await world.write_end(outbox, "late")
    assert await world.relayed() == 1
    await world.executions.save(early)  # the process wakes, writes it, and dies
    assert await world.relayed() == 1
    assert world.bus.told() == {"early", "late"}
    assert await world.relayed() == 0


async def test_a_process_that_left_is_forgotten(world: World) -> None:
    outbox = world.outbox()
    await outbox.begin()
    await world.write_end(outbox, "a")
    assert await world.relayed() == 1
    await world.documents.delete(OUTBOXES, "one")
    assert await world.relay.sweep() == 0
    await outbox.begin()
    assert await world.relayed() == 1


@pytest.mark.parametrize("is_written", [True, False])
async def test_an_end_whose_write_was_not_answered_is_looked_for_once(
    world: World, monkeypatch: pytest.MonkeyPatch, *, is_written: bool
) -> None:
    outbox = world.outbox()
    await outbox.begin()
    running = Execution("e", "t", "p", "w", "w-uid", 1, "manual", 0.0)
    accepted = await world.executions.accept(running)
    ended = outbox.stamp(accepted.changed(status="succeeded", finished_at=1.0))
    if is_written:
        await world.executions.save(ended)
    outbox.miss(ended)
    await _keep_once(world, outbox, monkeypatch)
    assert (world.bus.told(), await world.low()) == ({"e"} if is_written else set(), 2)


def test_a_living_process_is_never_taken_for_dead() -> None:
    assert 4 * KEEP_SECONDS < DEAD_SECONDS


async def test_who_keeps_a_gate_is_told_of_the_ends_behind_it_and_of_no_others(
    world: World,
) -> None:
    outbox = world.outbox()
    await outbox.begin()
    await outbox.tell(await world.write_end(outbox, "free"))
    await outbox.tell(await world.write_end(outbox, "told", gated=True))
    await world.write_end(outbox, "untold", gated=True)
    await world.relayed()
    changes = [event for event in world.bus.events if isinstance(event, GateChanged)]
    assert {(change.key, change.execution) for change in changes} == {
        ("w-uid", "told"),
        ("w-uid", "untold"),
    }


async def test_an_end_carries_its_times_and_its_trace(world: World) -> None:
    outbox = world.outbox()
    await outbox.tell(await world.write_end(outbox, "01a2-b3"))
    (event,) = world.bus.events
    assert isinstance(event, ExecutionCompleted)
    assert event.accepted_at == "1970-01-01T00:00:00.000Z"
    assert (event.started_at, event.finished_at) == (None, "1970-01-01T00:00:01.000Z")
    assert event.trace_id == "01a2b3"
