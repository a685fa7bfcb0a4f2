"""What a write to the store costs: CPU of all threads and time, for each operation.

Run it as `python -m tests.bench.storage`. The document is about as large as a small execution.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import uvloop

from alur_common.clock import SystemClock
from alur_common.documents.port import Collection, Index, Where
from alur_common.documents.sqlite import SqliteDocuments

EXECUTIONS = Collection(
    "executions",
    fields=("tenant", "workflow", "status", "createdAt"),
    indexes=(Index(("tenant", "createdAt")), Index(("status",))),
)
MINE = (Where("tenant", "eq", "t"),)
OPERATIONS = {1: 2_000, 50: 20_000}


def execution(number: int, status: str) -> dict[str, Any]:
    """Return a document of about 500 bytes."""
    return {
        "id": f"01900000-{number:012d}",
        "tenant": "t",
        "workflow": "w",
        "status": status,
        "createdAt": number,
        "input": [{"index": n, "text": "x" * 50} for n in range(5)],
    }


async def measure(name: str, concurrency: int, act: Callable[[int], Awaitable[Any]]) -> None:
    """Call `act` with 0, 1, 2 … from so many tasks and print what one call costs."""
    count = OPERATIONS[concurrency]
    numbers: Iterator[int] = iter(range(concurrency * 1_000_000, concurrency * 1_000_000 + count))

    async def work() -> None:
        for number in numbers:
            await act(number)

    cpu, begun = time.process_time(), time.perf_counter()
    await asyncio.gather(*(work() for _ in range(concurrency)))
    cpu, seconds = time.process_time() - cpu, time.perf_counter() - begun
    sys.stdout.write(
        f"{name:<8} {concurrency:>3} at once   {cpu / count * 1e6:7.1f} us CPU "
        f"{seconds / count * 1e6:7.1f} us   {count / seconds:8.0f} a second\n"
    )


async def main(folder: Path) -> None:
    """Measure insert, replace, get and find, one at a time and 50 at once."""
    store = SqliteDocuments(folder / "bench.db", SystemClock())
    await store.open([EXECUTIONS])
    for concurrency in OPERATIONS:
        await measure(
            "insert", concurrency, lambda n: store.insert(EXECUTIONS, execution(n, "queued"))
        )
        await measure(
            "replace",
            concurrency,
            lambda n: store.replace(EXECUTIONS, execution(n, "running"), at_revision=1),
        )
        await measure("get", concurrency, lambda n: store.get(EXECUTIONS, execution(n, "")["id"]))
        await measure(
            "find",
            concurrency,
            lambda n: store.find(EXECUTIONS, MINE, sort=("-createdAt",), limit=10),
        )
    await store.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as held:
        uvloop.run(main(Path(held)))
