"""The `Blobs` port: large content by its SHA-256."""

from __future__ import annotations

from typing import Protocol

INLINE_BYTES = 256 * 1024
"""Content above this size is kept as a blob and travels by reference."""


class Blobs(Protocol):
    """Content-addressed bytes. A `put` that was awaited is durable; the same content is stored once."""

    async def put(self, content: bytes) -> str:
        """Store the content and return its SHA-256 in hex. Raises `StorageError` and keeps nothing when it cannot."""

    async def get(self, sha256: str) -> bytes:
        """Return the content, or raise `NotFoundError`; raises `StorageError` when it does not match its hash."""

    async def delete(self, sha256: str) -> None:
        """Delete it; absent is fine."""
