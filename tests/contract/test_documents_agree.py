"""Whatever is done, in whatever order and together: memory and SQLite answer alike and end alike."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from alur_common.documents.memory import MemoryDocuments
from alur_common.documents.port import Documents, Where
from alur_common.documents.sqlite import SqliteDocuments
from alur_sdk.errors import AlurError
from tests.contract.documents_contract import COLLECTIONS, JOBS
from tests.support.clock import FakeClock

Act = Callable[[Documents], Awaitable[Any]]
STATUSES = ("new", "old", None)


def row(pick: random.Random) -> dict[str, Any]:
    return {
        "id": pick.choice("abcde"),
        "status": pick.choice(STATUSES),
        "rank": pick.choice((1, 2.5, "text", True, None)),
        "owner": "o",
        "slot": pick.choice((1, 2, 3, None)),
    }


def act(pick: random.Random) -> Act:
    """Return one thing to do, the same for every store."""
    document, key = row(pick), pick.choice("abcde")
    revision = pick.choice((None, 1, 2, 3))
    where = [Where("status", pick.choice(("eq", "ne")), pick.choice(STATUSES))]
    acts: list[Act] = [
        lambda store: store.insert(JOBS, document),
        lambda store: store.replace(JOBS, document, at_revision=revision),
        lambda store: store.replace(JOBS, document, at_revision=revision, where=where),
        lambda store: store.delete(JOBS, key, at_revision=revision),
        lambda store: store.delete_many(JOBS, where, limit=100),
    ]
    return pick.choices(acts, weights=(6, 6, 4, 2, 1))[0]


async def outcome(work: Awaitable[Any]) -> object:
    try:
        return await work
    except AlurError as error:
        return error.code


async def history(store: Documents, seed: int) -> list[object]:
    """Do 12 groups of up to 6 things at once, and look at everything after each."""
    pick = random.Random(seed)  # noqa: S311 - repeatable on purpose
    seen: list[object] = []
    for _ in range(12):
        group = [act(pick) for _ in range(pick.randint(1, 6))]
        seen.append(await asyncio.gather(*(outcome(do(store)) for do in group)))
        seen.append([await store.find_one(JOBS, key) for key in "abcde"])
        seen.append(await store.find(JOBS, [Where("rank", "gte", 1)], sort=("-status", "rank")))
    return seen


@pytest.mark.parametrize("cached", [1000, 1])
async def test_memory_and_sqlite_answer_alike(tmp_path: Path, cached: int) -> None:
    for seed in range(40):
        store = SqliteDocuments(tmp_path / f"{seed}.db", FakeClock(), cached_documents=cached)
        await store.open(COLLECTIONS)
        assert await history(store, seed) == await history(MemoryDocuments(FakeClock()), seed)
        await store.close()
