"""The objects of `Intl`: what `new Intl.NumberFormat(…)` and its like make, and their methods."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from alur_engine.expressions.convert import to_js_string, to_number
from alur_engine.expressions.dates.value import JsDate
from alur_engine.expressions.intl.collation import Collator, collator
from alur_engine.expressions.intl.date_formats import DateFormat, date_format
from alur_engine.expressions.intl.number_formats import NumberFormat, number_format
from alur_engine.expressions.intl.phrases import (
    ListFormat,
    PluralRules,
    RelativeFormat,
    list_format,
    plural_rules,
    relative_format,
)
from alur_engine.expressions.intl.resolved import (
    resolved_collator,
    resolved_date,
    resolved_number,
    resolved_plain,
)
from alur_engine.expressions.limits import spend_bytes, spend_slots, spend_steps
from alur_engine.expressions.numbers import NAN
from alur_engine.expressions.problems import range_error, type_error
from alur_engine.expressions.scope import Scope
from alur_engine.expressions.values import UNDEFINED, Function, Special, Value

Made = DateFormat | NumberFormat | Collator | RelativeFormat | ListFormat | PluralRules
_NAMES: Final[Mapping[type, str]] = {
    DateFormat: "DateTimeFormat", NumberFormat: "NumberFormat", Collator: "Collator",
    RelativeFormat: "RelativeTimeFormat", ListFormat: "ListFormat", PluralRules: "PluralRules",
}  # fmt: skip


class Formatter(Special):
    """A format of `Intl` as a value; `format` and `compare` can be passed on as functions."""

    __slots__ = ("made", "scope")

    def __init__(self, made: Made, scope: Scope) -> None:
        self.made = made
        self.scope = scope

    @property
    def kind_name(self) -> str:
        """The name of its class, like `NumberFormat`."""
        return _NAMES[type(self.made)]

    def js_string(self) -> str:
        return f"[object Intl.{self.kind_name}]"

    def read(self, name: str) -> Value:
        bound = {"format": (DateFormat, NumberFormat), "compare": (Collator,)}
        if not isinstance(self.made, bound.get(name, ())):
            return UNDEFINED
        method = format_ if name == "format" else compare
        return Function(lambda *values: method(self.scope, self, *values[:2]))


def _date_maker(scope: Scope, locales: Value = UNDEFINED, options: Value = UNDEFINED) -> Formatter:
    """`Intl.DateTimeFormat`."""
    return Formatter(date_format(locales, options, scope.time_zone), scope)


def _number_maker(
    scope: Scope, locales: Value = UNDEFINED, options: Value = UNDEFINED
) -> Formatter:
    """`Intl.NumberFormat`."""
    return Formatter(number_format(locales, options), scope)


def _collator_maker(
    scope: Scope, locales: Value = UNDEFINED, options: Value = UNDEFINED
) -> Formatter:
    """`Intl.Collator`."""
    return Formatter(collator(locales, options), scope)


def _relative_maker(
    scope: Scope, locales: Value = UNDEFINED, options: Value = UNDEFINED
) -> Formatter:
    """`Intl.RelativeTimeFormat`."""
    return Formatter(relative_format(locales, options), scope)


def _list_maker(scope: Scope, locales: Value = UNDEFINED, options: Value = UNDEFINED) -> Formatter:
    """`Intl.ListFormat`."""
    return Formatter(list_format(locales, options), scope)


def _plural_maker(
    scope: Scope, locales: Value = UNDEFINED, options: Value = UNDEFINED
) -> Formatter:
    """`Intl.PluralRules`."""
    return Formatter(plural_rules(locales, options), scope)


MAKERS: Final[dict[str, Any]] = {
    "Collator": _collator_maker,
    "DateTimeFormat": _date_maker,
    "ListFormat": _list_maker,
    "NumberFormat": _number_maker,
    "PluralRules": _plural_maker,
    "RelativeTimeFormat": _relative_maker,
}
CALLABLE: Final = ("Collator", "DateTimeFormat", "NumberFormat")
"""What may be made without `new`."""


def not_callable(_scope: Scope) -> Value:
    """The others, called without `new`."""
    raise type_error("Constructor requires 'new'")


def _ms(scope: Scope, value: Value) -> float:
    if value is UNDEFINED:
        return scope.now_ms
    return value.ms if isinstance(value, JsDate) else to_number(value)


def _checked_ms(scope: Scope, value: Value) -> float:
    ms = _ms(scope, value)
    if ms != ms or abs(ms) > 8.64e15:  # noqa: PLR0124, PLR2004  NaN, and the last time there is
        raise range_error("Invalid time value")
    return ms


def format_(scope: Scope, own: Formatter, value: Value = UNDEFINED, unit: Value = UNDEFINED) -> str:
    """`format`."""
    made = own.made
    if isinstance(made, DateFormat):
        return made.text(_checked_ms(scope, value))
    if isinstance(made, NumberFormat):
        return made.text(NAN if value is UNDEFINED else to_number(value))
    if isinstance(made, RelativeFormat):
        return made.text(value, unit)
    if isinstance(made, ListFormat):
        values = value if isinstance(value, list) else [] if value is UNDEFINED else None
        if values is None:
            raise type_error(f"{to_js_string(value)} is not iterable")
        spend_slots(scope, len(values))
        spend_bytes(scope, sum(len(each) for each in values if isinstance(each, str)))
        return made.text(values)
    raise type_error("format is not a function")


def format_to_parts(scope: Scope, own: Formatter, value: Value = UNDEFINED) -> Value:
    """`formatToParts`."""
    made = own.made
    if isinstance(made, DateFormat):
        parts = made.parts(_checked_ms(scope, value))
    elif isinstance(made, NumberFormat):
        parts = made.parts(NAN if value is UNDEFINED else to_number(value))
    else:
        raise type_error("formatToParts is not supported here")
    return [{"type": kind, "value": text} for kind, text in parts]


def compare(scope: Scope, own: Formatter, left: Value = UNDEFINED, right: Value = UNDEFINED) -> int:
    """`compare`."""
    if not isinstance(own.made, Collator):
        raise type_error("compare is not a function")
    one, other = to_js_string(left), to_js_string(right)
    spend_steps(scope, len(one) + len(other))
    return own.made.compare(one, other)


def select(_scope: Scope, own: Formatter, value: Value = UNDEFINED) -> str:
    """`select`."""
    if not isinstance(own.made, PluralRules):
        raise type_error("select is not a function")
    return own.made.category(value)


def resolved_options(_scope: Scope, own: Formatter) -> Value:
    """`resolvedOptions`."""
    made = own.made
    if isinstance(made, DateFormat):
        return resolved_date(made)
    if isinstance(made, NumberFormat):
        return resolved_number(made)
    if isinstance(made, Collator):
        return resolved_collator(made)
    return resolved_plain(made)


METHODS: Final[dict[str, Any]] = {
    "compare": compare,
    "format": format_,
    "formatToParts": format_to_parts,
    "resolvedOptions": resolved_options,
    "select": select,
}
