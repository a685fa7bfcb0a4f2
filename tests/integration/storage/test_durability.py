"""An answered write is on the disk; a write that could not be kept is never answered as kept."""

from __future__ import annotations

import asyncio
from pathlib import Path

from alur_common.clock import SystemClock
from alur_common.documents.sqlite import SqliteDocuments
from tests.integration.storage.conftest import Run, start
from tests.integration.storage.program import ROWS


async def test_every_answer_comes_after_a_sync(run: Run) -> None:
    assert min((await run("one-by-one"))["each"]) >= 1


async def test_writers_at_once_share_their_syncs(run: Run) -> None:
    found = await run("all-at-once")
    assert 20 <= found["syncs"] < found["writes"] / 5


async def test_a_full_disk_refuses_every_waiting_write_and_is_left_behind(run: Run) -> None:
    found = await run("refused", switch="FULL")
    assert found["before"] == "kept"
    assert all(text.startswith("storage: the disk is full") for text in found["during"])
    assert found["after"] == "kept"
    assert found["rows"] == [{"id": "before", "number": 3}]


async def test_a_sync_that_fails_is_no_answer(run: Run) -> None:
    found = await run("refused", switch="BROKEN")
    assert all(text.startswith("storage: ") for text in found["during"])
    assert found["after"] == "kept"
    assert found["rows"] == [{"id": "before", "number": 3}]


async def test_what_the_kernel_refuses_is_refused_and_the_rest_is_kept(run: Run) -> None:
    found = await run("limited")
    assert found["failures"]
    assert all(text.startswith("storage: ") for text in found["failures"])
    assert found["after"] == "kept"
    assert found["rows"] == found["kept"]


async def test_a_blob_that_does_not_fit_leaves_nothing_behind(run: Run) -> None:
    found = await run("limited")
    refused, kept = found["blob"]
    assert refused.startswith("storage: ")
    assert kept == "kept"
    assert found["left"] == 0


async def test_a_killed_process_has_kept_all_that_it_answered(tmp_path: Path) -> None:
    answered: list[str] = []
    for lines in (150, 400, 50):
        process = await start("endless", tmp_path)
        assert process.stdout is not None
        answered = [(await process.stdout.readline()).decode().strip() for _ in range(lines)]
        process.kill()
        answered += (await process.stdout.read()).decode().split()
        await process.wait()
        await check(tmp_path, answered)
        (tmp_path / "alur.db").rename(tmp_path / f"{lines}.db")
        for ending in ("-wal", "-shm"):
            (tmp_path / f"alur.db{ending}").unlink(missing_ok=True)


async def check(folder: Path, answered: list[str]) -> None:
    store = SqliteDocuments(folder / "alur.db", SystemClock())
    await store.open([ROWS])
    for line in answered:
        document = await store.get(ROWS, line.removesuffix("+"))
        assert document["number"] == 1 or not line.endswith("+")
    await store.close()


async def test_a_cancelled_caller_disturbs_nobody(tmp_path: Path) -> None:
    store = SqliteDocuments(tmp_path / "alur.db", SystemClock())
    await store.open([ROWS])
    first = asyncio.create_task(store.insert(ROWS, {"id": "a"}))
    second = asyncio.create_task(store.insert(ROWS, {"id": "b"}))
    await asyncio.sleep(0)
    first.cancel()
    await second
    await store.close()
    assert first.cancelled()
