"""Files of an execution: what a node may do with them."""

from __future__ import annotations

import re
from typing import Protocol

_MAX_NAME = 255


def plain_file_name(given: object) -> str:
    """Return what is left of a name from outside to keep a file under, which may be nothing.

    It names no folder, holds nothing that is not seen or reorders text, and has at most 255 characters.
    """
    last = re.split(r"[/\\]", given if isinstance(given, str) else "")[-1]
    name = "".join(letter for letter in last if letter.isprintable())
    return name.strip(". ")[:_MAX_NAME]


class FileSink(Protocol):
    """A file that is being written."""

    @property
    def path(self) -> str:
        """By which it is found again."""

    @property
    def size(self) -> int:
        """How many bytes were written so far."""

    async def write(self, content: bytes) -> None:
        """Append bytes. Raises `ByteLimitError` beyond what the execution may keep."""

    async def close(self) -> None:
        """End writing."""


class Files(Protocol):
    """Files of this execution on the disk of its executor: for what is too large for memory, and gone when it rests or ends.

    Paths are relative (`a/b.txt`); they lead nowhere else, and no link is followed. What is to last is kept by `keep_file`.
    """

    async def create(self, path: str | None = None) -> FileSink:
        """Make an empty file for writing, with a name of its own without a path. Raises `Permanent` for a bad or taken path."""

    async def read(self, path: str) -> bytes:
        """Return the content of a file, or raise `Permanent`."""

    async def names(self) -> list[str]:
        """Return the paths of all files, in order."""

    async def remove(self, path: str) -> None:
        """Remove a file, or raise `Permanent` when there is none."""
