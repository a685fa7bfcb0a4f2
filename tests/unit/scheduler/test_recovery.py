"""What nobody drives is handed over by the scheduler whose share it is in, and by no other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from alur_common.bus_in_process import InProcessBus
from alur_common.events import Event
from alur_common.executions import (
    Execution,
    Message,
    StoredExecutions,
    StoredInbox,
    StoredOutbox,
    Workers,
)
from alur_scheduler.domain.partitions import WHOLE
from alur_scheduler.ports import Share
from alur_scheduler.service.recovery import Recovery
from alur_scheduler.service.relay import DEAD_SECONDS, Relay
from tests.unit.scheduler.schedulers import Counting, Schedulers

EXECUTIONS = 40


class Hearing(InProcessBus):
    """Remembers of whom it was told."""

    def __init__(self) -> None:
        super().__init__()
        self.keys: set[str] = set()

    def tell(self, event: Event) -> None:
        self.keys.add(event.key)


class Taking:
    """Remembers what was handed over."""

    def __init__(self) -> None:
        self.ids: set[str] = set()

    async def take(self, executions: Sequence[Execution]) -> None:
        self.ids |= {execution.id for execution in executions}


class World(Schedulers):
    """Two schedulers, and executions of many workflows in one state."""

    def __init__(self) -> None:
        super().__init__()
        self.executions = StoredExecutions(self.documents)
        self.inbox = StoredInbox(self.documents)

    async def accept(self, **state: Any) -> None:
        for n in range(EXECUTIONS):
            now = self.clock.now()
            one = Execution(f"e{n}", "t", "p", "w", f"w{n}", 1, "manual", accepted_at=now)
            await self.executions.accept(one.changed(**state))

    async def handed_over(
        self, work: Callable[[Recovery], Awaitable[object]], *, told: bool = False
    ) -> list[set[str]]:
        """Return what each of the two hands over, or tells of."""
        shares = [await self.begin(name) for name in "ab"]
        await self.go_on(5)
        found = []
        for share in shares:
            bus, takers = Hearing(), Taking()
            await work(self.recovery(share, bus, takers))
            found.append(bus.keys if told else takers.ids)
        return found

    def recovery(self, share: Share, bus: Hearing, takers: Taking) -> Recovery:
        return Recovery(
            self.executions,
            self.inbox,
            Workers(self.documents),
            bus=bus,
            takers=takers,
            clock=self.clock,
            meter=Counting(),
            share=share,
        )


@pytest.fixture
def world() -> World:
    return World()


def demand_shared(found: list[set[str]]) -> None:
    first, second = found
    assert first | second == {f"e{n}" for n in range(EXECUTIONS)}
    assert first
    assert second
    assert not first & second


@pytest.mark.parametrize(
    "state", [{}, {"status": "running", "owner": "a dead worker"}], ids=["accepted", "orphaned"]
)
async def test_what_nobody_drives_is_handed_over_by_one(
    world: World, state: dict[str, Any]
) -> None:
    await world.accept(**state)
    demand_shared(await world.handed_over(Recovery.sweep))


async def test_a_wait_that_is_over_is_ended_by_one(world: World) -> None:
    await world.accept(status="waiting", wake_at=world.clock.now())
    demand_shared(await world.handed_over(Recovery.wake_due))


async def test_a_message_that_lies_unread_is_told_of_by_one(world: World) -> None:
    await world.accept(status="waiting")
    for n in range(EXECUTIONS):
        await world.inbox.put(Message(f"e{n}", "cancel", "", {}))
    demand_shared(await world.handed_over(Recovery.nudge, told=True))


@pytest.mark.parametrize(
    ("state", "work"),
    [
        ({}, Recovery.sweep),
        ({"status": "running", "owner": "a dead worker"}, Recovery.sweep),
        ({"status": "running", "owner": "one"}, Recovery.nudge),
    ],
    ids=["accepted", "orphaned", "unread"],
)
async def test_what_was_told_is_told_again_soon_though_the_clock_is_set_back(
    world: World, state: dict[str, Any], work: Callable[[Recovery], Awaitable[int]]
) -> None:
    await world.accept(**state)
    await world.inbox.put(Message("e0", "cancel", "", {}))
    recovery = world.recovery(WHOLE, Hearing(), Taking())
    world.clock.advance(5)
    assert await work(recovery) > 0
    world.clock.set_back(3600)
    told = 0
    for _ in range(10):
        world.clock.advance(1)
        told += await work(recovery)
    assert told > 0


async def test_what_a_dead_process_has_not_told_is_told_by_one(world: World) -> None:
    for n in range(EXECUTIONS):
        outbox = StoredOutbox(
            world.documents, world.executions, InProcessBus(), world.clock, f"writer-{n}"
        )
        await outbox.begin()
        one = Execution(f"e{n}", "t", "p", "w", "w", 1, "manual", 0.0, status="succeeded")
        await world.executions.accept(outbox.stamp(one))
    shares = [await world.begin(name) for name in "ab"]
    buses = [Hearing(), Hearing()]
    relays = [
        Relay(world.documents, world.executions, bus, world.clock, share)
        for bus, share in zip(buses, shares, strict=True)
    ]
    for _ in range(int(DEAD_SECONDS) + 5):
        await world.go_on(1)
        for relay in relays:
            await relay.sweep()
    demand_shared([bus.keys for bus in buses])


async def test_what_a_worker_had_is_handed_over_in_the_very_look_that_finds_it_dead(
    world: World,
) -> None:
    workers = Workers(world.documents)
    await workers.renew("w", 3.0, world.clock.now(), "here", ("default",))
    await world.accept(status="running", owner="w")
    takers = Taking()
    recovery = world.recovery(await world.begin("a"), Hearing(), takers)
    while await workers.all():
        assert not takers.ids
        await world.go_on(1)
        await recovery.sweep()
    assert takers.ids == {f"e{n}" for n in range(EXECUTIONS)}


async def test_what_a_worker_had_goes_on_once_it_is_back_under_its_name(world: World) -> None:
    workers = Workers(world.documents)
    for worker in ("w-1", "w-b-1", "x-1"):
        await workers.renew(worker, 3.0, world.clock.now(), "here", ("default",))
    await world.accept(status="running", owner="w-1")
    takers = Taking()
    recovery = world.recovery(await world.begin("a"), Hearing(), takers)
    await recovery.sweep()
    assert not takers.ids
    await workers.renew("w-2", 3.0, world.clock.now(), "there", ("default",))
    await workers.forget_former("w-2")
    assert {lease.worker for lease in await workers.all()} == {"w-2", "w-b-1", "x-1"}
    await recovery.sweep()
    assert takers.ids == {f"e{n}" for n in range(EXECUTIONS)}


@pytest.mark.parametrize(
    "state",
    [{"status": "waiting", "wake_at": 0.0}, {"status": "running", "owner": "a dead worker"}, {}],
    ids=["due", "orphaned", "accepted"],
)
async def test_what_an_executor_that_died_had_been_told_is_told_anew(
    world: World, state: dict[str, Any]
) -> None:
    workers = Workers(world.documents)
    await world.accept(**state)
    takers = Taking()
    recovery = world.recovery(await world.begin("a"), Hearing(), takers)

    async def go_on(seconds: int, *living: str) -> None:
        for _ in range(seconds):
            for worker in living:
                await workers.renew(worker, 3.0, world.clock.now(), "here", ("default",))
            await world.go_on(1)
            await recovery.wake_due()
            await recovery.sweep()

    await go_on(70, "w", "v")
    takers.ids.clear()
    await go_on(6, "v")
    assert takers.ids == {f"e{n}" for n in range(EXECUTIONS)}


async def test_what_a_gateway_ahead_of_the_time_accepted_is_handed_over_as_soon_as_any(
    world: World,
) -> None:
    takers = Taking()
    recovery = world.recovery(await world.begin("a"), Hearing(), takers)
    await world.accept(accepted_at=world.clock.now() + 3600)
    await recovery.sweep()
    assert takers.ids == set()
    for _ in range(4):
        await world.go_on(1)
        await recovery.sweep()
    assert takers.ids == {f"e{n}" for n in range(EXECUTIONS)}
