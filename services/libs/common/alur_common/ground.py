"""What every service stands on: a data folder of its own, or what many processes share."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from alur_common.blobs import Blobs
from alur_common.bus import Broker
from alur_common.clock import Clock, Ids, SystemClock, SystemIds
from alur_common.dependencies import Dependencies
from alur_common.documents.metered import MeteredDocuments
from alur_common.documents.port import Collection, Documents
from alur_common.executions.outbox import DirectOutbox, Outbox
from alur_common.executions.uses import CountedBlobs
from alur_common.process import Process
from alur_common.settings import Settings
from alur_common.telemetry import Metrics


@dataclass(frozen=True, slots=True)
class Ground:
    """The store, the bus, time and ids. `worker` names this process among all."""

    documents: Documents
    blobs: Blobs
    bus: Broker
    outbox: Outbox
    clock: Clock
    ids: Ids
    worker: str
    dependencies: Dependencies


@asynccontextmanager
async def ground(
    service: str,
    process: Process,
    settings: Settings,
    data: Path,
    collections: Sequence[Collection],
) -> AsyncIterator[Ground]:
    """Open what the settings name: MongoDB and Kafka, or the data folder, which is locked against others.

    Raises `AlurError` when it is out of reach for long, damaged, or somebody else has it.
    """
    if settings.is_distributed:
        from alur_common.ground_shared import shared  # noqa: PLC0415  # drivers that one machine does not need

        async with shared(service, process, settings, collections) as opened:
            yield opened
    else:
        async with embedded(service, process.metrics, data, collections) as opened:
            yield opened


@asynccontextmanager
async def embedded(
    service: str, metrics: Metrics, data: Path, collections: Sequence[Collection]
) -> AsyncIterator[Ground]:
    """Lock and open a data folder; the bus ends at this process."""
    from alur_common.blobs_files import FileBlobs  # noqa: PLC0415  # not where the store is shared
    from alur_common.bus_in_process import (  # noqa: PLC0415  # the same
        InProcessBus,
        dead_letter_counter,
    )
    from alur_common.data_folder import DataFolder  # noqa: PLC0415  # the same
    from alur_common.documents.sqlite import SqliteDocuments  # noqa: PLC0415  # the same

    clock = SystemClock()
    ids = SystemIds(clock)
    folder = DataFolder.open(data)
    try:
        store = SqliteDocuments(folder.database, clock)
        await store.open(collections)
        documents = MeteredDocuments(store, metrics)
        bus = InProcessBus(on_dead_letter=dead_letter_counter(metrics))
        worker = f"{service}-{ids.execution()}"
        try:
            blobs = CountedBlobs(FileBlobs(folder.blobs), documents, clock)
            nothing = Dependencies({}, metrics)  # that is not in this process
            yield Ground(documents, blobs, bus, DirectOutbox(bus), clock, ids, worker, nothing)
        finally:
            await bus.close()
            await store.close()
    finally:
        folder.close()
