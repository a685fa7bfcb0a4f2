"""Who passes the gate of a workflow with a concurrency limit, which scheduler decides, and which is refused."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from alur_common.bus_in_process import InProcessBus
from alur_common.definitions import VersionRecord, WorkflowRecord
from alur_common.documents.port import Documents
from alur_common.documents.sqlite import SqliteDocuments
from alur_common.events import Event, ExecutionRequested, GateChanged
from alur_common.executions import COLLECTIONS as ENGINE
from alur_common.executions import DirectOutbox, Execution, Parent, StoredExecutions, StoredInbox
from alur_common.executions.cancelling import Cancelling
from alur_common.replies import LocalReplies
from alur_scheduler.domain.collections import COLLECTIONS as OWN
from alur_scheduler.domain.collections import GATES
from alur_scheduler.domain.partitions import WHOLE
from alur_scheduler.ports import Share
from alur_scheduler.service.admission import Admission
from alur_sdk.errors import NotFoundError
from tests.unit.scheduler.schedulers import Schedulers

LONG = "long"


def running(name: str) -> Execution:
    where = {"tenant": "t", "project": "p", "workflow": "w", "workflow_uid": "w", "version": 1}
    how = {"mode": "manual", "accepted_at": 0.0, "gated": True, "admitted": True}
    return Execution.made_of({"id": name, **where, **how, "status": "running"})


class Telling(InProcessBus):
    """Remembers what one scheduler has told others of gates."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[GateChanged] = []

    def tell(self, event: Event) -> None:
        if isinstance(event, GateChanged):
            self.told.append(event)


class World(Schedulers):
    """Executions of workflows with one limit and policy."""

    def __init__(self) -> None:
        super().__init__()
        self.keep_in(self.documents)
        self.concurrency: dict[str, Any] = {"limit": 1}
        self.lost = ""
        """A workflow that the registry does not have any more, nor a version of it."""
        self.buses: list[Telling] = []

    def keep_in(self, documents: Documents) -> None:
        self.documents = documents
        self.executions = StoredExecutions(documents)
        self.inbox = StoredInbox(documents)

    async def active(self, tenant: str, project: str, name: str) -> WorkflowRecord:
        if name == self.lost:
            raise NotFoundError(f"there is no workflow {name}")
        spec = {"spec": {"settings": {"concurrency": self.concurrency}}}
        return WorkflowRecord("t", "p", name, name, 1, spec, 1, "", 0.0, 0.0, 0.0)

    async def version(self, uid: str, number: int) -> VersionRecord:
        raise NotFoundError(f"there is no version {number} of {uid}")

    def admission(self, share: Share = WHOLE) -> Admission:
        bus = Telling()
        self.buses.append(bus)
        return Admission(
            self.documents,
            self,  # type: ignore[arg-type]  # it is asked for no more
            executions=self.executions,
            inbox=self.inbox,
            bus=bus,
            cancelling=Cancelling(
                self.executions,
                self.inbox,
                bus,
                DirectOutbox(bus),
                LocalReplies(),
                clock=self.clock,
            ),
            share=share,
        )

    async def accept(
        self, name: str, uid: str = "w", priority: int = 0, parent: Parent | None = None
    ) -> ExecutionRequested:
        self.clock.advance(0.01)
        values = {
            "id": name,
            "tenant": "t",
            "project": "p",
            "workflow": uid,
            "workflow_uid": uid,
            "version": 1,
            "mode": "manual",
            "accepted_at": self.clock.now(),
            "gated": True,
            "admitted": False,
            "priority": priority,
            "parent": parent,
        }
        await self.executions.accept(Execution.made_of(values))
        return ExecutionRequested(name, "t")

    async def end(self, name: str, uid: str = "w") -> GateChanged:
        execution = await self.executions.get(name)
        await self.executions.save(execution.changed(status="succeeded"))
        return GateChanged(uid, "t", name)

    async def inside(self) -> set[str]:
        found = await self.executions.search([], limit=1_000)
        return {one.id for one in found if one.admitted and not one.has_ended}

    async def ended(self) -> dict[str, str]:
        found = await self.executions.search([], limit=1_000)
        return {one.id: one.status for one in found if one.has_ended}

    async def gate(self, uid: str = "w") -> dict[str, Any]:
        return await self.documents.get(GATES, uid)


