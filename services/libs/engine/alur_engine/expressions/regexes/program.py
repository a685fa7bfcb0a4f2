"""A compiled pattern, and texts made ready for it.

RE2 works on UTF-8 bytes and JavaScript counts UTF-16 code units. Without the flag `u` a text is
widened first, so that its surrogates are characters of their own, as JavaScript has it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final, Protocol

from alur_engine.expressions import text as utf16
from alur_engine.expressions.limits import spend_running, spend_steps
from alur_engine.expressions.regexes.charsets import MARKED_LINES
from alur_engine.expressions.regexes.pieces import Translation
from alur_engine.expressions.regexes.translate import Translator, refuse
from alur_engine.expressions.scope import Scope
from alur_sdk.errors import ExpressionError

Span = tuple[int, int]


class _Found(Protocol):
    def span(self, group: int = 0) -> Span: ...


class _Regexp(Protocol):
    programsize: int

    def search(self, text: bytes, pos: int) -> _Found | None: ...


_FLAGS: Final = frozenset("dgimsuy")
_ODD_LINES: Final = re.compile("[\r\u2028\u2029]")
_MARKS: Final = str.maketrans(MARKED_LINES)
_LAST_BMP: Final = 0xFFFF
_FOLLOWING: Final = bytes(range(0x80, 0xC0))
_ASTRAL: Final = bytes(range(0xF0, 0x100))
_NOWHERE: Final = (-1, -1)
_FAR_SHIFT: Final = 12
_CALL: Final = 3
"""Steps of each search: RE2 is called from Python for every match."""
_FEW: Final = 12
"""With so many places RE2 always has room for the automaton that it makes of a pattern; with more it may have to try them
all at each byte of the text."""


class Program:
    """A translated pattern and RE2's program for it.

    `marked` makes the program for texts whose line ends are marked, which few are.
    """

    __slots__ = ("_marked", "_regexp", "_weight", "is_unicode", "plain", "translation")

    def __init__(
        self, translation: Translation, regexp: _Regexp, marked: Callable[[], _Regexp]
    ) -> None:
        self.translation = translation
        self.is_unicode = translation.is_unicode
        self._regexp = regexp
        self._marked = lru_cache(maxsize=1)(marked)
        self.plain = None if translation.plain is None else re.compile(translation.plain)
        """Finds the same in texts without surrogates, in linear time too."""
        self._weight = regexp.programsize if translation.places > _FEW else 1

    def find(self, scope: Scope, subject: Subject, start: int) -> list[Span] | None:
        """Return the spans of the first match from `start` on and of its groups, in code units.

        A search cannot be interrupted: all that it may take is charged before, and what it did not take is given back.
        """
        if subject.is_plain and self.plain is not None:
            match = self.plain.search(subject.units, start)
            spend_steps(scope, 1 + ((subject.size if match is None else match.end()) - start >> 6))
            return None if match is None else [match.span()]
        byte = subject.byte_at(start)
        most = self._steps(len(subject.data) - byte)
        spend_steps(scope, most)
        found = self._search(subject, byte)
        if found is None:
            return None
        begin, end = found.span()
        scope.steps_left += most - self._taken(len(subject.data) - byte, end - byte)
        spans = [(subject.unit_at(begin), subject.unit_at(end))]
        for group in range(1, self.translation.groups + 1):
            begin, end = found.span(group)
            spans.append(_NOWHERE if begin < 0 else (subject.unit_at(begin), subject.unit_at(end)))
        return spans

    def _steps(self, size: int) -> int:
        return _CALL + (size * self._weight >> 8)

    def _taken(self, size: int, found: int) -> int:
        """Return the steps of a search through so many bytes whose match ended after so many of them."""
        if not self.translation.is_risky:
            return self._steps(found)
        if self._weight > 1:
            return self._steps(size)
        return self._steps(found) + (size >> _FAR_SHIFT)

    def _search(self, subject: Subject, byte: int) -> _Found | None:
        if not subject.has_marks:
            return self._regexp.search(subject.data, byte)
        # What begins within a mark is no match; none that is one begins before it.
        regexp = self._marked()
        found = regexp.search(subject.data, byte)
        while found is not None and not subject.is_unit(found.span()[0]):
            found = regexp.search(subject.data, subject.after(found.span()[0]))
        return found


class Subject:
    """A text ready to be searched; positions in it are those of its code units."""

    __slots__ = (
        "_byte",
        "_data",
        "_marks",
        "_program",
        "_source",
        "_unit",
        "is_plain",
        "size",
        "units",
    )

    def __init__(self, program: Program, text: str) -> None:
        self._program = program
        self.units = utf16.widen(text)
        self.size = len(self.units)
        self._source = utf16.narrow(text) if program.is_unicode else self.units
        self.is_plain = not program.is_unicode or self.size == len(self._source)
        """Whether positions in its units are those of the characters that the pattern is for."""
        self._data: bytes | None = None
        self._marks: _Marks | None = None
        self._byte = self._unit = 0

    @property
    def data(self) -> bytes:
        """The text as RE2 reads it."""
        if self._data is None:
            self._data = self._encoded()
        return self._data

    @property
    def has_marks(self) -> bool:
        """Whether its line ends are marked."""
        return bool(self.data) and self._marks is not None

    def _encoded(self) -> bytes:
        if not self._source.isascii():
            spend_running(self.size >> 7)
        has_anchors = self._program.translation.has_line_anchors
        if has_anchors and _ODD_LINES.search(self._source) is not None:
            spend_running(self.size)
            self._marks = _Marks(self._source)
            return self._source.translate(_MARKS).encode("utf-8", "surrogatepass")
        return self._source.encode("utf-8", "surrogatepass")

    def byte_at(self, unit: int) -> int:
        """Return the position in `data` of a code unit."""
        data = self.data
        if self._marks is not None:
            return self._marks.byte_at[unit]
        if len(data) == self.size:
            return unit
        # Counted from the place that was asked for last, which is near.
        if unit < self._unit:
            self._byte -= self._bytes_of(self.units[unit : self._unit])
        else:
            self._byte += self._bytes_of(self.units[self._unit : unit])
        self._unit = unit
        return self._byte

    def _bytes_of(self, units: str) -> int:
        text = utf16.narrow(units) if self._program.is_unicode else units
        return len(text.encode("utf-8", "surrogatepass"))

    def unit_at(self, byte: int) -> int:
        """Return the code unit that begins at a position in `data`."""
        if self._marks is not None:
            return self._marks.unit_at[byte]
        if len(self.data) == self.size:
            return byte
        if byte < self._byte:
            self._unit -= _units_in(self.data[byte : self._byte])
        else:
            self._unit += _units_in(self.data[self._byte : byte])
        self._byte = byte
        return self._unit

    def is_unit(self, byte: int) -> bool:
        """Whether a code unit begins at a position in marked `data`."""
        return self._marks is not None and byte in self._marks.unit_at

    def after(self, byte: int) -> int:
        """Return where the next code unit begins that follows a position within a mark."""
        return next(place for place in range(byte, byte + 3) if self.is_unit(place))

    def text(self, span: Span) -> str:
        """Return the text of a span."""
        return utf16.narrow(self.units[span[0] : span[1]])


def _units_in(data: bytes) -> int:
    """Return the number of code units of some whole characters in UTF-8."""
    return len(data.translate(None, _FOLLOWING)) + len(data) - len(data.translate(None, _ASTRAL))


class _Marks:
    """Where each code unit of a text begins whose line ends are marked."""

    __slots__ = ("byte_at", "unit_at")

    def __init__(self, text: str) -> None:
        self.unit_at: dict[int, int] = {}
        positions: list[int] = []
        byte = 0
        for char in text:
            self.unit_at.setdefault(byte, len(positions))
            positions.extend([byte] * (2 if ord(char) > _LAST_BMP else 1))
            written = MARKED_LINES.get(char, char)
            byte += len(written.encode("utf-8", "surrogatepass"))
        self.unit_at[byte] = len(positions)
        self.byte_at = [*positions, byte]


def compile_program(source: str, flags: str) -> Program:
    """Compile a pattern; raises `ExpressionError` for what is wrong or not supported."""
    if not _FLAGS.issuperset(flags) or len(set(flags)) != len(flags):
        raise ExpressionError(
            f"Invalid flags supplied to RegExp constructor '{flags}'", kind="SyntaxError"
        )
    translation = Translator(source, flags).translate()

    def marked() -> _Regexp:
        return _compile_re2(Translator(source, flags, marks_lines=True).translate())

    return Program(translation, _compile_re2(translation), marked)


def _compile_re2(translation: Translation) -> _Regexp:
    import re2  # type: ignore[import-untyped]  # noqa: PLC0415  it has no types; loaded by the first regular expression, not at the start

    options = re2.Options()
    options.log_errors = False
    try:
        regexp: _Regexp = re2.compile(translation.pattern.encode(), options)
    except re2.error as error:
        raise refuse("it is too large, or RE2 does not support it") from error
    return regexp
