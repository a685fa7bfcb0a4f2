"""The platform: all services joined in one process. The one place that knows every class."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from alur_common.bus_in_process import InProcessBus
from alur_common.catalogue import load_catalogue
from alur_common.executions import StoredExecutions, StoredInbox, StoredJournals
from alur_common.executions.workers import Workers
from alur_common.progress import LocalProgress
from alur_common.replies import LocalReplies
from alur_common.starts import Starts
from alur_common.telemetry import Metrics
from alur_engine.catalogue import Catalogue
from alur_executor.main import build as build_executor
from alur_executor.settings import Settings as ExecutorSettings
from alur_gateway.adapters.history import JournalHistory
from alur_gateway.main import Gateway
from alur_gateway.main import build as build_gateway
from alur_gateway.service.needs import Needs
from alur_gateway.settings import Settings as GatewaySettings
from alur_registry.main import build as build_registry
from alur_registry.service import Registry
from alur_registry.settings import Settings as RegistrySettings
from alur_scheduler.main import build as build_scheduler

from alur.dev.store import Opened


@dataclass(frozen=True, slots=True)
class Platform:
    """What the outside of the process needs of it."""

    gateway: Gateway
    registry: Registry


@asynccontextmanager
async def platform(
    store: Opened, settings: GatewaySettings, metrics: Metrics
) -> AsyncIterator[Platform]:
    """Build, start and in the end drain all services on an open data folder."""
    documents, blobs, clock, ids = store.documents, store.blobs, store.clock, store.ids
    bus = InProcessBus()
    catalogue = load_catalogue()
    executions, journals = StoredExecutions(documents), StoredJournals(documents)
    inbox = StoredInbox(documents)
    replies, progress = LocalReplies(), LocalProgress()
    starts = Starts(executions, blobs, bus, clock, ids)
    registry_settings = RegistrySettings(data=store.folder, public_url=settings.public_url)
    registry = build_registry(documents, bus, clock, ids, registry_settings)
    await registry.start()
    await registry.ensure_owner()
    await Workers(documents).remove_all()
    executor = build_executor(
        documents, blobs, bus, starts, registry, replies, progress, clock,
        ExecutorSettings(), metrics, worker=ids.execution(), catalogue=catalogue,
    )  # fmt: skip
    scheduler = build_scheduler(documents, blobs, bus, starts, registry, replies, clock)
    types = Catalogue.from_json(catalogue)
    needs = Needs(
        registry=registry,
        starts=starts,
        executions=executions,
        journals=journals,
        inbox=inbox,
        blobs=blobs,
        bus=bus,
        replies=replies,
        progress=progress,
        history=JournalHistory(journals, blobs, registry, types),
        clock=clock,
        ids=ids,
    )
    gateway = build_gateway(needs, settings, metrics=metrics.registry)
    await executor.start()
    await scheduler.start()
    try:
        yield Platform(gateway, registry)
    finally:
        await scheduler.stop()
        await executor.stop()
        await bus.close()
