"""A damaged file is named in one clear sentence, and nothing is overwritten."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from alur_common.clock import SystemClock
from alur_common.documents.port import Collection, Index
from alur_common.documents.sqlite import SqliteDocuments
from alur_sdk.errors import StorageError
from tests.integration.storage.program import ROWS

PAGE = 4096


async def fill(folder: Path) -> Path:
    """Return a closed database of some hundred pages."""
    store = SqliteDocuments(folder / "alur.db", SystemClock())
    await store.open([ROWS])
    for number in range(200):
        await store.insert(ROWS, {"id": f"{number:03}", "fill": "x" * 3000})
    await store.close()
    return folder / "alur.db"


def with_bytes(path: Path, place: int, content: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(place)
        file.write(content)


def overwrite(path: Path) -> None:
    path.write_bytes(b"this is no database" * 1000)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: 20 * PAGE])


def break_header(path: Path) -> None:
    with_bytes(path, 0, b"\x00" * 100)


def break_schema(path: Path) -> None:
    with_bytes(path, 100, b"\xff" * (PAGE - 100))


def break_middle(path: Path) -> None:
    with_bytes(path, 30 * PAGE, b"\xab" * 40 * PAGE)


@pytest.mark.parametrize("damage", [overwrite, cut, break_header, break_schema, break_middle])
async def test_a_damaged_file_is_named_on_start(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    path = await fill(tmp_path)
    damage(path)
    before = path.read_bytes()
    with pytest.raises(StorageError, match=r"alur\.db is damaged .* restore a backup"):
        await SqliteDocuments(path, SystemClock()).open([ROWS])
    assert path.read_bytes() == before


async def test_damage_that_is_met_later_is_named_too(tmp_path: Path) -> None:
    path = await fill(tmp_path)
    store = SqliteDocuments(path, SystemClock())
    await store.open([ROWS])
    break_middle(path)
    with pytest.raises(StorageError, match="is damaged"):
        await store.find(ROWS, limit=1000)
    await store.close()


async def test_a_log_of_garbage_takes_nothing_away(tmp_path: Path) -> None:
    path = await fill(tmp_path)
    path.with_name("alur.db-wal").write_bytes(b"\xcd" * 100_000)
    store = SqliteDocuments(path, SystemClock())
    await store.open([ROWS])
    assert await store.count(ROWS) == 200
    await store.close()


async def test_a_folder_in_place_of_the_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "alur.db").mkdir()
    with pytest.raises(StorageError, match=r"alur\.db"):
        await SqliteDocuments(tmp_path / "alur.db", SystemClock()).open([ROWS])


async def test_a_unique_index_that_stored_documents_break_is_named(tmp_path: Path) -> None:
    store = SqliteDocuments(tmp_path / "alur.db", SystemClock())
    await store.open([ROWS])
    for key in "ab":
        await store.insert(ROWS, {"id": key, "number": 7})
    await store.close()
    unique = Collection("rows", ("number",), (Index(("number",), unique=True),))
    with pytest.raises(StorageError, match="UNIQUE"):
        await SqliteDocuments(tmp_path / "alur.db", SystemClock()).open([unique])
