"""Files in memory, for tests of nodes."""

from __future__ import annotations


class FakeFile:
    """`FileSink` in memory."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.content = b""

    @property
    def size(self) -> int:
        return len(self.content)

    async def write(self, content: bytes) -> None:
        self.content += content

    async def close(self) -> None:
        """Hold nothing, so close nothing."""


class FakeFiles:
    """`Files` in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, FakeFile] = {}

    async def create(self, path: str | None = None) -> FakeFile:
        made = FakeFile(path or f"unnamed-{len(self.kept) + 1}")
        self.kept[made.path] = made
        return made

    async def read(self, path: str) -> bytes:
        return self.kept[path].content

    async def names(self) -> list[str]:
        return sorted(self.kept)

    async def remove(self, path: str) -> None:
        del self.kept[path]
