"""What files promise beside the contract of `Blobs`, and the contract on memory and files."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from alur_common.blobs import Blobs
from alur_common.blobs_files import FileBlobs
from alur_common.blobs_memory import MemoryBlobs
from alur_sdk.errors import StorageError
from tests.contract.blobs_contract import BlobsContract


@pytest.fixture
def files(tmp_path: Path) -> Iterator[FileBlobs]:
    blobs = FileBlobs(tmp_path / "blobs")
    yield blobs
    blobs.close()


class TestMemoryBlobs(BlobsContract):
    @pytest.fixture
    def blobs(self) -> Blobs:
        return MemoryBlobs()


class TestFileBlobs(BlobsContract):
    @pytest.fixture
    def blobs(self, files: FileBlobs) -> Blobs:
        return files


async def test_damaged_content_is_never_returned(files: FileBlobs, tmp_path: Path) -> None:
    name = await files.put(b"right")
    (tmp_path / "blobs" / name[:2] / name).write_bytes(b"wrong")
    with pytest.raises(StorageError, match="damaged"):
        await files.get(name)


async def test_damaged_content_is_never_streamed_to_its_end(
    files: FileBlobs, tmp_path: Path
) -> None:
    content = bytes(3 * 1024 * 1024)
    name = await files.put(content)
    (tmp_path / "blobs" / name[:2] / name).write_bytes(content[:-1] + b"x")
    parts = files.stream(name)
    seen = [await anext(parts), await anext(parts)]
    assert sum(map(len, seen)) < len(content)
    with pytest.raises(StorageError, match="damaged"):
        await anext(parts)


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
