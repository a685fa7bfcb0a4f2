"""Builds the scheduler from its parts."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from alur_common.blobs import Blobs
from alur_common.bus import Bus
from alur_common.calls.channels import Channels
from alur_common.calls.client import Channel
from alur_common.calls.replies import RemoteReplies
from alur_common.calls.security import remote_security_log
from alur_common.calls.server import CallsServer
from alur_common.calls.settings import CallSettings
from alur_common.clock import Clock
from alur_common.definitions_remote import RemoteDefinitions, definition_calls
from alur_common.documents.port import Documents
from alur_common.events import (
    ExecutionRequested,
    ExecutionSuspended,
    ExternalReceived,
    GateChanged,
    WorkflowVersionPublished,
)
from alur_common.executions import COLLECTIONS as ENGINE
from alur_common.executions import (
    BlobUses,
    Executions,
    Inbox,
    Outbox,
    StoredExecutions,
    StoredInbox,
    StoredJournals,
    Workers,
)
from alur_common.executions.cancelling import Cancelling
from alur_common.executions.outbox import Outboxes
from alur_common.ground import Ground, ground
from alur_common.outbound import Decisions, Guards
from alur_common.process import Process, process
from alur_common.replies import Replies
from alur_common.security.events import Notes, SecurityEvents
from alur_common.starts import Starts
from alur_common.telemetry import Metrics, get_logger
from alur_common.telemetry.tracing import Tracer
from alur_scheduler.adapters.meter import PrometheusMeter
from alur_scheduler.adapters.readers import KafkaReaders
from alur_scheduler.adapters.takers import CalledTakers
from alur_scheduler.adapters.tracing import SchedulerTracing
from alur_scheduler.domain.collections import COLLECTIONS as OWN
from alur_scheduler.domain.partitions import WHOLE
from alur_scheduler.ports import Definitions, Readers, Share, ShareMeter, Takers
from alur_scheduler.service.admission import Admission
from alur_scheduler.service.contents import Contents
from alur_scheduler.service.deletion import Deletion
from alur_scheduler.service.following import Following
from alur_scheduler.service.listeners import Listeners
from alur_scheduler.service.loops import SWEEP_SECONDS, every, guarded, whenever_due
from alur_scheduler.service.outside import OutsideEvents
from alur_scheduler.service.pools import PoolSweep
from alur_scheduler.service.recovery import Recovery
from alur_scheduler.service.relay import Relay
from alur_scheduler.service.retention import Retention
from alur_scheduler.service.schedules import Schedules
from alur_scheduler.service.sharing import TURN_SECONDS, SharedWork
from alur_scheduler.service.topics import Topics
from alur_scheduler.settings import Settings
from alur_sdk.errors import UnavailableError

GROUP = "scheduler"
COLLECTIONS = (*ENGINE, *OWN)
_log = get_logger("alur.scheduler")
RECONCILE_SECONDS = 10.0
RELAY_SECONDS = 5.0
FOLLOW_SECONDS = 1.0
"""How often it is looked which topics are to be read."""


@dataclass(frozen=True, slots=True)
class Needs:
    """What a scheduler is built on."""

    documents: Documents
    bus: Bus
    outbox: Outbox
    starts: Starts
    definitions: Definitions
    replies: Replies
    clock: Clock
    takers: Takers
    blobs: Blobs
    readers: Readers
    metrics: Metrics
    security: Notes
    tracer: Tracer | None = None
    name: str = ""
    """What tells this scheduler from all others, of now and before; empty when it is the only one on its store."""


class Scheduler:
    """Fires schedules, wakes what waits, admits, recovers and removes."""

    def __init__(self, needs: Needs, settings: Settings) -> None:
        executions, inbox = StoredExecutions(needs.documents), StoredInbox(needs.documents)
        self._clock, self._settings = needs.clock, settings
        meter = PrometheusMeter(needs.metrics)
        self._shared = _shared(needs, settings, meter)
        share = self._shared or WHOLE
        tracing = None if needs.tracer is None else SchedulerTracing(needs.tracer)
        self._recovery = Recovery(
            executions,
            inbox,
            Workers(needs.documents),
            bus=needs.bus,
            takers=needs.takers,
            clock=needs.clock,
            meter=meter,
            share=share,
        )
        self._schedules = Schedules(
            needs.documents,
            needs.definitions,
            needs.starts,
            clock=needs.clock,
            meter=meter,
            share=share,
            tracing=tracing,
        )
        cancelling = Cancelling(
            executions, inbox, needs.bus, needs.outbox, needs.replies, clock=needs.clock
        )
        self._admission = _admission(needs, executions, cancelling, share, tracing)
        self._retention = _retention(needs, executions, inbox, share)
        self._contents = _contents(needs, executions, share)
        self._pools = _pools(needs, executions, meter)
        self._relay = Relay(needs.documents, executions, needs.bus, needs.clock, share)
        self._deletion = Deletion(executions, inbox, needs.definitions, needs.bus, cancelling)
        self._listeners, self._topics = Listeners(needs.documents), _topics(needs)
        self._following = Following(needs.definitions, (self._schedules, self._listeners))
        self._planned, self._sooner, self._gained = (asyncio.Event() for _ in range(3))
        self._tasks: list[asyncio.Task[None]] = []
        self._subscribe(needs)

    def _subscribe(self, needs: Needs) -> None:
        outside = OutsideEvents(
            self._listeners,
            needs.definitions,
            needs.starts,
            needs.clock,
            needs.security,
            trusts_topic=self._settings.events_trust == "topic",
        )
        bus = needs.bus
        bus.subscribe(ExternalReceived, GROUP, outside.on_received)
        bus.subscribe(ExecutionRequested, GROUP, self._admission.on_requested)
        mine = f"{GROUP}-{needs.name}"
        bus.subscribe(GateChanged, mine, self._admission.on_gate_changed, broadcast=True)
        bus.subscribe(ExecutionSuspended, GROUP, self._on_suspended)
        bus.subscribe(WorkflowVersionPublished, GROUP, self._on_published)
        bus.subscribe(WorkflowVersionPublished, f"{GROUP}-deletion", self._deletion.on_published)

    async def start(self) -> None:
        """Plan all schedules, admit what a crash left, then go on in the background."""
        self._schedules.running_since = self._clock.now()
        await self._following.load()
        if self._shared is not None:
            await self._shared.begin()
        await self._recovery.sweep(is_start=True)
        work = [
            whenever_due(self._schedules.fire_due, self._planned, self._clock),
            whenever_due(self._recover, self._sooner, self._clock),
            self._reconcile(),
            every(FOLLOW_SECONDS, self._topics.follow),
            every(SWEEP_SECONDS, self._pools.sweep),
            every(RELAY_SECONDS, self._relay.sweep),
            every(self._settings.retention_seconds, self._retention.sweep),
            every(self._settings.contents_seconds, self._contents.sweep),
        ]
        if self._shared is not None:
            work.append(every(TURN_SECONDS, partial(self._turn, self._shared)))
        self._tasks = [asyncio.create_task(one) for one in work]

    async def stop(self) -> None:
        """Stop; what is due meanwhile is made up for at the next start, or done by others at once."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._shared is not None:
            await self._shared.leave()
        await self._topics.stop()

    async def _turn(self, shared: SharedWork) -> None:
        if await shared.turn():
            for event in (self._planned, self._sooner, self._gained):
                event.set()

    async def _on_suspended(self, event: ExecutionSuspended) -> None:
        if event.wake_at is not None and event.wake_at - self._clock.now() < SWEEP_SECONDS:
            self._sooner.set()

    async def _on_published(self, event: WorkflowVersionPublished) -> None:
        await self._following.on_published(event)
        await self._topics.follow()
        self._planned.set()

    async def _recover(self) -> float | None:
        due = await guarded(self._recovery.wake_due)
        await guarded(self._recovery.sweep)
        return due

    async def _reconcile(self) -> None:
        """Look every so often for what nobody has told of, and at once in what has become ours."""
        while True:
            self._gained.clear()
            await guarded(self._admission.reconcile)
            await guarded(self._recovery.nudge)
            with suppress(TimeoutError):
                async with asyncio.timeout(RECONCILE_SECONDS):
                    await self._gained.wait()


