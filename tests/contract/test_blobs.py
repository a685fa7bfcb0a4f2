"""What every adapter of `Blobs` promises, and what files promise beside."""

from __future__ import annotations

import asyncio
import hashlib
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from alur_common.blobs import Blobs
from alur_common.blobs_files import FileBlobs
from alur_common.blobs_memory import MemoryBlobs
from alur_sdk.errors import NotFoundError, StorageError


@pytest.fixture
def files(tmp_path: Path) -> Iterator[FileBlobs]:
    blobs = FileBlobs(tmp_path / "blobs")
    yield blobs
    blobs.close()


@pytest.fixture(params=["memory", "files"])
def blobs(request: pytest.FixtureRequest, files: FileBlobs) -> Blobs:
    return MemoryBlobs() if request.param == "memory" else files


@pytest.mark.parametrize("content", [b"", b"x", bytes(range(256)) * 4096])
async def test_content_comes_back_by_its_hash(blobs: Blobs, content: bytes) -> None:
    name = await blobs.put(content)
    assert name == hashlib.sha256(content).hexdigest()
    assert await blobs.get(name) == content


async def test_the_same_content_is_stored_once(blobs: Blobs) -> None:
    names = await asyncio.gather(*(blobs.put(b"same") for _ in range(20)))
    assert len(set(names)) == 1


async def test_what_was_deleted_is_gone(blobs: Blobs) -> None:
    name = await blobs.put(b"x")
    await blobs.delete(name)
    await blobs.delete(name)
    with pytest.raises(NotFoundError, match=name):
        await blobs.get(name)


@pytest.mark.parametrize("name", ["0" * 64, "../../etc/passwd", "", "A" * 64, "\ud800"])
async def test_a_name_that_is_no_hash_finds_nothing(blobs: Blobs, name: str) -> None:
    with pytest.raises(NotFoundError):
        await blobs.get(name)


async def test_damaged_content_is_never_returned(files: FileBlobs, tmp_path: Path) -> None:
    name = await files.put(b"right")
    (tmp_path / "blobs" / name[:2] / name).write_bytes(b"wrong")
    with pytest.raises(StorageError, match="damaged"):
        await files.get(name)


async def test_content_that_was_cut_is_written_again(files: FileBlobs, tmp_path: Path) -> None:
    name = await files.put(b"whole")
    (tmp_path / "blobs" / name[:2] / name).write_bytes(b"wh")
    await files.put(b"whole")
    assert await files.get(name) == b"whole"


async def test_nobody_else_can_read_a_blob(files: FileBlobs, tmp_path: Path) -> None:
    name = await files.put(b"x")
    path = tmp_path / "blobs" / name[:2] / name
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


async def test_a_sweep_removes_what_was_half_written(files: FileBlobs, tmp_path: Path) -> None:
    name = await files.put(b"x")
    (tmp_path / "blobs" / name[:2] / f".{name}.00").write_bytes(b"half")
    assert await files.sweep() == 1
    assert await files.get(name) == b"x"


async def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "blobs").write_text("a file")
    files = FileBlobs(tmp_path / "blobs")
    with pytest.raises(StorageError):
        await files.put(b"x")
    files.close()
