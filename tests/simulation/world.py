"""Everything that a run needs: the store, the bus, the outside, and processes that die and come again."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Coroutine, Mapping
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any

from alur_common.blobs_memory import MemoryBlobs
from alur_common.catalogue import load_catalogue
from alur_common.clock import uuid7
from alur_common.definitions import VersionRecord, WorkflowRecord
from alur_common.documents.port import Documents
from alur_common.events import ExecutionAdmitted, ExecutionNudged
from alur_common.executions import (
    DirectOutbox,
    Message,
    Outbox,
    StoredExecutions,
    StoredInbox,
    StoredJournals,
    StoredOutbox,
    Tasks,
)
from alur_common.executions.workers import Workers
from alur_common.pools import EVERY, FOR_ALL, Pools
from alur_common.progress import LocalProgress
from alur_common.replies import LocalReplies
from alur_common.security.records import UnsealedCredential
from alur_common.starts import Accepted, StartRequest, Starts
from alur_engine.catalogue import Catalogue, NodeType
from alur_engine.expressions import Evaluator
from alur_engine.state import Limits, Run
from alur_executor.adapters.file_area import FileAreas, Quota
from alur_executor.service.executor import Capacity, Executor
from alur_executor.service.parts import Parts
from alur_executor.service.programs import Programs
from alur_nodes.registry import node_class
from alur_scheduler.adapters.takers import BusTakers
from alur_scheduler.service.recovery import Recovery
from alur_scheduler.service.relay import Relay
from alur_sdk.errors import AlurError, NotFoundError
from alur_sdk.nodes import Effect, Node
from tests.simulation.bus import ProcessBus, SimulatedBus
from tests.simulation.cases import CHILD, CHILD_SPEC, Case
from tests.simulation.faults import Faults
from tests.simulation.network import Network
from tests.simulation.outside import Outside, Read, RemoteOutside, Write
from tests.simulation.process import LEASE_SECONDS, Process
from tests.simulation.store import RemoteBlobs, WatchedDocuments, remote_documents
from tests.support.jail import no_jail
from tests.support.security import Noted
from tests.support.virtual_time import VirtualLoop
from tests.support.ways import FakeWays

EXECUTORS = 2
LONG = 1e9
SWEEP_SECONDS = 3.0
NUDGED_EACH = 3
"""Sweeps between two looks at the inbox."""
CLASSES: dict[str, type[Node[Any]]] = {"sim.write": Write, "sim.read": Read}
EVALUATOR = Evaluator()


@lru_cache(maxsize=1)
def catalogue() -> Catalogue:
    """Return Alur's node types and those of the simulation."""
    ours = Catalogue.from_json(load_catalogue())._types
    sim = {name: NodeType(name, kind.effect) for name, kind in CLASSES.items()}
    assert sim["sim.write"].effect is Effect.WRITE
    return Catalogue({**ours, **sim})


def find_class(name: str) -> type[Node[Any]]:
    """Return the class of a node type."""
    return CLASSES.get(name) or node_class(name)


def _record(name: str, spec: dict[str, Any]) -> WorkflowRecord:
    return WorkflowRecord("t", "p", name, name, 1, {"spec": spec}, 1, "", 0.0, 0.0, 0.0)


def programs(pools: Pools = EVERY) -> Programs:
    """Return what compiles workflows for executors of these pools; it may serve several worlds."""
    return Programs(catalogue(), find_class, EVALUATOR, pools)


class Silent:
    """A meter that counts nothing."""

    def started(self, waited: float) -> None: ...
    def ended(self, status: str, took: float) -> None: ...
    def ran(self, node_type: str, result: str, seconds: float) -> None: ...
    def retried(self, node_type: str) -> None: ...
    def in_doubt(self) -> None: ...
    def active(self, count: int) -> None: ...
    def lease(self, is_held: bool) -> None: ...
    def queue_oldest(self, age: float) -> None: ...
    def admitted_again(self, reason: str, count: int) -> None: ...
    def drift(self, seconds: float) -> None: ...
    def pool_oldest(self, pool: str, age: float) -> None: ...
    def pool_empty(self, pool: str) -> None: ...
    def offered_again(self, pool: str) -> None: ...


