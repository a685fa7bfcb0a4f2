"""Strings as JavaScript counts them, in UTF-16 code units.

A Python string with characters above U+FFFF is *widened* to one character for each code unit,
worked on, and *narrowed* again. Strings without such characters, nearly all, skip both.
"""

from __future__ import annotations

import re
from typing import Final

from alur_engine.expressions.limits import spend_running

_ASTRAL: Final = re.compile("[\U00010000-\U0010ffff]")
_PAIR: Final = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_LONE: Final = re.compile("[\ud800-\udfff]")
_FIRST_ASTRAL: Final = 0x10000
_SHORT: Final = 256
"""Text up to this long is looked through for nothing."""
_LONGEST_KEPT: Final = 1 << 20


class _Kept:
    """The text that was widened last: a loop over its characters asks for each of them again."""

    __slots__ = ("text", "units")

    def __init__(self) -> None:
        self.text = self.units = ""


_kept: Final = _Kept()


def _split(match: re.Match[str]) -> str:
    offset = ord(match[0]) - _FIRST_ASTRAL
    return chr(0xD800 + (offset >> 10)) + chr(0xDC00 + (offset & 0x3FF))


def _join(match: re.Match[str]) -> str:
    high, low = match[0][0], match[0][1]
    return chr(_FIRST_ASTRAL + ((ord(high) - 0xD800) << 10) + ord(low) - 0xDC00)


def widen(text: str) -> str:
    """Return `text` with one character for each UTF-16 code unit; charged when it is long."""
    if text.isascii():
        return text
    return _ASTRAL.sub(_split, text) if len(text) <= _SHORT else _widen_long(text)


def _widen_long(text: str) -> str:
    if text is _kept.text:
        return _kept.units
    spend_running(len(text) >> 7)
    units = _ASTRAL.sub(_split, text)
    spend_running(len(units) - len(text) >> 1)
    if len(text) <= _LONGEST_KEPT:
        _kept.text, _kept.units = text, units
    return units


def narrow(text: str) -> str:
    """Return `text` with surrogate pairs joined again; lone surrogates stay."""
    return text if text.isascii() else _PAIR.sub(_join, text)


def length(text: str) -> int:
    """Return the number of UTF-16 code units."""
    return len(widen(text))


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
