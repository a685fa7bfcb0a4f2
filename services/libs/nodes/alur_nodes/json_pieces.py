"""Large JSON, read in pieces: others have their turn between two of them, and what would take much memory is refused before."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from typing import Any

from pydantic_core import from_json

from alur_sdk import Json

AT_ONCE_BYTES = 128 * 1024
"""So much is read at once, and more that holds few values: that takes some milliseconds, whatever it is."""
MOST_VALUES = 1_000_000
"""Of a large one: each value takes far more memory than its bytes."""
MOST_DEPTH = 200
"""So deep the parser reads."""
_PIECE_BYTES = 32 * 1024
_SLICE_SECONDS = 0.005
_FEW_VALUES = 100_000
_TEXT = rb'[^"\\]{0,4096}+(?:\\.[^"\\]{0,4096}+){0,256}+'
"""As much of a text as takes little time."""
_REST = re.compile(_TEXT + rb'("?)', re.DOTALL)
_BETWEEN = rb'[^\[\]{},"]++|"' + _TEXT + rb'"'
_INNERMOST = rb'[\[{](?:[^\[\]{}"]{1,64}+|"[^"\\]{0,64}+"){0,32}+[\]}]'
"""A small list or object that holds no other."""
_END = rb'([\[\]{},"]?)'
_EACH = re.compile(rb"()(?:" + _BETWEEN + rb"){0,64}+" + _END, re.DOTALL)
"""What lies before a comma or bracket, or before a text that is long, and that itself."""
_PART = rb"(?:" + _BETWEEN + rb"|" + _INNERMOST + rb")"
_MANY = re.compile(rb"((?:" + _PART + rb"{0,8}+,){0,64}+)" + _PART + rb"{0,64}+" + _END, re.DOTALL)
"""The same behind some elements that end with a comma."""
_CLOSING = {b"[": b"]", b"{": b"}"}
_BEFORE_VALUES = (b",", b"[", b"{")
_BLANK = b" \t\r\n"


async def read_json(body: bytes) -> Json:
    """Return the value as the parser returns it that reads all at once.

    Raises `ValueError` for what is no JSON, nests too deeply, or is large and holds too many values.
    """
    most = sum(map(body.count, _BEFORE_VALUES)) if len(body) > AT_ONCE_BYTES else 0
    if most <= _FEW_VALUES or body.lstrip(_BLANK)[:1] not in _CLOSING:
        return from_json(body, allow_inf_nan=False)
    passed = asyncio.get_running_loop().time
    until = passed() + _SLICE_SECONDS
    # What is not looked into is not counted: it need not be where even commas in texts make not too many.
    reading = _Reading(body, _EACH if most > MOST_VALUES else _MANY)
    for _ in reading.steps():
        if passed() > until:
            await asyncio.sleep(0)
            until = passed() + _SLICE_SECONDS
    return reading.value


@dataclass(slots=True)
class _Open:
    """A list or an object whose end has not come; what stands before `begin` is in `made`.

    `comma` is the last of its own. `behind_child`: what ends at `begin` is an element, so that a comma or the end follows.
    """

    kind: bytes
    start: int
    begin: int
    comma: int
    made: Any = None
    behind_child: bool = False


@dataclass(slots=True)
class _Reading:
    """Cuts JSON at commas and brackets outside texts, and has the parser read what lies between."""

    body: bytes
    tokens: re.Pattern[bytes]
    value: Json = None
    _open: list[_Open] = field(default_factory=list)
    _end: int = 0
    _values: int = 0

    def steps(self) -> Iterator[None]:
        """Read it; between two steps little time passes."""
        found = _EACH.match(self.body)  # what is around it all is not skipped
        while found and found[0]:
            token, at = found[2], found.end()
            if found[1]:
                self._comma(found.end(1) - 1)
            if token == b",":
                self._comma(at - 1)
            elif token == b'"':
                at = yield from self._text(at)
            elif token in _CLOSING:
                self._opens(token, at - 1)
            elif token:
                self._closes(token, at - 1)
            yield
            found = self.tokens.match(self.body, at)
        if self._open:
            raise ValueError(f"it ends before what began at byte {self._open[-1].start}")
        self._blank(self._end, len(self.body))

    def _text(self, at: int) -> Generator[None, None, int]:
        """Return where a long text ends."""
        while found := _REST.match(self.body, at):
            at = found.end()
            if found[1]:
                return at
            if not found[0]:
                break
            yield
        raise ValueError(f"a text does not end at byte {at}")

    def _opens(self, kind: bytes, at: int) -> None:
        if not self._open:
            self._blank(self._end, at)
            if self._end:
                raise ValueError(f"a second value begins at byte {at}")
        self._count()
        self._open.append(_Open(kind, at, at + 1, at))
        if len(self._open) > MOST_DEPTH:
            raise ValueError(f"it nests deeper than {MOST_DEPTH} levels at byte {at}")

    def _comma(self, at: int) -> None:
        if not self._open:
            raise ValueError(f"a comma stands outside of all at byte {at}")
        self._count()
        inner = self._open[-1]
        if inner.behind_child:
            first = self.body.index(b",", inner.begin)
            self._blank(inner.begin, first)
            inner.begin, inner.behind_child = first + 1, False
        inner.comma = at
        if at - inner.begin > _PIECE_BYTES:
            self._take(inner, at)
            inner.begin = at + 1

    def _closes(self, token: bytes, at: int) -> None:
        if not self._open or _CLOSING[self._open[-1].kind] != token:
            raise ValueError(f"`{token.decode()}` closes nothing at byte {at}")
        inner = self._open.pop()
        if inner.made is not None:
            self._take(inner, at)
        elif self._open and at - inner.start <= _PIECE_BYTES:
            return  # read with what is around it
        else:
            inner.made = _parsed(self.body[inner.start : at + 1], inner.start)
        if self._open:
            self._puts(inner, at + 1)
        else:
            self.value, self._end = inner.made, at + 1

    def _puts(self, child: _Open, end: int) -> None:
        """Put what has ended into what is around it."""
        outer = self._open[-1]
        if outer.comma >= outer.begin:
            self._take(outer, outer.comma)
            outer.begin = outer.comma + 1
        elif outer.behind_child:
            raise ValueError(f"a comma is missing before byte {child.start}")
        if outer.kind == b"[":
            self._blank(outer.begin, child.start)
            outer.made = outer.made or []
            outer.made.append(child.made)
        else:
            named = b"{" + self.body[outer.begin : child.start] + b"null}"
            outer.made = outer.made or {}
            outer.made |= dict.fromkeys(_parsed(named, outer.begin), child.made)
        outer.begin, outer.behind_child = end, True

    def _take(self, inner: _Open, end: int) -> None:
        """Read the elements from where it is read to, up to a comma of its own or its end."""
        if inner.behind_child:
            self._blank(inner.begin, end)
            inner.behind_child = False
            return
        piece = self.body[inner.begin : end]
        if not piece.strip(_BLANK):
            raise ValueError(f"a value is missing at byte {end}")
        some = _parsed(inner.kind + piece + _CLOSING[inner.kind], inner.begin)
        if inner.made is None:
            inner.made = some
        elif inner.kind == b"[":
            inner.made += some
        else:
            inner.made |= some

    def _blank(self, begin: int, end: int) -> None:
        if self.body[begin:end].strip(_BLANK):
            raise ValueError(f"something stands where nothing may at byte {begin}")

    def _count(self) -> None:
        self._values += 1
        if self._values > MOST_VALUES:
            raise ValueError(f"it holds more than {MOST_VALUES:,} values: ask for fewer at once")


def _parsed(piece: bytes, begin: int) -> Any:  # noqa: ANN401  any JSON
    try:
        return from_json(piece, allow_inf_nan=False)
    except ValueError as error:
        raise ValueError(f"{error} of what begins at byte {begin}") from error
