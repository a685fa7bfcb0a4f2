"""The platform: all services joined in one process. The one place that knows every class."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from alur.dev.store import Opened
from alur_common.bus_in_process import InProcessBus, dead_letter_counter
from alur_common.catalogue import load_catalogue
from alur_common.executions import DirectOutbox, StoredExecutions, StoredInbox, StoredJournals
from alur_common.pools import EVERY_POOL
from alur_common.progress import LocalProgress
from alur_common.replies import LocalReplies
from alur_common.security.events import SecurityEvents
from alur_common.starts import Starts
from alur_common.telemetry import Metrics
from alur_common.telemetry.tracing import Tracer
from alur_common.triggers import stored_triggers
from alur_engine.catalogue import Catalogue
from alur_executor.main import Needs as ExecutorNeeds
from alur_executor.main import build as build_executor
from alur_executor.service.previewing import Previews
from alur_executor.settings import Settings as ExecutorSettings
from alur_gateway.adapters.history import JournalHistory
from alur_gateway.main import Gateway
from alur_gateway.main import build as build_gateway
from alur_gateway.service.needs import Needs as GatewayNeeds
from alur_gateway.settings import Settings as GatewaySettings
from alur_registry.main import build as build_registry
from alur_registry.main import tend
from alur_registry.service import Registry
from alur_registry.settings import Settings as RegistrySettings
from alur_scheduler.adapters.takers import BusTakers
from alur_scheduler.main import Needs as SchedulerNeeds
from alur_scheduler.main import Scheduler, readers_of
from alur_scheduler.main import build as build_scheduler
from alur_scheduler.settings import Settings as SchedulerSettings

TEND_SECONDS = 600.0
"""How often what is over (links, sessions, tokens) is removed."""


@dataclass(frozen=True, slots=True)
class Platform:
    """What the outside of the process needs of it."""

    gateway: Gateway
    registry: Registry


class _Shared:
    """What the services share within one process."""

    def __init__(self, store: Opened, metrics: Metrics, tracer: Tracer | None) -> None:
        self.store = store
        self.metrics = metrics
        self.tracer = tracer
        self.bus = InProcessBus(on_dead_letter=dead_letter_counter(metrics))
        self.outbox = DirectOutbox(self.bus)
        self.catalogue = load_catalogue()
        self.executions = StoredExecutions(store.documents)
        self.journals = StoredJournals(store.documents)
        self.inbox = StoredInbox(store.documents)
        self.replies = LocalReplies()
        self.progress = LocalProgress()
        self.security: SecurityEvents
        self.starts = Starts(self.executions, store.blobs, self.bus, store.clock, store.ids)


@asynccontextmanager
async def platform(
    store: Opened, settings: GatewaySettings, metrics: Metrics, tracer: Tracer | None
) -> AsyncIterator[Platform]:
    """Build, start and in the end drain all services on an open data folder."""
    shared = _Shared(store, metrics, tracer)
    registry = await _registry(shared, settings)
    shared.security = SecurityEvents(registry, store.clock, metrics)
    executor = build_executor(
        _executor_needs(shared, registry), ExecutorSettings.load(pools=EVERY_POOL)
    )
    scheduler = _scheduler(shared, registry)
    needs = _gateway_needs(shared, registry, executor.previews)
    gateway = build_gateway(needs, settings, metrics=metrics, tracer=tracer)
    await executor.start()
    await scheduler.start()
    tending = asyncio.create_task(tend(registry, TEND_SECONDS))
    try:
        yield Platform(gateway, registry)
    finally:
        tending.cancel()
        await scheduler.stop()
        await executor.stop()
        await shared.bus.close()
        await shared.security.close()


async def _registry(shared: _Shared, settings: GatewaySettings) -> Registry:
    store = shared.store
    registry = build_registry(
        store.documents,
        shared.bus,
        store.clock,
        store.ids,
        RegistrySettings(data=store.folder, public_url=settings.public_url, mongo=None),
        catalogue=shared.catalogue,
        triggers=lambda record: stored_triggers(store.documents, record),
    )
    await registry.start()
    await registry.ensure_owner()
    await registry.record_reach()
    return registry


def _executor_needs(shared: _Shared, registry: Registry) -> ExecutorNeeds:
    return ExecutorNeeds(
        documents=shared.store.documents,
        blobs=shared.store.blobs,
        bus=shared.bus,
        outbox=shared.outbox,
        starts=shared.starts,
        definitions=registry,
        replies=shared.replies,
        progress=shared.progress,
        clock=shared.store.clock,
        metrics=shared.metrics,
        security=shared.security,
        worker=shared.store.ids.execution(),
        catalogue=shared.catalogue,
        tracer=shared.tracer,
    )


def _scheduler(shared: _Shared, registry: Registry) -> Scheduler:
    settings = SchedulerSettings.load()
    needs = SchedulerNeeds(
        documents=shared.store.documents,
        bus=shared.bus,
        outbox=shared.outbox,
        starts=shared.starts,
        definitions=registry,
        replies=shared.replies,
        clock=shared.store.clock,
        takers=BusTakers(shared.bus),
        blobs=shared.store.blobs,
        # One process has the data folder at a time, so the name is its own.
        readers=readers_of(settings, "alur-dev", shared.metrics),
        metrics=shared.metrics,
        security=shared.security,
        tracer=shared.tracer,
    )
    return build_scheduler(needs, settings)


def _gateway_needs(shared: _Shared, registry: Registry, previews: Previews) -> GatewayNeeds:
    types = Catalogue.from_json(shared.catalogue)
    return GatewayNeeds(
        registry=registry,
        starts=shared.starts,
        executions=shared.executions,
        journals=shared.journals,
        inbox=shared.inbox,
        blobs=shared.store.blobs,
        bus=shared.bus,
        outbox=shared.outbox,
        replies=shared.replies,
        progress=shared.progress,
        history=JournalHistory(shared.journals, shared.store.blobs, registry, types),
        clock=shared.store.clock,
        ids=shared.store.ids,
        previews=previews,
        security=shared.security,
    )
