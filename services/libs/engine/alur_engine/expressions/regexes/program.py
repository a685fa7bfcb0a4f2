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
from alur_engine.expressions.limits import spend_steps
from alur_engine.expressions.regexes.charsets import MARKED_LINES
from alur_engine.expressions.regexes.translate import Translation, Translator, refuse
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
_NOWHERE: Final = (-1, -1)
_FAR_SHIFT: Final = 12
_FEW: Final = 12
"""With so many places RE2 always has room for the automaton that it makes of a pattern; with more it may have to try them
all at each byte of the text."""


class Program:
    """A translated pattern and RE2's program for it.

    `marked` makes the program for texts whose line ends are marked, which few are.
    """

    __slots__ = ("_marked", "_regexp", "_weight", "is_unicode", "translation")

    def __init__(
        self, translation: Translation, regexp: _Regexp, marked: Callable[[], _Regexp]
    ) -> None:
        self.translation = translation
        self.is_unicode = translation.is_unicode
        self._regexp = regexp
        self._marked = lru_cache(maxsize=1)(marked)
        self._weight = regexp.programsize if translation.places > _FEW else 1

    def find(self, scope: Scope, subject: Subject, start: int) -> list[Span] | None:
        """Return the spans of the first match from `start` on and of its groups, in code units.

        A search cannot be interrupted: all that it may take is charged before, and what it did not take is given back.
        """
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
        return 1 + (size * self._weight >> 8)

    def _taken(self, size: int, found: int) -> int:
        """Return the steps of a search through so many bytes whose match ended after so many of them."""
        if not self.translation.is_risky:
            return self._steps(found)
        if self._weight > 1:
            return self._steps(size)
        return 1 + self._steps(found) + (size >> _FAR_SHIFT)

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

    __slots__ = ("_byte_at", "_unit_at", "data", "has_marks", "size", "units")

    def __init__(self, program: Program, text: str) -> None:
        self.units = utf16.widen(text)
        self.size = len(self.units)
        narrow = utf16.narrow(text) if program.is_unicode else self.units
        has_anchors = program.translation.has_line_anchors
        self.has_marks = has_anchors and _ODD_LINES.search(text) is not None
        marked = narrow.translate(_MARKS) if self.has_marks else narrow
        self.data = marked.encode("utf-8", "surrogatepass")
        self._byte_at: list[int] | None = None
        self._unit_at: dict[int, int] = {}
        if len(self.data) != self.size:
            self._map(narrow)

    def _map(self, text: str) -> None:
        positions: list[int] = []
        byte = 0
        for char in text:
            self._unit_at.setdefault(byte, len(positions))
            positions.extend([byte] * (2 if ord(char) > _LAST_BMP else 1))
            written = MARKED_LINES.get(char, char) if self.has_marks else char
            byte += len(written.encode("utf-8", "surrogatepass"))
        self._unit_at[byte] = len(positions)
        self._byte_at = [*positions, byte]

    def byte_at(self, unit: int) -> int:
        """Return the position in `data` of a code unit."""
        return unit if self._byte_at is None else self._byte_at[unit]

    def unit_at(self, byte: int) -> int:
        """Return the code unit that begins at a position in `data`."""
        return byte if self._byte_at is None else self._unit_at[byte]

    def is_unit(self, byte: int) -> bool:
        """Whether a code unit begins at a position in `data`."""
        return byte in self._unit_at

    def after(self, byte: int) -> int:
        """Return where the next code unit begins that follows a position within a mark."""
        return next(place for place in range(byte, byte + 3) if self.is_unit(place))

    def text(self, span: Span) -> str:
        """Return the text of a span."""
        return utf16.narrow(self.units[span[0] : span[1]])


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
