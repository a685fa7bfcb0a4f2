"""What many processes share: MongoDB, Kafka, and a store of blobs."""

from __future__ import annotations

import asyncio
import math
import os
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

from alur_common.blobs import Blobs
from alur_common.blobs_open import open_blobs
from alur_common.clock import SystemClock, SystemIds
from alur_common.dependencies import Dependencies
from alur_common.documents.metered import MeteredDocuments
from alur_common.documents.mongo import MongoDocuments, connect
from alur_common.documents.port import Collection
from alur_common.executions import StoredExecutions, StoredOutbox
from alur_common.executions.uses import EVENTS, CountedBlobs
from alur_common.ground import Ground
from alur_common.kafka.admin import apply_topics
from alur_common.kafka.bus import KafkaBus
from alur_common.process import Process
from alur_common.settings import Settings
from alur_common.telemetry.logs import get_logger
from alur_sdk.errors import AlurError, InvalidError, UnavailableError

PATIENCE_SECONDS = 120.0
"""How long a start waits for what it needs."""
PAUSE_SECONDS = 1.0
CATCH_UP_SECONDS = 300.0
"""How often it looks for what processes of an older version have written."""
BLOBS = "blobs"
"""What the store of large content is called, S3 or a folder."""
SAID_SECONDS = 10.0
"""How often it says what it waits for."""
_log = get_logger("alur.start")


@asynccontextmanager
async def shared(
    service: str, process: Process, settings: Settings, collections: Sequence[Collection]
) -> AsyncIterator[Ground]:
    """Connect to what the settings name; waits for it a while, and says so.

    Raises `InvalidError` for settings that are missing, `UnavailableError` when the wait was in vain.
    """
    if settings.mongo is None or not settings.kafka or not settings.blobs:
        raise InvalidError("ALUR_MONGO, ALUR_KAFKA and ALUR_BLOBS go together: set all three")
    clock = SystemClock()
    ids = SystemIds(clock)
    name = settings.worker or f"{service}-{socket.gethostname()}-{os.getpid()}"
    async with connect(settings.mongo.get_secret_value(), metrics=process.metrics) as database:
        store = MongoDocuments(database, clock)
        await _patiently(process, "MongoDB", lambda: store.open(collections))
        documents = MeteredDocuments(store, process.metrics)
        await _patiently(process, "Kafka", lambda: apply_topics(settings.kafka))
        place = open_blobs(settings.blobs)
        await _patiently(process, BLOBS, place.reach)
        blobs = CountedBlobs(place, documents, clock)
        bus = _bus(service, process, settings, name, blobs.of(EVENTS))
        try:
            # Whoever restarts under a name is not who held its leases.
            worker = f"{name}-{ids.secret(4)}"
            executions = StoredExecutions(documents)
            outbox = StoredOutbox(documents, executions, bus, clock, worker)
            async with outbox.kept(), _catching_up(store):
                looks = {"MongoDB": store.reach, "Kafka": bus.reach, BLOBS: place.reach}
                needed = Dependencies(looks, process.metrics)
                yield Ground(documents, blobs, bus, outbox, clock, ids, worker, needed)
        finally:
            await bus.close()
            await store.close()


def _bus(service: str, process: Process, settings: Settings, worker: str, blobs: Blobs) -> KafkaBus:
    return KafkaBus(
        settings.kafka,
        service=service,
        worker=worker,
        leaves=settings.leaves_for_good,
        metrics=process.metrics,
        tracer=process.tracer,
        blobs=blobs,
    )


@asynccontextmanager
async def _catching_up(store: MongoDocuments) -> AsyncIterator[None]:
    """Fill what processes of an older version write, for the length of the block: the last of them outlives an upgrade's last start."""
    task = asyncio.get_running_loop().create_task(_catch_up(store))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _catch_up(store: MongoDocuments) -> None:
    while True:
        await asyncio.sleep(CATCH_UP_SECONDS)
        try:
            await store.catch_up()
        except AlurError as error:
            _log.warning("documents of an older version not filled", reason=error.message)


async def _patiently(process: Process, what: str, work: Callable[[], Awaitable[object]]) -> None:
    """Do it once it can be done; waits `PATIENCE_SECONDS`, and no longer than until the process is told to stop."""
    until = time.monotonic() + PATIENCE_SECONDS
    said = -math.inf
    while True:
        try:
            await work()
        except UnavailableError as error:
            if process.is_told:
                # A driver may take the cancellation of its own call for a server that is lost.
                raise asyncio.CancelledError from error
            now = time.monotonic()
            if now > until:
                raise
            if now - said >= SAID_SECONDS:
                _log.warning("waiting for what is needed", what=what, reason=error.message)
                said = now
            await asyncio.sleep(PAUSE_SECONDS)
        else:
            return
