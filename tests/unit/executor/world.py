"""Executors on documents in memory, an outside that a test holds still or refuses, and processes that a test kills."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import orjson

from alur_common.blobs_memory import MemoryBlobs
from alur_common.bus_in_process import InProcessBus
from alur_common.clock import SystemIds
from alur_common.definitions import VersionRecord, WorkflowRecord
from alur_common.documents.memory import MemoryDocuments
from alur_common.documents.port import Where
from alur_common.events import ExecutionAdmitted, ExecutionNudged
from alur_common.executions import (
    CountedBlobs,
    DirectOutbox,
    Execution,
    Message,
    Outbox,
    StoredExecutions,
    StoredInbox,
    StoredJournals,
    Tasks,
)
from alur_common.executions.repository import JOURNAL
from alur_common.executions.workers import Workers
from alur_common.pools import FOR_ALL, Pools
from alur_common.progress import LocalProgress
from alur_common.replies import LocalReplies
from alur_common.security.records import UnsealedCredential
from alur_common.starts import StartRequest, Starts
from alur_engine.state import Limits
from alur_executor.adapters.file_area import FileAreas, Quota
from alur_executor.ports import Tracing
from alur_executor.service.executor import Capacity, Executor
from alur_executor.service.parts import Parts
from alur_scheduler.adapters.takers import BusTakers
from alur_scheduler.service.pools import PoolSweep
from alur_scheduler.service.recovery import Recovery
from alur_sdk.errors import AlurError, NotFoundError
from alur_sdk.items import Json
from alur_sdk.nodes import HttpRequest, HttpResponse
from tests.simulation.world import Silent, programs
from tests.support.jail import no_jail
from tests.support.security import Noted
from tests.support.ways import FakeWays

START = 1_769_860_800.0


class LoopClock:
    """The time of the loop, from 2026-01-31T12:00:00Z."""

    def now(self) -> float:
        return START + asyncio.get_running_loop().time()

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()


@dataclass(frozen=True, slots=True)
class Call:
    """A request that reached the outside."""

    at: float
    key: str
    body: Json


@dataclass
class Outside:
    """Answers `{answer: what was asked}`, unless a test has put something else on the list."""

    calls: list[Call] = field(default_factory=list)
    next: list[AlurError | asyncio.Future[None] | None] = field(default_factory=list)
    on_call: Callable[[Call], None] = lambda _: None
    called: asyncio.Event = field(default_factory=asyncio.Event)
    in_turn: list[asyncio.Future[None]] = field(default_factory=list)
    """Those that wait for their turn."""

    def turn_away(self) -> None:
        for each in self.in_turn:
            each.cancel()

    async def until(self, count: int) -> None:
        """Return when so many calls have come."""
        while len(self.calls) < count:
            self.called.clear()
            await self.called.wait()

    async def send(self, request: HttpRequest) -> HttpResponse:
        call = Call(
            asyncio.get_running_loop().time(),
            request.headers.get("idempotency-key", ""),
            orjson.loads(request.body or b"null"),
        )
        self.calls.append(call)
        self.called.set()
        self.on_call(call)
        answer = self.next.pop(0) if self.next else None
        if isinstance(answer, AlurError):
            raise answer
        if answer is not None:
            await answer
        return HttpResponse(200, {}, orjson.dumps({"answer": call.body.get("n")}), request.url)

    def hold(self) -> asyncio.Future[None]:
        """Let the next call wait for this future."""
        held: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.next.append(held)
        return held


class Definitions:
    """Workflows by name. `failures` are raised first, one a call."""

    def __init__(self) -> None:
        self.workflows: dict[str, WorkflowRecord] = {}
        self.failures: list[Exception] = []
        self.values: dict[str, str] = {}
        self.secrets: dict[str, UnsealedCredential] = {}
        self.documents: dict[int, dict[str, Any]] = {}
        """Of versions that are not the newest."""
        self.publishers: dict[int, str] = {}
        self.grants: dict[str, list[str]] = {}

    def add(self, name: str, spec: dict[str, Any]) -> WorkflowRecord:
        record = WorkflowRecord(
            "t", "p", name, f"uid-{name}", 1, {"spec": spec}, 1, "", 0.0, 0.0, 0.0
        )
        self.workflows[name] = record
        return record

    async def active(self, tenant: str, project: str, name: str) -> WorkflowRecord:
        if name not in self.workflows:
            raise NotFoundError(f"there is no workflow {name}")
        return self.workflows[name]

    async def version(self, uid: str, number: int) -> VersionRecord:
        if self.failures:
            raise self.failures.pop(0)
        record = self.workflows[uid.removeprefix("uid-")]
        document = self.documents.get(number, record.document)
        publisher = self.publishers.get(number, "")
        return VersionRecord("t", "p", record.name, uid, number, document, 0.0, publisher)

    async def variables(self, tenant: str, project: str) -> Mapping[str, str]:
        return self.values

    async def granted(self, tenant: str, project: str, user: str) -> list[str]:
        return self.grants.get(user, [])

    async def unseal(self, tenant: str, project: str, name: str) -> UnsealedCredential:
        if name not in self.secrets:
            raise NotFoundError(f"there is no credential {name}")
        return self.secrets[name]


class World:
    """One store and one bus; executors come and go."""

    def __init__(self) -> None:
        self.clock = LoopClock()
        self.documents = MemoryDocuments(self.clock)
        self.kept = MemoryBlobs()
        self.blobs = CountedBlobs(self.kept, self.documents, self.clock)
        self.bus = InProcessBus()
        self.outside = Outside()
        self.noted = Noted()
        self.pool_projects = FOR_ALL
        self.definitions = Definitions()
        self.replies = LocalReplies()
        self.executions = StoredExecutions(self.documents)
        self.journals = StoredJournals(self.documents)
        self.inbox = StoredInbox(self.documents)
        self.tasks = Tasks(self.documents)
        self.workers = Workers(self.documents)
        self.takers = BusTakers(self.bus)
        self.recovery = Recovery(
            self.executions,
            self.inbox,
            self.workers,
            bus=self.bus,
            takers=self.takers,
            clock=self.clock,
            meter=Silent(),
        )
        self.pools = PoolSweep(
            self.documents, self.executions, bus=self.bus, clock=self.clock, meter=Silent()
        )
        self.starts = Starts(
            self.executions, self.blobs, self.bus, self.clock, SystemIds(self.clock)
        )
        self.outbox: Outbox = DirectOutbox(self.bus)
        self.tracing: Tracing | None = None
        self.limits = Limits()
        self.now: Executor | None = None
        self.bus.subscribe(ExecutionAdmitted, "executor", self._on_admitted)
        self.bus.subscribe(ExecutionNudged, "executor", self._on_nudged)

    async def _on_admitted(self, event: ExecutionAdmitted) -> None:
        if self.now is not None:
            await self.now.on_admitted(event)

    async def _on_nudged(self, event: ExecutionNudged) -> None:
        if self.now is not None:
            await self.now.on_nudged(event)

    def parts(self, name: str) -> Parts:
        """Return the outside of a process."""
        return Parts(
            worker=name,
            executions=self.executions,
            journals=self.journals,
            inbox=self.inbox,
            tasks=self.tasks,
            blobs=self.blobs,
            bus=self.bus,
            outbox=self.outbox,
            starts=self.starts,
            definitions=self.definitions,
            replies=self.replies,
            progress=LocalProgress(),
            ways=FakeWays(self.outside, on_turn_away=self.outside.turn_away),
            jail=no_jail(),
            files=FileAreas(Path("/nowhere"), Quota()),
            clock=self.clock,
            random=Random(1).random,
            meter=Silent(),
            environment=dict,
            limits=self.limits,
            security=self.noted,
            pool_projects=self.pool_projects,
            in_memory_delay=5.0,
            in_memory_wait=1.0,
            tracing=self.tracing,
        )

    async def executor(self, name: str = "one", pools: str = "*", **capacity: Any) -> Executor:
        """Start an executor; from now on the bus speaks to this one."""
        served = programs(Pools.parse(pools))
        self.now = Executor(self.parts(name), served, self.workers, Capacity(**capacity))
        await self.workers.renew(name, 1e9, self.clock.now())
        return self.now

    async def kill(self, executor: Executor, name: str = "one") -> None:
        """End an executor as `kill -9` does, and let its lease run out."""
        if self.now is executor:
            self.now = None
        for task in list(executor._tasks):
            task.cancel()
        await asyncio.gather(*executor._tasks, return_exceptions=True)
        await self.workers.remove(name)

    async def replaced(self) -> tuple[str, asyncio.Future[Any]]:
        """Let an owner stand still in its first call of two, and another be there; return the execution and what holds the call."""
        await self.executor("old")
        held = self.outside.hold()
        execution_id = await self.start(chain(node("a"), node("b")), {"n": 1})
        await self.outside.until(1)
        await self.workers.remove("old")
        await self.executor("new")
        return execution_id, held

    def journal(self) -> list[str]:
        """Return the ids of all batches that are durable now."""
        return list(self.documents._kept(JOURNAL).documents)

    async def start(
        self, spec: dict[str, Any], *items: dict[str, Any], name: str = "w", **request: Any
    ) -> str:
        """Accept an execution and return its id."""
        record = self.definitions.add(name, spec)
        given = StartRequest(mode="manual", input=list(items) or [{}], **request)
        return (await self.starts.start(record, given)).execution.id

    async def run(self, spec: dict[str, Any], *items: dict[str, Any], **request: Any) -> Execution:
        """Start an executor, run a workflow on it and return the execution at rest."""
        await self.executor()
        return await self.rest(await self.start(spec, *items, **request))

    async def rest(self, execution_id: str, *statuses: str) -> Execution:
        """Return the execution once it has ended, or is in one of `statuses`; timers go off on the way."""
        until = asyncio.get_running_loop().time() + 10_000
        while True:
            execution = await self.executions.get(execution_id)
            if execution.has_ended or execution.status in statuses:
                return execution
            assert asyncio.get_running_loop().time() < until, f"it is {execution.status}"
            await asyncio.sleep(1)
            await self.recovery.wake_due()
            await self.recovery.sweep()
            await self.pools.sweep()

    async def tell(self, execution_id: str, kind: str, key: str, **payload: Any) -> None:
        """Put a message for an execution and nudge it."""
        await self.inbox.put(Message(execution_id, kind, key, payload))
        await self.bus.publish(ExecutionNudged(execution_id, "t"))

    async def all(self, workflow: str) -> list[Execution]:
        """Return all executions of a workflow, the oldest first."""
        where = [
            Where("tenant", "eq", "t"),
            Where("project", "eq", "p"),
            Where("workflow", "eq", workflow),
        ]
        return await self.executions.search(where, sort=("accepted_at",))


def node(name: str, kind: str = "sim.write", **more: Any) -> dict[str, Any]:
    """Return a node; a `sim.write` asks the outside with the item's `n`."""
    params = more.pop("params", {"body": {"n": "{{ $json.n }}"}} if kind.startswith("sim") else {})
    return {"name": name, "type": kind, "params": params, **more}


def chain(*nodes: dict[str, Any], **spec: Any) -> dict[str, Any]:
    """Return a workflow in which each node follows the one before."""
    edges = [
        {"from": left["name"], "to": right["name"]} for left, right in itertools.pairwise(nodes)
    ]
    return {"nodes": list(nodes), "edges": edges, **spec}
