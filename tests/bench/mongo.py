"""What documents on MongoDB cost when 50 callers write and read at once: gathered, and one by one.

Run it as `python -m tests.bench.mongo mongodb://127.0.0.1:27017/` on a server that nobody needs. A compatible server's
times say nothing of MongoDB; the CPU of this process and the ratio do.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from pymongo.errors import DuplicateKeyError

from alur_common.clock import SystemClock
from alur_common.documents.mongo import MongoDocuments, connect
from alur_common.documents.mongo.client import Database
from alur_common.documents.mongo.layout import Content, Layout
from tests.bench.storage import EXECUTIONS, execution

CALLERS = 50
OPERATIONS = 2_000
NAME = "alur-bench"
Act = Callable[[int], Awaitable[Any]]


async def measure(name: str, act: Act) -> float:
    """Call `act` with 0, 1, 2 … from 50 tasks, print what one call costs, and return its microseconds of CPU."""
    numbers = iter(range(OPERATIONS))

    async def work() -> None:
        for number in numbers:
            await act(number)

    cpu, begun = time.process_time(), time.perf_counter()
    await asyncio.gather(*(work() for _ in range(CALLERS)))
    cpu, seconds = time.process_time() - cpu, time.perf_counter() - begun
    each = cpu / OPERATIONS * 1e6
    sys.stdout.write(f"{name:<20} {each:7.1f} us CPU {OPERATIONS / seconds:8.0f} a second\n")
    return each


def singly(layout: Layout) -> dict[str, Act]:
    """Return the same operations as the driver has them, each by itself."""

    def content(number: int, status: str, revision: int) -> Content:
        made = execution(number + OPERATIONS, status)
        return Content(layout, made, revision, "2026-01-31T12:00:00.000Z")

    async def insert(number: int) -> None:
        with suppress(DuplicateKeyError):  # a compatible server was seen to do its own insert twice
            await layout.rows.insert_one(content(number, "new", 1).as_new())

    async def replace(number: int) -> None:
        made = content(number, "done", 2)
        await layout.rows.update_one({"_id": made.key, "revision": 1}, made.as_change())

    return {
        "insert": insert,
        "replace": replace,
        "get": lambda number: layout.rows.find_one({"_id": content(number, "", 1).key}),
    }


def gathered(documents: MongoDocuments) -> dict[str, Act]:
    """Return the operations of the port."""
    return {
        "insert": lambda number: documents.insert(EXECUTIONS, execution(number, "new")),
        "replace": lambda number: documents.replace(
            EXECUTIONS, execution(number, "done"), at_revision=1
        ),
        "get": lambda number: documents.get(EXECUTIONS, execution(number, "")["id"]),
    }


async def compare(database: Database) -> None:
    """Measure each operation both ways."""
    documents = MongoDocuments(database, SystemClock())
    await documents.open([EXECUTIONS])
    alone = singly(Layout(database, EXECUTIONS))
    for name, act in gathered(documents).items():
        cheap = await measure(f"{name}, gathered", act)
        dear = await measure(f"{name}, one by one", alone[name])
        sys.stdout.write(f"{'':20} {dear / cheap:7.1f} times less CPU\n")


async def main(url: str) -> None:
    """Compare on a database of its own."""
    async with connect(url, connections=64) as default:
        await default.client.drop_database(NAME)
        await compare(default.client[NAME])
        await default.client.drop_database(NAME)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
