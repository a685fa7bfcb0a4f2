"""How many values JSON holds, told without making them: each takes far more memory than its bytes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Final

_BEFORE_VALUES: Final = (b",", b"[", b"{")
"""Each value but the first has one of these before it."""
_PIECE: Final = 64 * 1024
"""Bytes looked at before others have their turn: about a millisecond, whatever they are."""


async def has_more_values(content: bytearray, most: int) -> bool:
    """Whether JSON holds more values than that; of bytes that are none, as far as they could be its beginning.

    One pass without backtracking and in bounded pieces, for what it reads is of strangers.
    """
    if _values(content) <= most:
        return False
    found = within_text = 0
    for piece in _pieces(content):
        # Without its escapes, each quote is where a text begins or ends.
        parts = piece.replace(rb"\\", b"").replace(rb"\"", b"").split(b'"')
        found += _values(b"".join(parts[within_text::2]))
        if found > most:
            return True
        within_text ^= (len(parts) - 1) % 2
        await asyncio.sleep(0)
    return False


def _values(content: bytes | bytearray) -> int:
    return sum(map(content.count, _BEFORE_VALUES))


def _pieces(content: bytearray) -> Iterator[bytes]:
    """Yield it in pieces that end within no escape."""
    at = 0
    while at < len(content):
        piece = bytes(content[at : at + _PIECE])
        if (len(piece) - len(piece.rstrip(b"\\"))) % 2:
            piece += content[at + len(piece) : at + len(piece) + 1]
        yield piece
        at += len(piece)