@pytest.fixture
def world() -> World:
    return World()


async def test_no_more_than_the_limit_are_in_and_the_next_follows_by_priority(world: World) -> None:
    admission = world.admission()
    for name, priority in (("a", 0), ("b", 0), ("c", 5)):
        await admission.on_requested(await world.accept(name, priority=priority))
    assert await world.inside() == {"a"}
    for ended, following in (("a", "c"), ("c", "b")):
        changed = await world.end(ended)
        await admission.on_gate_changed(changed)
        await admission.on_gate_changed(changed)
        assert await world.inside() == {following}


async def test_who_does_not_decide_tells_who_does(world: World) -> None:
    mine, others = await world.begin("a"), await world.begin("b")
    await world.go_on(3)
    uid = next(str(n) for n in range(99) if mine.fence_of(str(n)) is not None)
    deciding, other = world.admission(mine), world.admission(others)
    await other.on_requested(await world.accept("first", uid))
    assert await world.inside() == set()
    for told in world.buses[1].told:
        await other.on_gate_changed(told)
        assert await world.inside() == set()
        await deciding.on_gate_changed(told)
    assert await world.inside() == {"first"}
    await deciding.on_requested(await world.accept("second", uid))
    ended = await world.end("first", uid)
    await other.on_gate_changed(ended)
    assert await world.inside() == set()
    await deciding.on_gate_changed(ended)
    assert await world.inside() == {"second"}
    assert [told.execution for told in world.buses[1].told] == ["first"]
    assert world.buses[0].told == []


async def test_a_decision_under_a_smaller_fence_is_refused(world: World) -> None:
    stopped = await world.begin("a")
    await world.begin("b")
    await world.admission(stopped).on_requested(await world.accept("first"))
    assert (await world.gate())["fence"] == 1
    world.stop("a")
    await world.go_on(8)
    following = world.admission(world.running["b"])
    await following.reconcile()
    assert (await world.gate())["fence"] == 2
    stopped._renewed = world.clock.monotonic()  # it was stopped after it had looked at its clock
    late = world.admission(stopped)
    ended = await world.end("first")
    await late.on_gate_changed(ended)
    assert world.meters["a"].refusals == {"gate": 1}
    assert (await world.gate())["running"] == ["first"]
    await following.on_gate_changed(ended)
    assert (await world.gate())["running"] == []


async def test_who_takes_over_finds_what_was_not_heard_of(world: World) -> None:
    await world.admission().on_requested(await world.accept("a"))
    for name, priority in (("b", 0), ("c", 5)):
        await world.accept(name, priority=priority)
    await world.accept("elsewhere", uid="v")
    await world.end("a")
    following = world.admission()
    await following.reconcile()
    assert await world.inside() == {"c", "elsewhere"}
    await following.reconcile()
    assert await world.inside() == {"c", "elsewhere"}


async def test_one_whose_version_is_gone_holds_up_no_other_and_is_left_to_an_executor_to_end(
    world: World,
) -> None:
    world.lost = "a-lost"
    await world.accept("broken", "a-lost")
    await world.accept("good")
    await world.admission().reconcile()
    assert await world.inside() == {"broken", "good"}
    await world.end("broken", "a-lost")
    await world.accept("next", "a-lost")
    await world.end("good")
    await world.accept("following")
    await world.admission().reconcile()
    assert await world.inside() == {"next", "following"}