class Definitions:
    """The workflow of a case, and the one that it may call."""

    def __init__(self, spec: dict[str, Any]) -> None:
        self.record = _record("case", spec)
        self._child = _record(CHILD, CHILD_SPEC)

    async def active(self, tenant: str, project: str, name: str) -> WorkflowRecord:
        return self._child

    async def version(self, uid: str, number: int) -> VersionRecord:
        record = self._child if uid == self._child.uid else self.record
        return VersionRecord("t", "p", record.name, uid, number, record.document, 0.0)

    async def variables(self, tenant: str, project: str) -> Mapping[str, str]:
        return {}

    async def granted(self, tenant: str, project: str, user: str) -> list[str]:
        raise NotFoundError(f"nobody is called {user}")

    async def unseal(self, tenant: str, project: str, name: str) -> UnsealedCredential:
        raise NotFoundError(f"there is no credential {name}")


class World:
    """One run of a case under some faults."""

    def __init__(
        self, loop: VirtualLoop, case: Case, faults: Faults, seed: int, programs: Programs
    ) -> None:
        self.random = Random(f"world of {seed}")
        self.loop = loop
        self.case = case
        self.faults = faults
        self.network = Network(loop, self.random, faults)
        self.clock = Process("the outside", loop, self.random, 0.0)
        self.documents = WatchedDocuments(self.clock)
        self.documents.broken = []
        self.blobs = MemoryBlobs()
        self.outside = Outside()
        self.bus = SimulatedBus(self.network)
        self.definitions = Definitions(case.spec)
        self.programs = programs
        self.trace: list[str] = []
        self._started = 0

    def start(self) -> None:
        """Start the platform."""
        if not self.faults.delay:
            self._start(
                self._executor
            )  # without faults it needs no other, and nobody to look after it
            return
        for _ in range(EXECUTORS):
            self._start(self._executor)
        self._start(self._scheduler)

    def release(self) -> None:
        """Let go of everything, so that memory is free at once and not when cycles are looked for."""
        self.bus.members.clear()
        self.__dict__.clear()

    def process(self, kind: str) -> Process:
        """Return a new process."""
        self._started += 1
        skew = (self.random.random() * 2 - 1) * self.faults.jump
        return Process(f"{kind}-{self._started}", self.loop, self.random, skew)

    def _start(self, kind: Callable[[Process], Coroutine[Any, Any, None]]) -> None:
        process = self.process(kind.__name__.strip("_"))
        process.on_death = lambda: self._bury(process, kind)
        process.begin(kind(process))

    def _bury(self, process: Process, kind: Callable[[Process], Coroutine[Any, Any, None]]) -> None:
        self.trace.append(f"{self.loop.time():9.3f} {process.name} dies")
        self.loop.call_later(self.random.random() * 6, self._start, kind)

    def starts(self, process: Process) -> Starts:
        """Return what accepts executions in a process."""
        documents = remote_documents(self.documents, process, self.network)
        blobs = RemoteBlobs(self.blobs, process, self.network)
        bus = ProcessBus(self.bus, process, self.network)
        return Starts(StoredExecutions(documents), blobs, bus, process, self)

    def execution(self) -> str:
        """Return a new id: the world is where ids come from."""
        return uuid7(int(self.clock.now() * 1000), self.random.randbytes(10))

    def secret(self, size: int = 16) -> str:
        return self.random.randbytes(size).hex()

    async def _executor(self, process: Process) -> None:
        documents = remote_documents(self.documents, process, self.network)
        bus = ProcessBus(self.bus, process, self.network)
        parts = Parts(
            worker=process.name,
            executions=StoredExecutions(documents),
            journals=StoredJournals(documents),
            inbox=StoredInbox(documents),
            tasks=Tasks(documents),
            blobs=RemoteBlobs(self.blobs, process, self.network),
            bus=bus,
            outbox=await self._outbox(process, documents, bus),
            starts=self.starts(process),
            definitions=self.definitions,
            replies=LocalReplies(),
            progress=LocalProgress(),
            ways=FakeWays(RemoteOutside(self.outside, process, self.network)),
            jail=no_jail(),
            files=FileAreas(Path("/nowhere"), Quota()),
            clock=process,
            random=self.random.random,
            meter=Silent(),
            environment=dict,
            limits=Limits(),
            security=Noted(),
            pool_projects=FOR_ALL,
            in_memory_delay=1.5 if self.faults.delay else LONG,
            in_memory_wait=0.5 if self.faults.delay else LONG,
        )
        capacity = Capacity(lease_seconds=LEASE_SECONDS, drain_seconds=1.0)
        executor = Executor(parts, self.programs, Workers(documents), capacity)
        if self.faults.delay:
            await executor.hold_lease()
        bus.subscribe(ExecutionAdmitted, "executor", executor.on_admitted)
        bus.subscribe(ExecutionNudged, "executor", executor.on_nudged)
        process.leave = lambda: process.begin(_left(process, executor))
        self.stand_beside(parts, process)

    def stand_beside(self, parts: Parts, process: Process) -> None:
        """Start what else is to run in an executor's process."""

    async def _outbox(self, process: Process, documents: Documents, bus: ProcessBus) -> Outbox:
        if not self.faults.delay:
            return DirectOutbox(bus)
        executions = StoredExecutions(documents)
        outbox = StoredOutbox(documents, executions, bus, process, process.name)
        while True:
            try:
                await outbox.begin()
            except AlurError as error:
                self.trace.append(f"{self.loop.time():9.3f} not started: {error.message}")
                await asyncio.sleep(1.0)
            else:
                process.begin(outbox.keep())
                return outbox

    async def _scheduler(self, process: Process) -> None:
        documents = remote_documents(self.documents, process, self.network)
        bus = ProcessBus(self.bus, process, self.network)
        recovery = Recovery(
            StoredExecutions(documents),
            StoredInbox(documents),
            Workers(documents),
            bus=bus,
            takers=BusTakers(bus),
            clock=process,
            meter=Silent(),
        )
        relay = Relay(documents, StoredExecutions(documents), bus, process)
        for turn in itertools.count():
            try:
                await recovery.sweep()
                await recovery.wake_due()
                if turn % NUDGED_EACH == 0:
                    await recovery.nudge()
                    await relay.sweep()
            except AlurError as error:
                self.trace.append(f"{self.loop.time():9.3f} sweep failed: {error.message}")
            await asyncio.sleep(SWEEP_SECONDS)

    async def accept(self, number: int) -> str:
        """Start an execution as a caller does: again and again with one key, until it is acknowledged."""
        request = StartRequest(
            mode="manual", input=self.case.items, source=("run", f"key-{number}")
        )
        while True:
            gateway = self.process("gateway")
            asked = gateway.begin(self.starts(gateway).start(self.definitions.record, request))
            try:
                accepted: Accepted = await asked
            except asyncio.CancelledError:
                self.trace.append(f"{self.loop.time():9.3f} {gateway.name} dies")
            except AlurError as error:
                self.trace.append(f"{self.loop.time():9.3f} not accepted: {error.message}")
            else:
                if self.random.random() < self.faults.crash:
                    gateway.die()  # right after it answered
                return accepted.execution.id
            await asyncio.sleep(0.2)

    async def signal(self, execution_id: str) -> None:
        """Send each signal that the case waits for, at some time, as somebody outside does."""
        for name in self.case.signals:
            await asyncio.sleep(self.random.random() * 3 if self.faults.delay else 0)
            await StoredInbox(self.documents).put(Message(execution_id, "signal", name, {"n": 5}))
            await self.bus.take(ExecutionNudged(execution_id, "t"))

    async def resolve(self, execution_id: str, run: Run) -> None:
        """Decide, as a person, that a node run in doubt did not happen, or that one of its items did not."""
        node, path = run.key
        item = self.random.choice((None, *run.undecided()))
        payload = {"node": node, "path": path, "item": item, "outcome": "not-done"}
        key = f"{node}-{path}-{self.loop.time()}"
        message = Message(execution_id, "resolve", key, payload)
        await StoredInbox(self.documents).put(message)
        await self.bus.take(ExecutionNudged(execution_id, "t"))


async def _left(process: Process, executor: Executor) -> None:
    """Leave as on SIGTERM, then be gone."""
    try:
        await executor.stop()
    finally:
        process.die()
