"""The units of Luxon, and what people give as amounts of them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from alur_engine.expressions.convert import to_js_string, to_number
from alur_engine.expressions.dates.value import JsDate
from alur_engine.expressions.numbers import tidy
from alur_engine.expressions.values import UNDEFINED, Special, Value
from alur_sdk.errors import ExpressionError

UNITS: Final = (
    "years", "quarters", "months", "weeks", "days", "hours", "minutes", "seconds", "milliseconds",
)  # fmt: skip
EXACT: Final = UNITS[5:]
_FIELDS: Final = {
    **{unit: unit[:-1] for unit in UNITS},
    **{unit[:-1]: unit[:-1] for unit in UNITS},
    **dict.fromkeys(("weekday", "weekdays"), "weekday"),
    **dict.fromkeys(("weeknumber", "weeksnumber", "weeknumbers"), "weekNumber"),
    **dict.fromkeys(("weekyear", "weekyears"), "weekYear"),
    "ordinal": "ordinal",
    **dict.fromkeys(("localweekday", "localweekdays"), "localWeekday"),
    **dict.fromkeys(("localweeknumber", "localweeknumbers"), "localWeekNumber"),
    **dict.fromkeys(("localweekyear", "localweekyears"), "localWeekYear"),
}
del _FIELDS["week"], _FIELDS["weeks"]


def luxon_error(message: str) -> ExpressionError:
    """The error that Luxon throws."""
    return ExpressionError(message, kind="Error")


def unit_of(name: Value) -> str:
    """Return the plural of a unit's name, or raise as Luxon does."""
    text = to_js_string(name).lower()
    unit = text if text.endswith("s") else text + "s"
    if unit not in UNITS:
        raise luxon_error(f"Invalid unit {to_js_string(name)}")
    return unit


def field_of(name: Value) -> str:
    """Return the part of a time that a name stands for, or raise as Luxon does."""
    field = _FIELDS.get(to_js_string(name).lower())
    if field is None:
        raise luxon_error(f"Invalid unit {to_js_string(name)}")
    return field


def amount_of(value: Value) -> float:
    """Return a number that `value` stands for, or raise as Luxon does."""
    number = to_number(value)
    if isinstance(value, bool) or value == "" or not math.isfinite(number):
        raise luxon_error(f"Invalid unit value {to_js_string(value)}")
    return tidy(number)


def fields_in(given: Value) -> dict[str, float]:
    """Return the parts of a time that an object names."""
    return {
        field_of(name): amount_of(value)
        for name, value in _members(given).items()
        if value is not None and value is not UNDEFINED
    }


def amounts_in(given: Value) -> dict[str, float]:
    """Return the amounts that an object names, by unit."""
    return {
        unit_of(name): amount_of(value)
        for name, value in _members(given).items()
        if value is not None and value is not UNDEFINED
    }


def _members(given: Value) -> Mapping[str, Value]:
    if isinstance(given, list):
        return {str(index): value for index, value in enumerate(given)}
    return given if isinstance(given, Mapping) else {}


def is_object(value: Value) -> bool:
    """Whether `typeof value` is `object`."""
    return isinstance(value, (Mapping, list, JsDate)) or (
        isinstance(value, Special) and value.kind == "object"
    )


def option(options: Value, name: str, default: Value = UNDEFINED) -> Value:
    """Return a member of options, which may be nothing at all."""
    found = options.get(name, UNDEFINED) if isinstance(options, Mapping) else UNDEFINED
    return default if found is UNDEFINED else found
