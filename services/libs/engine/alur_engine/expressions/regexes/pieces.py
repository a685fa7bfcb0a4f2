"""What the translation of a regular expression is put together from, and what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Piece:
    """A translated part and what matters of it when it is repeated."""

    text: str
    is_nullable: bool = False
    has_group: bool = False
    forgets: bool = False
    """Whether a group in it may be left out."""
    is_unbounded: bool = False
    is_risky: bool = False
    """Whether looking far ahead may be in vain, again and again."""
    places: int = 0
    """How many characters it names, with all that is repeated written out."""
    plain: str | None = None
    """The same for Python's `re`, if it is made of single characters of which at most the last is repeated without bound."""


@dataclass(frozen=True, slots=True)
class Translation:
    r"""A pattern for RE2, the numbers of its named groups, and what else to know to run it.

    `has_line_anchors` tells that a text with other line ends than `\n` needs the pattern of
    `marks_lines`.
    """

    pattern: str
    names: dict[str, int]
    groups: int
    has_line_anchors: bool
    is_risky: bool
    places: int
    is_unicode: bool
    plain: str | None
    """The pattern for Python's `re`, if that matches it in linear time: it finds many small matches ten times faster."""


def both(first: str | None, second: str | None) -> str | None:
    """Return the plain pattern of two pieces, one after the other."""
    return None if first is None or second is None else first + second


def repeated(plain: str | None, quantifier: str) -> str | None:
    """Return the plain pattern of a repeated piece, `None` for repeats that may take long."""
    is_simple = quantifier in {"+", "*", "?"} or ("," not in quantifier and quantifier[-1] == "}")
    return plain + quantifier if plain is not None and is_simple else None