def _shared(needs: Needs, settings: Settings, meter: ShareMeter) -> SharedWork | None:
    if not needs.name:
        return None
    return SharedWork(
        needs.documents,
        needs.clock,
        meter,
        me=needs.name,
        name=settings.worker,
        count=settings.partitions,
    )


def _retention(needs: Needs, executions: Executions, inbox: Inbox, share: Share) -> Retention:
    journals = StoredJournals(needs.documents)
    outboxes = Outboxes(needs.documents, needs.clock)
    return Retention(executions, journals, inbox, outboxes, clock=needs.clock, share=share)


def _contents(needs: Needs, executions: Executions, share: Share) -> Contents:
    return Contents(executions, BlobUses(needs.documents), needs.blobs, needs.clock, share)


def _pools(needs: Needs, executions: StoredExecutions, meter: PrometheusMeter) -> PoolSweep:
    return PoolSweep(needs.documents, executions, bus=needs.bus, clock=needs.clock, meter=meter)


def _topics(needs: Needs) -> Topics:
    return Topics(
        needs.documents,
        needs.definitions,
        needs.starts,
        needs.readers,
        needs.clock,
        notes=needs.security,
    )


def _admission(
    needs: Needs,
    executions: Executions,
    cancelling: Cancelling,
    share: Share,
    tracing: SchedulerTracing | None,
) -> Admission:
    return Admission(
        needs.documents,
        needs.definitions,
        executions=executions,
        inbox=StoredInbox(needs.documents),
        bus=needs.bus,
        cancelling=cancelling,
        share=share,
        tracing=tracing,
    )


