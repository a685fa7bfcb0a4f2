"""The data folder of `alur dev`: what is opened on it, with or without a running server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from alur.collections import COLLECTIONS
from alur_common.blobs import Blobs
from alur_common.blobs_files import FileBlobs
from alur_common.bus_in_process import InProcessBus
from alur_common.clock import SystemClock, SystemIds
from alur_common.data_folder import DataFolder
from alur_common.documents.metered import MeteredDocuments
from alur_common.documents.port import Documents
from alur_common.documents.sqlite import SqliteDocuments
from alur_common.executions import CountedBlobs, Workers
from alur_common.telemetry import Metrics
from alur_registry.main import build as build_registry
from alur_registry.service import Registry
from alur_registry.settings import Settings as RegistrySettings


@dataclass(frozen=True, slots=True)
class Opened:
    """An open data folder; nobody else has it."""

    folder: Path
    documents: Documents
    blobs: Blobs
    clock: SystemClock
    ids: SystemIds


@asynccontextmanager
async def opened(data: Path, metrics: Metrics | None = None) -> AsyncIterator[Opened]:
    """Lock and open the data folder; raises `AlurError` when another process has it or it is damaged."""
    clock = SystemClock()
    folder = DataFolder.open(data)
    try:
        store = SqliteDocuments(folder.database, clock)
        await store.open(COLLECTIONS)
        documents = store if metrics is None else MeteredDocuments(store, metrics)
        await Workers(
            documents
        ).remove_all()  # whoever held a lease here is dead: the folder is ours
        try:
            blobs = CountedBlobs(FileBlobs(folder.blobs), documents, clock)
            yield Opened(folder.path, documents, blobs, clock, SystemIds(clock))
        finally:
            await store.close()
    finally:
        folder.close()


@asynccontextmanager
async def opened_registry(data: Path) -> AsyncIterator[Registry]:
    """Open the registry of a data folder on which no server runs."""
    async with opened(data) as store:
        registry = build_registry(
            store.documents,
            InProcessBus(),
            store.clock,
            store.ids,
            RegistrySettings.load(data=store.folder),
        )
        await registry.start()
        await registry.ensure_owner()
        yield registry


async def new_token(data: Path, name: str, expires_seconds: float | None = None) -> str:
    """Return a new token of the owner, on a data folder on which no server runs."""
    async with opened_registry(data) as registry:
        owner = await registry.owner()
        made = await registry.create_token(owner, name=name, expires_in_seconds=expires_seconds)
        return made.secret
