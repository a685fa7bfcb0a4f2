"""What every adapter of `Blobs` promises. A subclass gives the fixture `blobs`."""

from __future__ import annotations

import asyncio
import hashlib
import io

import pytest

from alur_common.blobs import Blobs
from alur_sdk.errors import NotFoundError


class BlobsContract:
    """Put, get, delete."""

    @pytest.mark.parametrize("content", [b"", b"x", bytes(range(256)) * 4096])
    async def test_content_comes_back_by_its_hash(self, blobs: Blobs, content: bytes) -> None:
        name = await blobs.put(content)
        assert name == hashlib.sha256(content).hexdigest()
        assert await blobs.get(name) == content

    @pytest.mark.parametrize("content", [b"", b"x", bytes(range(256)) * 40_000])
    async def test_what_a_file_holds_comes_back_by_its_hash(
        self, blobs: Blobs, content: bytes
    ) -> None:
        file = io.BytesIO(content)
        file.seek(len(content))
        name = await blobs.put_file(file)
        assert name == hashlib.sha256(content).hexdigest() == await blobs.put_file(file)
        assert await blobs.get(name) == content

    @pytest.mark.parametrize("content", [b"", b"x", bytes(range(256)) * 10_000])
    async def test_content_comes_back_in_parts(self, blobs: Blobs, content: bytes) -> None:
        name = await blobs.put(content)
        assert b"".join([part async for part in blobs.stream(name)]) == content

    async def test_nothing_is_streamed_of_what_is_not_there(self, blobs: Blobs) -> None:
        with pytest.raises(NotFoundError):
            await anext(blobs.stream("0" * 64))

    async def test_the_same_content_is_stored_once(self, blobs: Blobs) -> None:
        names = await asyncio.gather(*(blobs.put(b"same") for _ in range(20)))
        assert len(set(names)) == 1
        assert await blobs.get(names[0]) == b"same"

    async def test_what_was_deleted_is_gone(self, blobs: Blobs) -> None:
        name = await blobs.put(b"x")
        await blobs.delete(name)
        await blobs.delete(name)
        with pytest.raises(NotFoundError, match=name):
            await blobs.get(name)

    @pytest.mark.parametrize("name", ["0" * 64, "../../etc/passwd", "", "A" * 64, "\ud800"])
    async def test_a_name_that_is_no_hash_finds_nothing(self, blobs: Blobs, name: str) -> None:
        with pytest.raises(NotFoundError):
            await blobs.get(name)