def build(needs: Needs, settings: Settings) -> Scheduler:
    """Return a scheduler on these documents; `start` it."""
    return Scheduler(needs, settings)


def readers_of(settings: Settings, worker: str, metrics: Metrics) -> KafkaReaders:
    """Return how this process reads topics; `worker` is a name of it that is the same after a restart, where there is one."""
    decisions = Decisions(metrics.counter("outbound_decisions_total"))
    guards = Guards(settings.allow_lists, decisions=decisions)
    return KafkaReaders(settings.kafka, guards.of, worker, leaves=settings.leaves_for_good)


async def main(settings: Settings) -> None:
    """Run a scheduler until told to stop; there may be several, which share the work."""
    async with (
        process("scheduler", settings) as running,
        ground("scheduler", running, settings, COLLECTIONS) as under,
    ):
        calls = CallSettings()
        channels = Channels(calls)
        replies = RemoteReplies(channels, running.tracer)
        registry = Channel(settings.registry, calls)
        security = SecurityEvents(remote_security_log(registry), under.clock, running.metrics)
        definitions = RemoteDefinitions(definition_calls(registry), under.clock)
        takers = CalledTakers(Workers(under.documents), channels, under.bus)
        needs = _needs(
            under,
            running,
            settings,
            definitions=definitions,
            replies=replies,
            takers=takers,
            security=security,
        )
        scheduler = build(needs, settings)
        # No other service calls it: it is there to be asked for its health.
        server = CallsServer(calls, running.metrics, running.tracer)
        address = calls.reached_at(await server.start(calls.host, calls.port))
        running.takes_work()
        await under.bus.start()
        await running.until_told(
            _scheduling(scheduler, address), under.dependencies.follow(server.health.turn)
        )
        await server.drain()
        await scheduler.stop()
        await server.stop()
        await replies.close()
        await channels.close()
        await security.close()
        await registry.close()


def _needs(
    under: Ground,
    running: Process,
    settings: Settings,
    *,
    definitions: Definitions,
    replies: Replies,
    takers: Takers,
    security: Notes,
) -> Needs:
    executions = StoredExecutions(under.documents)
    return Needs(
        documents=under.documents,
        bus=under.bus,
        outbox=under.outbox,
        starts=Starts(executions, under.blobs, under.bus, under.clock, under.ids),
        definitions=definitions,
        replies=replies,
        clock=under.clock,
        takers=takers,
        blobs=under.blobs,
        readers=readers_of(settings, settings.worker or under.worker, running.metrics),
        metrics=running.metrics,
        security=security,
        tracer=running.tracer,
        name=under.worker,
    )


async def _scheduling(scheduler: Scheduler, address: str) -> None:
    """Start the scheduler as soon as the registry is there, and go on until cancelled."""
    while True:
        try:
            await scheduler.start()
        except UnavailableError as error:
            _log.warning("waiting for the registry", reason=error.message)
            await asyncio.sleep(SWEEP_SECONDS)
        else:
            _log.info("scheduler ready", address=address)
            await asyncio.Event().wait()
