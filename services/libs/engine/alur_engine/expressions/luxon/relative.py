"""`toRelative` and `toRelativeCalendar`: times as people say them, as Luxon does it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from alur_engine.expressions.convert import to_js_string, to_number, truthy
from alur_engine.expressions.intl.phrases import relative_format
from alur_engine.expressions.luxon.arithmetic import add, difference, start_of
from alur_engine.expressions.luxon.duration import Duration
from alur_engine.expressions.luxon.names import is_english
from alur_engine.expressions.luxon.units import option, unit_of
from alur_engine.expressions.luxon.value import DateTime
from alur_engine.expressions.numbers import copysign, format_number, tidy
from alur_engine.expressions.problems import range_error
from alur_engine.expressions.scope import Scope
from alur_engine.expressions.values import UNDEFINED, Value

_UNITS: Final = ["years", "months", "days", "hours", "minutes", "seconds"]
_SHORT: Final = {
    "years": "yr.", "quarters": "qtr.", "months": "mo.", "weeks": "wk.", "days": "day",
    "hours": "hr.", "minutes": "min.", "seconds": "sec.",
}  # fmt: skip
_OF_CLOCK: Final = frozenset({"hours", "minutes", "seconds"})
_ROUNDINGS: Final[dict[str, Callable[[float], float]]] = {
    "trunc": math.trunc,
    "round": lambda number: math.floor(number + 0.5),
    "floor": math.floor,
    "ceil": math.ceil,
    "expand": lambda number: math.ceil(number) if number > 0 else math.floor(number),
}


def relative(time: DateTime, base: DateTime, options: Value, *, by_calendar: bool) -> str:
    """Return how far a time is from another in the largest unit that says something."""
    unit = option(options, "unit")
    units = ["years", "months", "days"] if by_calendar else _UNITS
    if isinstance(unit, list) and not by_calendar:
        units, unit = [to_js_string(each) for each in unit], UNDEFINED
    padding = option(options, "padding")
    if truthy(padding) and not by_calendar:
        sign = -1 if time.ms < base.ms else 1
        time = add(time, Duration({"milliseconds": to_number(padding)}), sign)
    if truthy(unit):
        name = unit_of(unit)
        return _said(
            _apart(time, base, name, by_calendar=by_calendar), name, time, options, by_calendar
        )
    for each in units:
        name = unit_of(each)
        count = _apart(time, base, name, by_calendar=by_calendar)
        if abs(count) >= 1:
            return _said(count, name, time, options, by_calendar)
    return _said(-0.0 if base.ms > time.ms else 0, unit_of(units[-1]), time, options, by_calendar)


def _apart(time: DateTime, base: DateTime, unit: str, *, by_calendar: bool) -> float:
    if not by_calendar:
        return difference(time, base, [unit]).get(unit)
    first = start_of(time, unit)
    other = start_of(base, unit)
    return difference(first, other, [unit]).get(unit)


def _said(count: float, unit: str, time: DateTime, options: Value, by_calendar: bool) -> str:
    is_whole = truthy(option(options, "round", True)) or by_calendar
    rounding = "round" if by_calendar else to_js_string(option(options, "rounding", "trunc"))
    if rounding not in _ROUNDINGS:
        raise range_error(f"Value rounding {rounding} is out of range")
    factor = 1 if is_whole else 100
    number = math.copysign(abs(_ROUNDINGS[rounding](count * factor) / factor), count)
    locale = option(options, "locale")
    name = to_js_string(locale) if truthy(locale) else time.locale
    numeric = "auto" if by_calendar else "always"
    style = to_js_string(option(options, "style", "long"))
    if is_english(name):
        return _english(tidy(number), unit, numeric, is_short=style != "long")
    made = relative_format(name, {"numeric": numeric, "style": style})
    return made.text(tidy(number), unit)


def _english(count: float, unit: str, numeric: str, *, is_short: bool) -> str:
    single = unit[:-1]
    if numeric == "auto" and unit not in _OF_CLOCK and count in (-1, 0, 1):
        if unit == "days":
            return {1: "tomorrow", -1: "yesterday", 0: "today"}[int(count)]
        word = {1: "next", -1: "last", 0: "this"}[int(count)]
        return f"{word} {single}"
    size = abs(count)
    if is_short:
        named = "days" if unit == "days" and size != 1 else _SHORT[unit]
    else:
        named = single if size == 1 else unit
    shown = f"{format_number(tidy(size))} {named}"
    is_past = count < 0 or (count == 0 and copysign(float(count)) < 0)
    return f"{shown} ago" if is_past else f"in {shown}"


def _base(scope: Scope, time: DateTime, options: Value) -> DateTime:
    base = option(options, "base")
    return base if isinstance(base, DateTime) else DateTime(scope.now_ms, time.zone)


def to_relative(scope: Scope, time: DateTime, options: Value = UNDEFINED) -> Value:
    """`toRelative`."""
    if not time.is_valid:
        return None
    return relative(time, _base(scope, time, options), options, by_calendar=False)


def to_relative_calendar(scope: Scope, time: DateTime, options: Value = UNDEFINED) -> Value:
    """`toRelativeCalendar`."""
    if not time.is_valid:
        return None
    return relative(time, _base(scope, time, options), options, by_calendar=True)
