"""`Intl.RelativeTimeFormat`, `Intl.ListFormat` and `Intl.PluralRules`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from alur_engine.expressions.convert import to_js_string, to_number
from alur_engine.expressions.intl.number_formats import NumberFormat, number_format
from alur_engine.expressions.intl.plurals import plural_of
from alur_engine.expressions.intl.tables import chosen, not_supported, options_of, resolve, table_of
from alur_engine.expressions.numbers import copysign, format_number
from alur_engine.expressions.problems import range_error, type_error
from alur_engine.expressions.values import UNDEFINED, Value

_STYLES: Final = ("long", "short", "narrow")
_UNITS: Final = ("second", "minute", "hour", "day", "week", "month", "quarter", "year")
_TYPES: Final = ("conjunction", "disjunction", "unit")
_SOUNDS_LIKE_E: Final = re.compile(r"(?:i|hi(?!e|a))", re.IGNORECASE)
_SOUNDS_LIKE_O: Final = re.compile(r"(?:o|ho|8|11(?:[., ]|\Z|\d{3}(?:\D|\Z)))", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class RelativeFormat:
    """Times as people say them: `in 3 days`, `yesterday`."""

    locale: str
    style: str
    is_auto: bool

    def text(self, value: Value, unit: Value) -> str:
        """Return so many units from now."""
        name = to_js_string(unit).removesuffix("s")
        if name not in _UNITS:
            raise range_error(f"Invalid unit argument for format() '{to_js_string(unit)}'")
        number = to_number(value)
        if number != number or abs(number) == float("inf"):  # noqa: PLR0124  NaN
            raise range_error("Invalid time value")
        words = table_of(self.locale)["relative"][name][self.style[0]]
        if self.is_auto and (word := words["words"].get(format_number(number))) is not None:
            return str(word)
        is_past = number < 0 or (number == 0 and copysign(float(number)) < 0)
        shown = number_format(self.locale)
        by = words["past" if is_past else "future"]
        template = by.get(plural_category(shown, abs(number))) or by["other"]
        return str(template).replace("{n}", shown.text(abs(number)))


def plural_category(shown: NumberFormat, number: float) -> str:
    """Return the plural category of a number as a format writes it."""
    return plural_of(shown.locale, shown.digits(number))


def relative_format(locales: Value, options: Value) -> RelativeFormat:
    """Return the format for what is asked."""
    given, where = options_of(options), "RelativeTimeFormat"
    style = chosen(given, "style", _STYLES, where, "long")
    numeric = chosen(given, "numeric", ("always", "auto"), where, "always")
    return RelativeFormat(resolve(locales), style, numeric == "auto")


@dataclass(frozen=True, slots=True)
class ListFormat:
    """Lists as people say them: `a, b, and c`."""

    locale: str
    type: str
    style: str

    def text(self, values: list[Value]) -> str:
        """Return the texts in one."""
        for value in values:
            if not isinstance(value, str):
                raise type_error("Iterable yielded a non-String value")
        two, first, middle, last = table_of(self.locale)["lists"][self.type + self.style[0]]
        if len(values) <= 2:  # noqa: PLR2004  what a pair is
            return self._joined(two, values)
        joins = [first, *[middle] * (len(values) - 3), self._spoken(last, values[-1])]
        pairs = zip(joins, values[1:], strict=True)
        return str(values[0]) + "".join(join + value for join, value in pairs)

    def _joined(self, join: str, values: list[Value]) -> str:
        return self._spoken(join, values[-1]).join(values) if values else ""

    def _spoken(self, join: str, following: str) -> str:
        """Return a join as Spanish says it: `e` for `y`, `u` for `o`."""
        if not self.locale.startswith("es") or self.type == "unit":
            return join
        if self.type == "conjunction" and _SOUNDS_LIKE_E.match(following):
            return join.replace(" y ", " e ")
        if self.type == "disjunction" and _SOUNDS_LIKE_O.match(following):
            return join.replace(" o ", " u ")
        return join


def list_format(locales: Value, options: Value) -> ListFormat:
    """Return the format for what is asked."""
    given, where = options_of(options), "ListFormat"
    kind = chosen(given, "type", _TYPES, where, "conjunction")
    return ListFormat(resolve(locales), kind, chosen(given, "style", _STYLES, where, "long"))


@dataclass(frozen=True, slots=True)
class PluralRules:
    """Which word goes with a number."""

    shown: NumberFormat

    def category(self, value: Value = UNDEFINED) -> str:
        """Return `one`, `other` or whatever the language has."""
        number = to_number(value)
        if number != number or abs(number) == float("inf"):  # noqa: PLR0124  NaN
            return "other"
        return plural_category(self.shown, abs(number))


def plural_rules(locales: Value, options: Value) -> PluralRules:
    """Return the rules for cardinal numbers; ordinal ones are refused."""
    given = options_of(options)
    if chosen(given, "type", ("cardinal", "ordinal"), "PluralRules") == "ordinal":
        raise not_supported("the type `ordinal`", "PluralRules")
    rest = {name: value for name, value in given.items() if name.endswith("Digits")}
    return PluralRules(number_format(locales, rest or UNDEFINED))
