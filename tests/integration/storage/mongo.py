"""Databases for the tests of MongoDB's adapter, and what runs on them in processes of its own."""

from __future__ import annotations

import asyncio
import gc
import sys
import warnings
from collections.abc import Awaitable, Callable

from alur_common.clock import SystemClock
from alur_common.documents.migrations import Migration, Rewrite
from alur_common.documents.mongo import MongoDocuments, connect
from alur_common.documents.mongo.client import Database
from alur_common.documents.port import Document
from tests.contract.documents_contract import COLLECTIONS

NewDatabase = Callable[[], Awaitable[Database]]


async def forget_sockets() -> None:
    """End the driver's monitors: closing it leaves them, with the socket by which one connects to a server that is gone."""
    monitors = [task for task in asyncio.all_tasks() if "PeriodicExecutor" in repr(task)]
    for monitor in monitors:
        monitor.cancel()
    await asyncio.gather(*monitors, return_exceptions=True)
    monitors.clear()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


def count_up(document: Document) -> Document:
    return {**document, "rank": document.get("rank", 0) + 1}


COUNTING = Migration(1, "count jobs up", (Rewrite("jobs", count_up),))


async def migrate(url: str, name: str) -> None:
    """Open a database with the migration."""
    async with connect(url) as database:
        documents = MongoDocuments(database.client[name], SystemClock())
        await documents.open(COLLECTIONS, [COUNTING])
        await documents.close()


if __name__ == "__main__":
    asyncio.run(migrate(sys.argv[1], sys.argv[2]))
