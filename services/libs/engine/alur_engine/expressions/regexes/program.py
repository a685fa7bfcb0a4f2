"""A compiled pattern, and texts made ready for it.

RE2 works on UTF-8 bytes and JavaScript counts UTF-16 code units. Without the flag `u` a text is
widened first, so that its surrogates are characters of their own, as JavaScript has it.
"""

from __future__ import annotations

import re
from typing import Final, Protocol

from alur_engine.expressions import text as utf16
from alur_engine.expressions.limits import spend_steps
from alur_engine.expressions.regexes.translate import Translation, Translator, refuse
from alur_engine.expressions.scope import Scope
from alur_sdk.errors import ExpressionError

Span = tuple[int, int]


class _Found(Protocol):
    def span(self, group: int = 0) -> Span: ...


class _Regexp(Protocol):
    def search(self, text: bytes, pos: int) -> _Found | None: ...


_FLAGS: Final = frozenset("dgimsuy")
_ODD_LINES: Final = re.compile("[\r\u2028\u2029]")
_LAST_BMP: Final = 0xFFFF
_NOWHERE: Final = (-1, -1)
_FAR_SHIFT: Final = 12


class Program:
    """A translated pattern and RE2's program for it."""

    __slots__ = ("_regexp", "is_unicode", "translation")

    def __init__(self, translation: Translation, *, is_unicode: bool, regexp: _Regexp) -> None:
        self.translation = translation
        self.is_unicode = is_unicode
        self._regexp = regexp

    def find(self, scope: Scope, subject: Subject, start: int) -> list[Span] | None:
        """Return the spans of the first match from `start` on and of its groups, in code units."""
        if self.translation.is_risky:
            spend_steps(scope, 1 + ((subject.size - start) >> _FAR_SHIFT))
        found = self._regexp.search(subject.data, subject.byte_at(start))
        if found is None:
            spend_steps(scope, 1 + ((subject.size - start) >> 8))
            return None
        begin, end = found.span()
        spans = [(subject.unit_at(begin), subject.unit_at(end))]
        spend_steps(scope, 1 + ((spans[0][1] - start) >> 8))
        for group in range(1, self.translation.groups + 1):
            begin, end = found.span(group)
            spans.append(_NOWHERE if begin < 0 else (subject.unit_at(begin), subject.unit_at(end)))
        return spans


class Subject:
    """A text ready to be searched; positions in it are those of its code units."""

    __slots__ = ("_byte_at", "_unit_at", "data", "size", "units")

    def __init__(self, program: Program, text: str) -> None:
        self.units = utf16.widen(text)
        self.size = len(self.units)
        if program.translation.needs_plain_lines and _ODD_LINES.search(text):
            raise ExpressionError(
                "`^` and `$` with the flag m are not supported on text with other line ends than \\n"
            )
        narrow = utf16.narrow(text) if program.is_unicode else self.units
        self.data = narrow.encode("utf-8", "surrogatepass")
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
            byte += len(char.encode("utf-8", "surrogatepass"))
        self._unit_at[byte] = len(positions)
        self._byte_at = [*positions, byte]

    def byte_at(self, unit: int) -> int:
        """Return the position in `data` of a code unit."""
        return unit if self._byte_at is None else self._byte_at[unit]

    def unit_at(self, byte: int) -> int:
        """Return the code unit that begins at a position in `data`."""
        return byte if self._byte_at is None else self._unit_at[byte]

    def text(self, span: Span) -> str:
        """Return the text of a span."""
        return utf16.narrow(self.units[span[0] : span[1]])


def compile_program(source: str, flags: str) -> Program:
    """Compile a pattern; raises `ExpressionError` for what is wrong or not supported."""
    if not _FLAGS.issuperset(flags) or len(set(flags)) != len(flags):
        raise ExpressionError(
            f"Invalid flags supplied to RegExp constructor '{flags}'", kind="SyntaxError"
        )
    import re2  # type: ignore[import-untyped]  # noqa: PLC0415  it has no types; loaded by the first regular expression, not at the start

    translation = Translator(source, flags).translate()
    options = re2.Options()
    options.log_errors = False
    try:
        regexp = re2.compile(translation.pattern.encode(), options)
    except re2.error as error:
        raise refuse("it is too large, or RE2 does not support it") from error
    return Program(translation, is_unicode="u" in flags, regexp=regexp)
