"""Programs that use the store in a process of their own, so that faults hit only them.

`python -m tests.integration.storage.program NAME FOLDER` prints a line of JSON, or one for each answer.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import resource
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from alur_common.blobs_files import FileBlobs
from alur_common.clock import SystemClock
from alur_common.documents.port import Collection
from alur_common.documents.sqlite import SqliteDocuments
from alur_sdk.errors import AlurError

ROWS = Collection("rows", fields=("number",))
FILL = "x" * 2000


def syncs() -> int:
    """Return how many syncs the preloaded shim has counted."""
    return Path(os.environ["COUNT"]).stat().st_size


async def opened(folder: Path) -> SqliteDocuments:
    store = SqliteDocuments(folder / "alur.db", SystemClock())
    await store.open([ROWS])
    return store


async def attempt(work: Awaitable[Any]) -> str:
    """Return `kept`, or the code and message of the error."""
    try:
        await work
    except AlurError as error:
        return f"{error.code}: {error}"
    return "kept"


async def one_by_one(folder: Path) -> dict[str, Any]:
    """Count the syncs before each of 30 answers."""
    store = await opened(folder)
    counts = [syncs()]
    for number in range(30):
        await store.insert(ROWS, {"id": str(number)})
        counts.append(syncs())
    await store.close()
    return {"each": [after - before for before, after in itertools.pairwise(counts)]}


async def all_at_once(folder: Path) -> dict[str, Any]:
    """Count the syncs of 1,000 writes by 50 writers."""
    store = await opened(folder)
    before = syncs()

    async def write(writer: int) -> None:
        for number in range(20):
            await store.insert(ROWS, {"id": f"{writer}-{number}"})

    await asyncio.gather(*map(write, range(50)))
    counted = syncs() - before
    await store.close()
    return {"writes": 1000, "syncs": counted}


async def refused(folder: Path) -> dict[str, Any]:
    """Write before, while and after FULL or BROKEN exists, and read all in the end."""
    store = await opened(folder)
    switch = Path(os.environ.get("FULL") or os.environ["BROKEN"])
    before = await attempt(store.insert(ROWS, {"id": "before", "number": 1}))
    switch_on(switch)
    tries = [store.insert(ROWS, {"id": f"while-{n}", "fill": FILL}) for n in range(5)]
    tries.append(store.replace(ROWS, {"id": "before", "number": 2}, at_revision=1))
    during = await asyncio.gather(*map(attempt, tries))
    cached = await store.get(ROWS, "before")
    switch_off(switch)
    after = await attempt(store.replace(ROWS, {**cached, "number": 3}, at_revision=1))
    await store.close()
    return {"before": before, "during": during, "after": after, "rows": await rows(folder)}


def switch_on(switch: Path) -> None:
    switch.touch()


def switch_off(switch: Path) -> None:
    switch.unlink()


async def limited(folder: Path) -> dict[str, Any]:
    """Write until the kernel lets no file grow, then lift the limit and write again."""
    store = await opened(folder)
    blobs = FileBlobs(folder / "blobs")
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, most))
    kept: list[str] = []
    failures: list[str] = []
    for number in range(300):
        result = await attempt(store.insert(ROWS, {"id": f"{number:03}", "fill": FILL}))
        (kept if result == "kept" else failures).append(
            f"{number:03}" if result == "kept" else result
        )
    blob = await attempt(blobs.put(b"x" * 400_000))
    left = sum(len(files) for _, _, files in os.walk(folder / "blobs"))
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    after = await attempt(store.insert(ROWS, {"id": "after"}))
    blob_after = await attempt(blobs.put(b"x" * 400_000))
    blobs.close()
    await store.close()
    return {
        "kept": [*kept, "after"],
        "failures": failures,
        "after": after,
        "blob": [blob, blob_after],
        "left": left,
        "rows": [row["id"] for row in await rows(folder)],
    }


async def rows(folder: Path) -> list[dict[str, Any]]:
    """Return all rows as a new process would find them."""
    store = await opened(folder)
    found = await store.find(ROWS, limit=10_000)
    await store.close()
    return [{"id": row["id"], "number": row.get("number")} for row in found]


async def endless(folder: Path) -> dict[str, Any]:
    """Write without end, printing each id once its write is answered; to be killed."""
    store = await opened(folder)

    async def write(writer: int) -> None:
        number = 0
        while True:
            stored = await store.insert(ROWS, {"id": f"{writer}-{number}", "number": 0})
            say(stored["id"])
            await store.replace(ROWS, {**stored, "number": 1}, at_revision=1)
            say(f"{stored['id']}+")
            number += 1

    await asyncio.gather(*map(write, range(10)))
    raise AssertionError("it never ends by itself")


def say(line: str) -> None:
    """Write a line at once, as one write."""
    os.write(sys.stdout.fileno(), f"{line}\n".encode())


PROGRAMS: dict[str, Callable[[Path], Awaitable[dict[str, Any]]]] = {
    "one-by-one": one_by_one,
    "all-at-once": all_at_once,
    "refused": refused,
    "limited": limited,
    "endless": endless,
}


async def main(name: str, folder: Path) -> None:
    say(json.dumps(await PROGRAMS[name](folder)))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
