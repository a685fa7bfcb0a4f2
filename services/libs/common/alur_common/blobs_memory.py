"""Blobs in memory: the fake for tests and simulations."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from typing import BinaryIO

from alur_sdk.errors import NotFoundError


class MemoryBlobs:
    """`Blobs` in a dictionary; it never suspends."""

    def __init__(self) -> None:
        self._contents: dict[str, bytes] = {}
        self._aside: dict[str, bytes] = {}

    async def put(self, content: bytes) -> str:
        sha256 = hashlib.sha256(content).hexdigest()
        self._contents[sha256] = bytes(content)
        return sha256

    async def put_file(self, file: BinaryIO) -> str:
        file.seek(0)
        return await self.put(file.read())

    async def get(self, sha256: str) -> bytes:
        content = self._contents.get(sha256, self._aside.get(sha256))
        if content is None:
            raise NotFoundError(f"blob {sha256} does not exist", sha256=sha256)
        return content

    async def stream(self, sha256: str) -> AsyncIterator[bytes]:
        yield await self.get(sha256)

    async def set_aside(self, sha256: str) -> None:
        if sha256 in self._contents:
            self._aside[sha256] = self._contents.pop(sha256)

    async def discard(self, sha256: str) -> None:
        self._aside.pop(sha256, None)
