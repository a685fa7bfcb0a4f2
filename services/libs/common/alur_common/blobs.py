"""The `Blobs` port: large content by its SHA-256."""

from __future__ import annotations

import asyncio
import hashlib
from typing import BinaryIO, Protocol

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

    async def delete(self, sha256: str) -> None:
        """Delete it; absent is fine."""


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
