"""Strings as JavaScript counts them, in UTF-16 code units.

A Python string with characters above U+FFFF is *widened* to one character for each code unit,
worked on, and *narrowed* again. Strings without such characters, nearly all, skip both.
"""

from __future__ import annotations

import re
from typing import Final

_ASTRAL: Final = re.compile("[\U00010000-\U0010ffff]")
_PAIR: Final = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_LONE: Final = re.compile("[\ud800-\udfff]")
_FIRST_ASTRAL: Final = 0x10000


def _split(match: re.Match[str]) -> str:
    offset = ord(match[0]) - _FIRST_ASTRAL
    return chr(0xD800 + (offset >> 10)) + chr(0xDC00 + (offset & 0x3FF))


def _join(match: re.Match[str]) -> str:
    high, low = match[0][0], match[0][1]
    return chr(_FIRST_ASTRAL + ((ord(high) - 0xD800) << 10) + ord(low) - 0xDC00)


def widen(text: str) -> str:
    """Return `text` with one character for each UTF-16 code unit."""
    return text if text.isascii() else _ASTRAL.sub(_split, text)


def narrow(text: str) -> str:
    """Return `text` with surrogate pairs joined again; lone surrogates stay."""
    return text if text.isascii() else _PAIR.sub(_join, text)


def length(text: str) -> int:
    """Return the number of UTF-16 code units."""
    return len(text) if text.isascii() else len(text) + len(_ASTRAL.findall(text))


def join_two(left: str, right: str) -> str:
    """Return `left + right`, joining a surrogate pair that the border had split."""
    joined = left + right
    if joined.isascii() or not left or not right:
        return joined
    return _PAIR.sub(_join, joined) if "\ud800" <= left[-1] <= "\udbff" else joined


def has_lone_surrogate(text: str) -> bool:
    """Whether `text` cannot be written as UTF-8."""
    return not text.isascii() and _LONE.search(text) is not None


def to_well_formed(text: str) -> str:
    """Return `text` with U+FFFD in place of each lone surrogate, so that it can be written."""
    return _LONE.sub("\ufffd", text)
