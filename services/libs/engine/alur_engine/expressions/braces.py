"""Finding the `{{ … }}` in a text: their ends are told from `}}` within by JavaScript's tokens."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from alur_engine.expressions.limits import MAX_NESTING

OPEN: Final = "{{"
CLOSE: Final = "}}"
_TOKEN: Final = re.compile(
    r"""
      "(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*'      # a string
    | //[^\n]* | /\*.*?\*/                            # a comment
    | /(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]*    # maybe a regular expression
    | [A-Za-z_$][\w$]* | \d[\w.]*                     # a word
    | \s+ | .                                         # anything else
    """,
    re.VERBOSE | re.DOTALL,
)
_BEFORE_PATTERN: Final = frozenset("(,=:[!&|?{};+-*%<>~^")
_WORDS_BEFORE_PATTERN: Final = frozenset({"return", "typeof", "in", "of", "void", "case"})


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
    while (start := text.find(OPEN, position)) >= 0:
        if start > position:
            parts.append(Part(text[position:start], position, is_expression=False))
        inside = start + len(OPEN)
        end = find_end(text, inside)
        if end < 0:
            raise UnclosedError(start)
        parts.append(Part(text[inside:end], inside, is_expression=True))
        position = end + len(CLOSE)
    if position < len(text):
        parts.append(Part(text[position:], position, is_expression=False))
    return parts


def find_end(text: str, start: int) -> int:
    """Return where the `}}` of an expression stands that starts at `start`, or -1."""
    end = _scan(text, start, closes=CLOSE)
    # What is no JavaScript ends where a reader would say; the parser then says what is wrong.
    return end if end >= 0 else text.find(CLOSE, start)


def _scan(text: str, start: int, *, closes: str, nesting: int = 0) -> int:
    """Return the position of `closes` outside all brackets, or -1, also where template strings are nested too deeply."""
    if nesting > MAX_NESTING:
        return -1
    depth, position, before = 0, start, "("
    while position < len(text):
        if depth == 0 and text.startswith(closes, position):
            return position
        if text[position] == "`":
            position = _after_template(text, position + 1, nesting)
            if position < 0:
                return -1
            before = "`"
            continue
        word = _next_word(text, position, before)
        depth += (word == "{") - (word == "}")
        position += len(word)
        if not word.isspace() and not word.startswith(("//", "/*")):
            before = word
    return -1


def _next_word(text: str, position: int, before: str) -> str:
    found = _TOKEN.match(text, position)
    word = found[0] if found else text[position]
    is_pattern = word[0] == "/" and not word.startswith(("//", "/*")) and len(word) > 1
    if is_pattern and before[-1] not in _BEFORE_PATTERN and before not in _WORDS_BEFORE_PATTERN:
        return "/"
    return word


def _after_template(text: str, position: int, nesting: int) -> int:
    """Return the position after the template string that began before `position`, or -1."""
    while position < len(text):
        char = text[position]
        if char == "\\":
            position += 2
        elif char == "`":
            return position + 1
        elif text.startswith("${", position):
            end = _scan(text, position + 2, closes="}", nesting=nesting + 1)
            if end < 0:
                return -1
            position = end + 1
        else:
            position += 1
    return -1
