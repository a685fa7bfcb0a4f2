"""Finding the `{{ … }}` in a text: their ends are told from `}}` within by JavaScript's tokens."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from alur_engine.expressions.limits import MAX_NESTING, MAX_SOURCE

OPEN: Final = "{{"
CLOSE: Final = "}}"
_TOKEN: Final = re.compile(
    r"""
      "[^"\\\n]*+(?:\\.[^"\\\n]*+)*+" | '[^'\\\n]*+(?:\\.[^'\\\n]*+)*+'      # a string
    | //[^\n]*+ | /\*.*?\*/                           # a comment
    | /(?!\*)(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*+\])++/[a-z]*+   # maybe a regular expression
    | [A-Za-z_$][\w$]*+ | \d[\w.]*+                   # a word
    | \s++ | .                                        # anything else
    """,
    re.VERBOSE | re.DOTALL,
)
_LONGER: Final = frozenset("\"'/")
"""What begins a longer token, unless that has no end."""
_COMMENTS: Final = ("//", "/*")
_BEFORE_PATTERN: Final = frozenset("(,=:[!&|?{};+-*%<>~^")
_WORDS_BEFORE_PATTERN: Final = frozenset({"return", "typeof", "in", "of", "void", "case"})
_PATIENCE: Final = 50
_FAILURE: Final = 10
"""What an expression without an end takes of the patience."""
_TOO_LONG: Final = -2


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a text: literal text, or an expression and where in the text it starts."""

    text: str
    offset: int
    is_expression: bool


class UnclosedError(ValueError):
    """A `{{` at `offset` has no end."""

    def __init__(self, offset: int) -> None:
        super().__init__("`{{` is never closed")
        self.offset = offset


def is_expression(text: str) -> bool:
    """Whether `text` holds an expression at all."""
    return OPEN in text


def split_text(text: str) -> list[Part]:
    """Return the pieces of `text` in order; raises `UnclosedError`."""
    parts: list[Part] = []
    position = 0
    reader = _Reader(text)
    while (start := text.find(OPEN, position)) >= 0:
        if start > position:
            parts.append(Part(text[position:start], position, is_expression=False))
        inside = start + len(OPEN)
        end = reader.find_end(inside)
        if end < 0:
            raise UnclosedError(start)
        parts.append(Part(text[inside:end], inside, is_expression=True))
        position = end + len(CLOSE)
    if position < len(text):
        parts.append(Part(text[position:], position, is_expression=False))
    return parts


class _Reader:
    """Reads one text in time that grows with its length alone, whatever strangers wrote.

    What has no end is looked for in vain a number of times; after that all expressions count as no JavaScript.
    """

    __slots__ = ("_limit", "_patience", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._limit = 0
        self._patience = _PATIENCE

    def find_end(self, start: int) -> int:
        """Return where the `}}` of an expression stands that starts at `start`, or -1."""
        self._limit = min(start + MAX_SOURCE + len(CLOSE), len(self._text))
        end = self._scan(start, closes=CLOSE)
        if end >= 0:
            return end
        self._patience -= _FAILURE
        # What is no JavaScript ends where a reader would say; the parser then says what is wrong.
        return self._text.find(CLOSE, self._limit if end == _TOO_LONG else start)

    def _scan(self, start: int, *, closes: str, nesting: int = 0) -> int:
        """Return the position of `closes` outside all brackets, or -1, also where template strings are nested too deeply."""
        if nesting > MAX_NESTING:
            return -1
        depth, position, before = 0, start, "("
        while position < self._limit:
            if depth == 0 and self._text.startswith(closes, position):
                return position
            if self._text[position] == "`":
                position = self._after_template(position + 1, nesting)
                if position < 0:
                    return position
                before = "`"
                continue
            word = self._next_word(position, before)
            if self._patience <= 0:
                return -1
            depth += (word == "{") - (word == "}")
            position += len(word)
            if not word.isspace() and not word.startswith(("//", "/*")):
                before = word
        return self._out_of_text()

    def _out_of_text(self) -> int:
        return _TOO_LONG if self._limit < len(self._text) else -1

    def _next_word(self, position: int, before: str) -> str:
        begin = self._text[position : position + 2]
        if begin[0] == "/" and begin not in _COMMENTS and not _is_before_pattern(before):
            return "/"
        found = _TOKEN.match(self._text, position, self._limit)
        word = found[0] if found else begin[0]
        if len(word) == 1 and word in _LONGER:
            self._patience -= 1
        return word

    def _after_template(self, position: int, nesting: int) -> int:
        """Return the position after the template string that began before `position`, or less than 0."""
        while position < self._limit:
            char = self._text[position]
            if char == "\\":
                position += 2
            elif char == "`":
                return position + 1
            elif self._text.startswith("${", position):
                end = self._scan(position + 2, closes="}", nesting=nesting + 1)
                if end < 0:
                    return end
                position = end + 1
            else:
                position += 1
        return self._out_of_text()


def _is_before_pattern(word: str) -> bool:
    return word[-1] in _BEFORE_PATTERN or word in _WORDS_BEFORE_PATTERN
