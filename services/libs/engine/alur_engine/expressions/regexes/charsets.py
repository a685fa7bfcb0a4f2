"""Sets of characters as sorted ranges, and which characters are the same when case is ignored."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from alur_engine.expressions.numbers import SPACE

Ranges = tuple[tuple[int, int], ...]
LAST: Final = 0x10FFFF
_LAST_ASCII: Final = 0x7F
_LAST_BMP: Final = 0xFFFF


def union(parts: Iterable[tuple[int, int]]) -> Ranges:
    """Return the ranges sorted and joined."""
    joined: list[tuple[int, int]] = []
    for low, high in sorted(parts):
        if joined and low <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(joined[-1][1], high))
        else:
            joined.append((low, high))
    return tuple(joined)


def invert(ranges: Ranges) -> Ranges:
    """Return all other characters."""
    inverted, start = [], 0
    for low, high in ranges:
        if start < low:
            inverted.append((start, low - 1))
        start = high + 1
    if start <= LAST:
        inverted.append((start, LAST))
    return tuple(inverted)


def of_text(text: str) -> Ranges:
    """Return the set of the characters of `text`."""
    return union((ord(char), ord(char)) for char in text)


DIGIT: Final[Ranges] = ((0x30, 0x39),)
WORD: Final[Ranges] = ((0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A))
BLANK: Final[Ranges] = of_text(SPACE)
LINE_END: Final[Ranges] = of_text("\n\r\u2028\u2029")
MARKED_LINES: Final = {"\n": "\nn\n", "\r": "\nr\n", "\u2028": "\ns\n", "\u2029": "\np\n"}
"""RE2 knows one line end; where a text has others, each is written as a mark between two of it."""
ESCAPES: Final = {
    "d": DIGIT,
    "D": invert(DIGIT),
    "w": WORD,
    "W": invert(WORD),
    "s": BLANK,
    "S": invert(BLANK),
}


def emit(ranges: Ranges) -> str:
    """Return the set as RE2 writes it."""
    if not ranges:
        return rf"[^\x{{0}}-\x{{{LAST:x}}}]"
    if len(ranges) == 1 and ranges[0][0] == ranges[0][1]:
        return _code(ranges[0][0])
    return "[" + "".join(_range(low, high) for low, high in ranges) + "]"


def emit_plain(ranges: Ranges) -> str:
    """Return the set as Python's `re` writes it."""
    if not ranges:
        return r"[^\s\S]"
    return "[" + "".join(rf"\U{low:08x}-\U{high:08x}" for low, high in ranges) + "]"


def emit_marked(ranges: Ranges) -> str:
    """Return the set for text whose line ends are marked (`MARKED_LINES`)."""
    inside = {end: any(low <= ord(end) <= high for low, high in ranges) for end in MARKED_LINES}
    ends = [MARKED_LINES[end] for end, has in inside.items() if has]
    others = emit(invert(union([*invert(ranges), *LINE_END])))
    return f"(?:{'|'.join([others, *ends])})" if ends else others


def _range(low: int, high: int) -> str:
    return _code(low) if low == high else f"{_code(low)}-{_code(high)}"


def _code(point: int) -> str:
    char = chr(point)
    return char if point <= _LAST_ASCII and char.isalnum() else rf"\x{{{point:x}}}"


def ignore_case(ranges: Ranges, *, is_unicode: bool) -> Ranges:
    """Return the set with every character that is the same as one in it when case is ignored."""
    groups = _ascii_groups() if _is_ascii(ranges) and not is_unicode else _groups(is_unicode)
    added = [
        (point, point)
        for group in groups
        if any(_has(ranges, point) for point in group)
        for point in group
    ]
    return union([*ranges, *added]) if added else ranges


def _is_ascii(ranges: Ranges) -> bool:
    return not ranges or ranges[-1][1] <= _LAST_ASCII


def _has(ranges: Ranges, point: int) -> bool:
    return any(low <= point <= high for low, high in ranges)


@lru_cache(maxsize=1)
def _ascii_groups() -> list[list[int]]:
    return [[point, point + 0x20] for point in range(0x41, 0x5B)]


@lru_cache(maxsize=2)
def _groups(is_unicode: bool) -> list[list[int]]:
    canonical = _fold if is_unicode else _canonical
    groups: dict[str, list[int]] = {}
    for point in range((LAST if is_unicode else _LAST_BMP) + 1):
        char = chr(point)
        if char.isalpha() or char.lower() != char or char.upper() != char:
            groups.setdefault(canonical(char), []).append(point)
    return [group for group in groups.values() if len(group) > 1]


def _canonical(char: str) -> str:
    """`Canonicalize` without the flag `u` (ECMAScript 22.2.2.7.3)."""
    upper = char.upper()
    if len(upper) != 1 or (not char.isascii() and upper.isascii()):
        return char
    return upper


def _fold(char: str) -> str:
    folded = char.casefold()
    return folded if len(folded) == 1 else char.lower() if len(char.lower()) == 1 else char
