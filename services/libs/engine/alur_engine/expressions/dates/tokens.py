"""The pieces of text that may name a time: numbers, signs, words and what stands between them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_DIGITS: Final = 9
_MILLI: Final = 3
_MONTHS: Final = (
    "jan",
    "feb",
    "mar",
    "apr",
    "may",
    "jun",
    "jul",
    "aug",
    "sep",
    "oct",
    "nov",
    "dec",
)
_WORDS: Final = {
    "am": ("half", 0), "pm": ("half", 12), "t": ("separator", 0),
    **dict.fromkeys(("ut", "utc", "z", "gmt"), ("zone", 0)),
    "est": ("zone", -5), "cdt": ("zone", -5), "edt": ("zone", -4), "cst": ("zone", -6),
    "mdt": ("zone", -6), "mst": ("zone", -7), "pdt": ("zone", -7), "pst": ("zone", -8),
}  # fmt: skip
_PIECE: Final = re.compile(
    r"([0-9]+)|([+-])|([:.)])|(\s|\ufeff)|([A-Z\[-\U0010ffff]+)|(\()|.", re.DOTALL
)
_SPACES: Final = re.compile(r"[\s\ufeff]")


@dataclass(frozen=True, slots=True)
class Token:
    """A piece: `number` is its value, `size` how many digits it has."""

    kind: str
    text: str = ""
    number: int = 0
    size: int = 0

    def is_fixed(self, size: int) -> bool:
        """Whether it is a number of so many digits."""
        return self.kind == "number" and self.size == size

    @property
    def is_zulu(self) -> bool:
        """Whether it is the letter that stands for UTC."""
        return self.kind == "zone" and self.text == "z"

    @property
    def is_word(self) -> bool:
        """Whether it is a word, known or not."""
        return self.kind in {"month", "half", "zone", "separator", "word"}

    def milliseconds(self) -> int:
        """Return what its digits are behind a decimal point."""
        digits = str(self.number).rjust(min(self.size, _DIGITS), "0")
        return int(digits[:_MILLI].ljust(_MILLI, "0"))


END: Final = Token("end")


class Scanner:
    """Gives the pieces of a text one by one; `peek` is the next of them."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self.peek = self._scan()

    def next(self) -> Token:
        """Return the next piece and go on."""
        token = self.peek
        if token is not END:
            self.peek = self._scan()
        return token

    def skip(self, symbol: str) -> bool:
        """Go on if the next piece is this symbol."""
        if self.peek.text != symbol:
            return False
        self.next()
        return True

    def _scan(self) -> Token:
        found = _PIECE.match(self._text, self._at)
        if found is None:
            return END
        self._at = found.end()
        number, sign, symbol, space, word, opening = found.groups()
        if number:
            digits = number.lstrip("0")[:_DIGITS]
            return Token("number", number, int(digits or "0"), len(number))
        if sign:
            return Token("sign", sign, -1 if sign == "-" else 1)
        if symbol:
            return Token("symbol", symbol)
        if word:
            return self._word(word)
        if opening:
            self._skip_parentheses()
        return Token("space" if space else "unknown")

    def _word(self, word: str) -> Token:
        """Return a word up to the next space, known by its first letters if it is a month."""
        space = _SPACES.search(word)
        if space is not None:
            self._at -= len(word) - space.start()
            word = word[: space.start()]
            if not word:
                self._at += 1
                return Token("space")
        lowered = word.lower()
        if lowered[:_MILLI] in _MONTHS:
            return Token("month", lowered, _MONTHS.index(lowered[:_MILLI]) + 1)
        kind, number = _WORDS.get(lowered, ("word", 0))
        return Token(kind, lowered, number)

    def _skip_parentheses(self) -> None:
        depth = 1
        while depth and self._at < len(self._text):
            depth += {"(": 1, ")": -1}.get(self._text[self._at], 0)
            self._at += 1