async def test_a_full_workflow_hides_no_other(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alur_scheduler.service.admission.PAGE", 2)
    for n in range(5):
        await world.accept(f"full-{n}", uid="full")
    for n in range(5):
        await world.accept(f"{n}", uid=f"w{n}")
    await world.admission().reconcile()
    assert await world.inside() == {"full-0", *map(str, range(5))}
    gates = await world.documents.find(GATES)
    assert len(gates) == 6


async def test_a_lost_start_is_found_behind_more_queues_than_a_query_of_the_store_takes(
    world: World, tmp_path: Path
) -> None:
    documents = SqliteDocuments(tmp_path / "alur.db", world.clock)
    await documents.open((*ENGINE, *OWN))
    world.keep_in(documents)
    names = [f"{n:04}" for n in range(1_100)]
    await asyncio.gather(*(world.accept(name, uid=name) for name in names))
    full = ({"id": name, "running": [LONG]} for name in names)
    await asyncio.gather(*(documents.insert(GATES, gate) for gate in full))
    await world.accept("lost", uid="lost")
    await world.executions.accept(running(LONG))
    await world.admission().reconcile()
    assert (await world.executions.get("lost")).admitted
    await documents.close()


async def test_a_long_queue_is_not_read_to_its_end(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alur_scheduler.service.admission.PAGE", 5)
    searched: list[int] = []
    search = world.executions.search

    async def counting(*args: Any, **options: Any) -> list[Execution]:
        found = await search(*args, **options)
        searched.append(len(found))
        return found

    for n in range(100):
        await world.accept(f"long-{n}", uid="long")
    for n in range(7):
        await world.accept(f"{n}", uid=f"w{n}")
    monkeypatch.setattr(world.executions, "search", counting)
    await world.admission().reconcile()
    assert sum(searched) <= 5 + 7
    assert await world.inside() == {"long-0", *map(str, range(7))}


async def test_nobody_is_decided_about_by_two(world: World) -> None:
    shares = [await world.begin(name) for name in "abc"]
    await world.go_on(5)
    for n in range(60):
        await world.accept(f"e{n}", uid=f"w{n}")
    seen: list[set[str]] = []
    for share in shares:
        await world.admission(share).reconcile()
        seen.append(await world.inside() - set().union(*seen))
    assert len(set().union(*seen)) == 60
    assert all(seen)


async def test_what_is_too_much_is_skipped(world: World) -> None:
    world.concurrency = {"limit": 1, "policy": "skip"}
    for name in "abc":
        await world.accept(name)
    await world.admission().reconcile()
    assert await world.inside() == {"a"}
    assert await world.ended() == {"b": "cancelled", "c": "cancelled"}


async def test_the_newest_replaces_whoever_runs_or_waits(world: World) -> None:
    world.concurrency = {"limit": 1, "policy": "replace"}
    admission = world.admission()
    for name in "abc":
        await world.accept(name)
    await admission.reconcile()
    assert await world.inside() == {"a"}
    assert await world.ended() == {"b": "cancelled"}
    assert [message.kind for message in await world.inbox.read("a")] == ["cancel"]
    await admission.on_gate_changed(await world.end("a"))
    assert await world.inside() == {"c"}


@pytest.mark.parametrize("policy", ["skip", "replace"])
async def test_a_parent_that_waits_is_told_of_a_child_that_never_gets_in(
    world: World, policy: str
) -> None:
    world.concurrency = {"limit": 1, "policy": policy}
    for name in "abc":
        await world.accept(name, parent=Parent("mother", "call", "", 0, waits=True))
    await world.admission().reconcile()
    told = {(message.kind, message.key) for message in await world.inbox.read("mother")}
    assert told == {("child", name) for name in await world.ended()}
    assert ("child", "b") in told


async def test_a_parent_that_does_not_wait_is_told_nothing(world: World) -> None:
    world.concurrency = {"limit": 1, "policy": "skip"}
    for name in "ab":
        await world.accept(name, parent=Parent("mother", "call", "", 0, waits=False))
    await world.admission().reconcile()
    assert (await world.ended(), await world.inbox.read("mother")) == ({"b": "cancelled"}, [])
