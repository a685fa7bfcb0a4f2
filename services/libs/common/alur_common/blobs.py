"""The `Blobs` port: large content by its SHA-256."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from typing import BinaryIO, Protocol

from alur_sdk.errors import StorageError

_CHUNK = 1024 * 1024
INLINE_BYTES = 256 * 1024
"""Content above this size is kept as a blob and travels by reference."""


class Blobs(Protocol):
    """Content-addressed bytes. A `put` that was awaited is durable; the same content is stored once."""

    async def put(self, content: bytes) -> str:
        """Store the content and return its SHA-256 in hex. Raises `StorageError` and keeps nothing when it cannot."""

    async def put_file(self, file: BinaryIO) -> str:
        """Do the same with what an open file holds from its beginning, which is never in memory as a whole."""

    async def get(self, sha256: str) -> bytes:
        """Return the content, or raise `NotFoundError`; raises `StorageError` when it does not match its hash."""

    def stream(self, sha256: str) -> AsyncIterator[bytes]:
        """Yield the content in parts, so that it is never in memory as a whole.

        Raises `NotFoundError` before the first part. The last part comes once the hash of all is right; else, instead of
        it, `StorageError`.
        """

    async def set_aside(self, sha256: str) -> None:
        """Move it aside: it is still found, and a `put` writes it anew. Absent, or aside already, is fine."""

    async def discard(self, sha256: str) -> None:
        """Remove what was set aside, and only that; absent is fine."""


class KeptBlobs(Blobs, Protocol):
    """`Blobs` in a place that may be out of reach."""

    async def reach(self) -> None:
        """Raise `UnavailableError` when the place does not answer, or takes nothing."""


async def hash_of(file: BinaryIO) -> str:
    """Return the SHA-256 of a file in hex, read in a thread; it stands at its beginning afterwards."""

    def read() -> str:
        digest = hashlib.sha256()
        file.seek(0)
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
        file.seek(0)
        return digest.hexdigest()

    return await asyncio.to_thread(read)


async def verified(parts: AsyncIterator[bytes], sha256: str) -> AsyncIterator[bytes]:
    """Yield parts of a content, the last of them once the hash of all is right. Raises `StorageError` instead of it."""
    digest = hashlib.sha256()
    held = b""
    async for part in parts:
        digest.update(part)
        if held:
            yield held
        held = part
    if digest.hexdigest() != sha256:
        raise damaged(sha256)
    if held:
        yield held


def damaged(sha256: str) -> StorageError:
    """Return the error for content that does not match its hash."""
    return StorageError(f"blob {sha256} is damaged: its content has another hash", sha256=sha256)
