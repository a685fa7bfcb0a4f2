"""`localeCompare` and `Intl.Collator`: the order of text. Unicode's algorithm (UTS 10) on tables of our own.

What the tables do not know, such as Chinese characters, comes after all letters, by its code point.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from alur_engine.expressions.convert import truthy
from alur_engine.expressions.intl.tables import (
    Table,
    chosen,
    not_supported,
    options_of,
    read,
    resolve,
)
from alur_engine.expressions.normal_forms import normalized
from alur_engine.expressions.values import UNDEFINED, Value
from alur_sdk.errors import ExpressionError

_WHERE: Final = "Collator"
_SENSITIVITIES: Final = ("base", "accent", "case", "variant")
_KEPT_LENGTH: Final = 200
KNOWN_OPTIONS: Final = frozenset(
    {"usage", "sensitivity", "numeric", "caseFirst", "ignorePunctuation", "localeMatcher"}
)

Weights = tuple[tuple[float, ...], int, int]
Key = tuple[tuple[Any, ...], tuple[int, ...], tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Order:
    """The order of one language: weights by character, marks by rank, and what stands for what."""

    weights: Mapping[str, Weights]
    marks: Mapping[str, int]
    ignored: frozenset[str]
    expanded: Mapping[str, str]
    pairs: Mapping[str, str]
    upper_first: bool
    digits: Mapping[tuple[float, ...], int]


@lru_cache(maxsize=1)
def _tables() -> Table:
    return read("collation")


@lru_cache(maxsize=8)
def order_of(name: str) -> Order:
    """Return the order of a language that the tables have."""
    table = {**_tables()["en"], **_tables()[name]}
    weights: dict[str, Weights] = {}
    for rank, group in enumerate(table["groups"], 1):
        for accent, writings in enumerate(group):
            for case, char in enumerate(writings):
                # A stroke through a letter counts for more than any mark above it.
                weights[char] = ((float(rank),), accent and 1000 + accent, case)
    return Order(
        weights,
        {mark: rank for rank, mark in enumerate(table["marks"], 1)},
        frozenset(table["ignored"]),
        table["expanded"],
        table.get("pairs", {}),
        table.get("upper_first", False),
        {weights[str(digit)][0]: digit for digit in range(10)},
    )


def _language(locale: str) -> str:
    name = "nb" if locale == "no" else locale
    for each in (name, name.partition("-")[0]):
        if each in _tables():
            return each
    raise ExpressionError(f"the order of letters in the locale `{locale}` is not supported")


@dataclass(frozen=True, slots=True)
class Collator:
    """Compares text in the order of a locale."""

    locale: str
    sensitivity: str
    numeric: bool
    upper_first: bool

    def compare(self, left: str, right: str) -> int:
        """Return -1, 0 or 1."""
        if left == right:
            return 0
        name = _language(self.locale)
        first, second = (_key(text, name, self.numeric) for text in (left, right))
        pairs = [(first[0], second[0])]
        if self.sensitivity in {"accent", "variant"}:
            pairs.append((first[1], second[1]))
        if self.sensitivity in {"case", "variant"}:
            pairs.append((self._cases(first[2]), self._cases(second[2])))
        for one, other in pairs:
            if one != other:
                return -1 if one < other else 1
        return 0

    def _cases(self, ranks: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(-rank for rank in ranks) if self.upper_first else ranks


def _key(text: str, name: str, numeric: bool) -> Key:
    kept = _kept_key if len(text) <= _KEPT_LENGTH else _made_key
    return kept(text, name, numeric)


def _made_key(text: str, name: str, numeric: bool) -> Key:
    """Return what text sorts by: letters, then accents, then cases."""
    order = order_of(name)
    weights = list(_weights(text, order))
    if numeric:
        weights = list(_numbers(weights, order.digits))
    letters = tuple(primary for primary, _, _ in weights if primary)
    return letters, tuple(accent for _, accent, _ in weights), tuple(case for _, _, case in weights)


_kept_key = lru_cache(maxsize=512)(_made_key)


def _weights(text: str, order: Order) -> Iterator[Weights]:
    waiting = normalized("NFC", text)
    if order.pairs:
        for pair, letter in order.pairs.items():
            waiting = waiting.replace(pair, letter)
    for char in waiting:
        yield from _weights_of(char, order)


def _weights_of(char: str, order: Order) -> Iterator[Weights]:
    own = order.weights.get(char)
    if own is not None:
        yield own
    elif char in order.marks:
        yield (), order.marks[char], 0
    elif char in order.expanded:
        for part, (primary, accent, case) in enumerate(
            weight for each in order.expanded[char] for weight in _weights_of(each, order)
        ):
            yield primary, accent + (0 if part else 1), case + (char.isupper())
    elif char not in order.ignored:
        apart = unicodedata.normalize("NFD", char)
        if len(apart) > 1:
            for part_ in apart:
                yield from _weights_of(part_, order)
        else:
            yield (1e6 + ord(char),), 0, 0


def _numbers(weights: list[Weights], digits: Mapping[tuple[float, ...], int]) -> Iterator[Weights]:
    """Put one weight in the place of each row of digits: how many there are, and which."""
    zero = min(digits)[0]
    row: list[float] = []
    waits = False
    for weight in [*weights, None]:
        digit = digits.get(weight[0]) if weight is not None else None
        if digit is not None:
            row += [digit] if row or digit else []
            waits = True
            continue
        if waits:
            yield (zero, float(len(row)), *row), 0, 0
            row, waits = [], False
        if weight is not None:
            yield weight


def collator(locales: Value = UNDEFINED, options: Value = UNDEFINED) -> Collator:
    """Return what compares as asked; raises as JavaScript does, or says what is not supported."""
    given = options_of(options)
    if chosen(given, "usage", ("sort", "search"), _WHERE, "sort") == "search":
        raise not_supported("the usage `search`", _WHERE)
    if truthy(given.get("ignorePunctuation", UNDEFINED)):
        raise not_supported("the option `ignorePunctuation`", _WHERE)
    locale = resolve(locales)
    case = chosen(given, "caseFirst", ("upper", "lower", "false"), _WHERE)
    sensitivity = chosen(given, "sensitivity", _SENSITIVITIES, _WHERE, "variant")
    is_upper = case == "upper" if case else order_of(_language(locale)).upper_first
    return Collator(locale, sensitivity, truthy(given.get("numeric", UNDEFINED)), is_upper)


_USUAL: Final = Collator("en-US", "variant", numeric=False, upper_first=False)


def compare(left: str, right: str, locales: Value = UNDEFINED, options: Value = UNDEFINED) -> int:
    """Return what `left.localeCompare(right, locales, options)` does."""
    if locales is UNDEFINED and options is UNDEFINED:
        return _USUAL.compare(left, right)
    return collator(locales, options).compare(left, right)
