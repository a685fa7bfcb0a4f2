"""What every adapter of `Blobs` promises. A subclass gives the fixture `blobs`."""

from __future__ import annotations

import asyncio
import hashlib
import io

import pytest

from alur_common.blobs import Blobs
from alur_sdk.errors import NotFoundError


class BlobsContract:
    """Put, get, set aside, discard."""

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

    async def test_what_was_set_aside_is_found_until_it_is_discarded(self, blobs: Blobs) -> None:
        name = await blobs.put(b"x")
        for _ in range(2):
            await blobs.set_aside(name)
            assert await blobs.get(name) == b"x"
            assert [part async for part in blobs.stream(name)] == [b"x"]
        for _ in range(2):
            await blobs.discard(name)
            with pytest.raises(NotFoundError, match=name):
                await blobs.get(name)

    async def test_what_is_put_again_outlives_what_was_set_aside(self, blobs: Blobs) -> None:
        for put in (blobs.put, lambda content: blobs.put_file(io.BytesIO(content))):
            name = await put(b"again")
            await blobs.set_aside(name)
            await put(b"again")
            await blobs.discard(name)
            assert await blobs.get(name) == b"again"

    async def test_what_was_never_put_may_be_set_aside_and_discarded(self, blobs: Blobs) -> None:
        await blobs.set_aside("0" * 64)
        await blobs.discard("0" * 64)
        with pytest.raises(NotFoundError):
            await blobs.get("0" * 64)

    @pytest.mark.parametrize("name", ["0" * 64, "../../etc/passwd", "", "A" * 64, "\ud800"])
    async def test_a_name_that_is_no_hash_finds_nothing(self, blobs: Blobs, name: str) -> None:
        with pytest.raises(NotFoundError):
            await blobs.get(name)
