"""The stores of a gateway that runs alone on a data folder."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

from alur_common.blobs_files import FileBlobs
from alur_common.bus_in_process import InProcessBus
from alur_common.catalogue import load_catalogue
from alur_common.clock import SystemClock, SystemIds
from alur_common.data_folder import DataFolder
from alur_common.documents.sqlite import SqliteDocuments
from alur_common.executions import StoredExecutions, StoredInbox, StoredJournals
from alur_common.executions.repository import EXECUTIONS, INBOX, JOURNAL
from alur_common.progress import LocalProgress
from alur_common.replies import LocalReplies
from alur_common.starts import Starts
from alur_engine.catalogue import Catalogue
from alur_gateway.adapters.absent import AbsentRegistry
from alur_gateway.adapters.history import JournalHistory
from alur_gateway.ports import Registry
from alur_gateway.service.needs import Needs


@asynccontextmanager
async def embedded(data: Path) -> AsyncIterator[Needs]:
    """Lock and open the data folder; raises `AlurError` when another process has it or it is damaged."""
    clock = SystemClock()
    folder = DataFolder.open(data)
    try:
        documents = SqliteDocuments(folder.database, clock)
        await documents.open((EXECUTIONS, JOURNAL, INBOX))
        try:
            yield _needs(documents, FileBlobs(folder.blobs), clock)
        finally:
            await documents.close()
    finally:
        folder.close()


def _needs(documents: SqliteDocuments, blobs: FileBlobs, clock: SystemClock) -> Needs:
    ids = SystemIds(clock)
    bus = InProcessBus()
    registry = cast("Registry", AbsentRegistry())
    executions = StoredExecutions(documents)
    journals = StoredJournals(documents)
    types = Catalogue.from_json(load_catalogue())
    return Needs(
        registry=registry,
        starts=Starts(executions, blobs, bus, clock, ids),
        executions=executions,
        journals=journals,
        inbox=StoredInbox(documents),
        blobs=blobs,
        bus=bus,
        replies=LocalReplies(),
        progress=LocalProgress(),
        history=JournalHistory(journals, blobs, registry, types),
        clock=clock,
        ids=ids,
    )
