"""Each due time starts one execution, whichever scheduler fires it, and whoever wakes up meanwhile."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from alur_common.blobs_memory import MemoryBlobs
from alur_common.bus_in_process import InProcessBus
from alur_common.clock import SystemIds
from alur_common.definitions import WorkflowRecord
from alur_common.executions import StoredExecutions
from alur_common.schedules import SCHEDULES
from alur_common.starts import Accepted, StartRequest, Starts
from alur_common.triggers import stored_triggers
from alur_scheduler.domain.partitions import WHOLE, slot_of
from alur_scheduler.ports import Share
from alur_scheduler.service.schedules import Schedules
from alur_sdk.errors import NotFoundError, UnavailableError
from alur_sdk.instants import rfc3339
from tests.unit.scheduler.schedulers import Counting, Schedulers

EVERY_SECOND = {"every": "PT1S", "catchUp": "none"}
TICK = "trigger.schedule"


def workflow(name: str, params: dict[str, Any] | None = None, at: float = 0.0) -> WorkflowRecord:
    trigger = {"name": "tick", "type": TICK, "params": params or EVERY_SECOND}
    spec = {"spec": {"triggers": [trigger]}}
    return WorkflowRecord("t", "p", name, name, 1, spec, 1, "", 0.0, 0.0, activated_at=at)


class World(Schedulers):
    """Schedulers that fire; `between` runs after the next start is durable, before its schedule moves on."""

    def __init__(self) -> None:
        super().__init__()
        self.executions = StoredExecutions(self.documents)
        self.workflows: dict[str, WorkflowRecord] = {}
        self.failing: set[str] = set()
        self.between: Any = None
        ids = SystemIds(self.clock)
        self._starts = Starts(self.executions, MemoryBlobs(), InProcessBus(), self.clock, ids)

    async def active(self, tenant: str, project: str, name: str) -> WorkflowRecord:
        if name in self.failing:
            raise UnavailableError("the registry is out of reach")
        try:
            return self.workflows[name]
        except KeyError:
            raise NotFoundError(f"there is no workflow {name}") from None

    async def start(self, record: WorkflowRecord, request: StartRequest) -> Accepted:
        accepted = await self._starts.start(record, request)
        if self.between is not None:
            between, self.between = self.between, None
            await between()
        return accepted

    def firing(self, share: Share = WHOLE, meter: Counting | None = None) -> Schedules:
        return Schedules(
            self.documents,
            self,  # type: ignore[arg-type]  # it is asked for no more
            self,  # type: ignore[arg-type]  # the same
            clock=self.clock,
            meter=meter or Counting(),
            share=share,
        )

    async def plan(self, record: WorkflowRecord) -> None:
        self.workflows[record.name] = record
        await self.firing().sync(record)

    async def dues(self, name: str) -> list[str]:
        found = await self.executions.search([], sort=("accepted_at",), limit=1_000)
        return sorted(one.input[0]["due"] for one in found if one.workflow == name)

    async def schedule(self, name: str) -> dict[str, Any]:
        return await self.documents.get(SCHEDULES, f"{name}/tick")


@pytest.fixture
def world() -> World:
    return World()


async def test_a_schedule_is_fired_by_whoever_holds_its_partition(world: World) -> None:
    shares = [await world.begin(name) for name in "abc"]
    await world.go_on(3)
    names = [f"w{n}" for n in range(40)]
    for name in names:
        await world.plan(workflow(name, at=world.clock.now()))
    world.clock.advance(1)
    fired: list[set[str]] = []
    for share in shares:
        await world.firing(share).fire_due()
        fired.append({n for n in names if await world.dues(n)} - set().union(*fired))
    assert set().union(*fired) == set(names)
    assert all(
        {slot_of(name) % 16 for name in part} <= share._held.keys()
        for part, share in zip(fired, shares, strict=True)
    )
    assert all(fired)


async def test_no_due_time_is_missed_or_repeated_while_schedulers_come_go_and_die(
    world: World,
) -> None:
    begun = world.clock.now()
    await world.plan(workflow("w", at=begun))
    firing: dict[str, Schedules] = {}

    async def come(me: str) -> None:
        firing[me] = world.firing(await world.begin(me, name=me[0]))

    async def seconds(count: int) -> None:
        for _ in range(count):
            await world.go_on(1)
            for me in world.running:
                await firing[me].fire_due()

    await come("a-1")
    await seconds(3)
    await come("b-1")
    await seconds(5)
    world.stop("a-1")
    await seconds(10)
    await come("a-2")
    await seconds(5)
    await world.stop("b-1").leave()
    await seconds(5)
    world.stop("a-2")
    await come("a-3")
    await seconds(2)
    dues = await world.dues("w")
    assert len(dues) == len(set(dues)) == round(world.clock.now() - begun)


async def test_a_holder_that_was_stopped_between_start_and_write_is_refused(world: World) -> None:
    stopped_share = await world.begin("a")
    await world.begin("b")
    await world.plan(workflow("w", at=world.clock.now()))
    await world.go_on(1)

    async def stand_still() -> None:
        world.stop("a")
        await world.go_on(8)
        await world.firing(world.running["b"]).fire_due()

    world.between = stand_still
    await world.firing(stopped_share).fire_due()
    assert world.meters["a"].refusals == {"schedule": 1}
    written = await world.schedule("w")
    assert written["fence"] == world.running["b"].fence_of("w") == 2
    dues = await world.dues("w")
    assert len(dues) == len(set(dues)) == 9


async def test_a_holder_that_was_stopped_before_a_start_starts_nothing(world: World) -> None:
    share = await world.begin("a")
    await world.plan(workflow("w", at=world.clock.now()))
    await world.go_on(3)

    async def stand_still() -> None:
        world.clock.advance(60)

    world.between = stand_still
    await world.firing(share).fire_due()
    assert len(await world.dues("w")) == 1


async def test_a_smaller_fence_than_the_last_is_refused(world: World) -> None:
    share = await world.begin("a")
    await world.plan(workflow("w", at=world.clock.now()))
    await world.documents.replace(SCHEDULES, {**await world.schedule("w"), "fence": 9})
    await world.go_on(1)
    await world.firing(share).fire_due()
    assert await world.dues("w") == []
    assert world.meters["a"].refusals == {"schedule": 1}
    await world.go_on(1)
    await world.firing(share).fire_due()
    assert len(await world.dues("w")) == 2
    assert (await world.schedule("w"))["fence"] == 10


async def test_a_new_plan_keeps_the_fence(world: World) -> None:
    await world.plan(workflow("w", at=world.clock.now()))
    await world.go_on(1)
    await world.firing().fire_due()
    await world.plan(workflow("w", {"every": "PT5S"}, at=world.clock.now()))
    assert (await world.schedule("w"))["fence"] == 1


NO_RULE = {"cron": "0 9 * * FRI-MON"}
"""As an older version took it."""


async def test_a_rule_that_cannot_be_planned_is_told_in_the_status(world: World) -> None:
    record = workflow("w", NO_RULE, at=world.clock.now())
    await world.plan(record)
    shown = await stored_triggers(world.documents, record)
    assert "'0 9 * * FRI-MON' is no cron expression" in shown["tick"]["error"]
    assert "nextDue" not in shown["tick"]


async def test_a_rule_that_cannot_be_planned_ends_the_one_before_it(world: World) -> None:
    await world.plan(workflow("w", at=world.clock.now()))
    await world.plan(replace(workflow("w", NO_RULE), revision=2))
    world.clock.advance(5)
    await world.firing().fire_due()
    assert await world.dues("w") == []


async def test_a_rule_that_can_be_planned_follows_one_that_could_not(world: World) -> None:
    await world.plan(workflow("w", NO_RULE, at=world.clock.now()))
    record = replace(workflow("w", at=world.clock.now()), revision=2)
    await world.plan(record)
    assert list((await stored_triggers(world.documents, record))["tick"]) == ["nextDue"]


async def test_a_rule_that_cannot_be_planned_is_written_once(world: World) -> None:
    record = workflow("w", NO_RULE, at=world.clock.now())
    await world.plan(record)
    before = await world.schedule("w")
    await world.plan(record)
    assert await world.schedule("w") == before


async def test_a_plan_without_a_slot_gets_one(world: World) -> None:
    record = workflow("w", at=world.clock.now())
    await world.plan(record)
    old = {k: v for k, v in (await world.schedule("w")).items() if k not in ("slot", "fence")}
    await world.documents.replace(SCHEDULES, old)
    await world.plan(record)
    assert (await world.schedule("w"))["slot"] == slot_of("w")


async def test_a_schedule_that_cannot_be_fired_holds_no_other_up(world: World) -> None:
    for name in ("bad", "good"):
        await world.plan(workflow(name, at=world.clock.now()))
    world.failing.add("bad")
    world.clock.advance(1)
    await world.firing().fire_due()
    assert (len(await world.dues("good")), await world.dues("bad")) == (1, [])


async def test_more_than_a_page_is_fired_at_once_and_each_drift_is_counted(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alur_scheduler.service.schedules.PAGE", 3)
    names = [f"w{n}" for n in range(10)]
    for name in names:
        await world.plan(workflow(name, at=world.clock.now()))
    meter = Counting()
    firing = world.firing(meter=meter)
    world.clock.advance(1.25)
    due = await firing.fire_due()
    assert [len(await world.dues(name)) for name in names] == [1] * 10
    assert meter.drifts == [0.25] * 10
    assert due == world.clock.now() + 0.75


async def test_of_more_missed_times_than_one_look_takes_the_last_alone_is_made_up_for(
    world: World,
) -> None:
    await world.plan(workflow("w", {"every": "PT1M"}, at=world.clock.now()))
    world.clock.advance(3 * 86_400 + 30)
    firing = world.firing()
    firing.running_since = world.clock.now()
    for _ in range(8):
        await firing.fire_due()
    assert await world.dues("w") == [rfc3339(world.clock.now() - 30)]
