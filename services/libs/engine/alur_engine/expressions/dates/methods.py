"""`Date.prototype`. ECMAScript 2023, section 21.4.4."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

from alur_engine.expressions.convert import to_number
from alur_engine.expressions.dates.calendar import MINUTE_MS, Fields, ms_of, offset_ms, to_instant
from alur_engine.expressions.dates.functions import clock_ms
from alur_engine.expressions.dates.value import DAYS, INVALID, MONTHS, JsDate, clip, year_text
from alur_engine.expressions.intl.date_formats import Kind, date_text
from alur_engine.expressions.numbers import NAN
from alur_engine.expressions.problems import range_error
from alur_engine.expressions.scope import Scope
from alur_engine.expressions.values import UNDEFINED, Native, Value

_PARTS: Final = ("FullYear", "Month", "Date", "Hours", "Minutes", "Seconds", "Milliseconds")
_MOST_SET: Final = (3, 2, 1, 4, 3, 2, 1)
_LAST: Final = 1e8


def _list_of(at: Fields) -> list[int]:
    return [at.year, at.month - 1, at.day, at.hour, at.minute, at.second, at.milli]


def _getter(read: Callable[[Fields], int], *, utc: bool) -> Native:
    def get(_scope: Scope, date: JsDate) -> float:
        return read(date.fields(utc=utc)) if date.is_valid else NAN

    return get


def _setter(first: int, *, utc: bool) -> Native:
    most = _MOST_SET[first]

    def change(_scope: Scope, date: JsDate, *values: Value) -> float:
        numbers = [to_number(value) for value in values[:most]] or [NAN]
        if not date.is_valid and first > 0:
            return NAN
        fields = _list_of(date.fields(utc=utc)) if date.is_valid else [1970, 0, 1, 0, 0, 0, 0]
        date.ms = _put(fields, first, numbers, "UTC" if utc else date.zone)
        return date.ms

    return change


def _put(fields: list[int], first: int, numbers: Sequence[float], zone: str) -> float:
    if not all(math.isfinite(number) and abs(number) <= _LAST * 1e5 for number in numbers):
        return NAN
    fields[first : first + len(numbers)] = map(int, numbers)
    year, month, day, *clock = fields
    if abs(year) > _LAST or abs(month) > _LAST or abs(day) > _LAST:
        return NAN
    local = ms_of(year, month, day, clock_ms(clock))
    return NAN if abs(local) > _LAST * 1e9 else clip(to_instant(local, zone))


def get_time(_scope: Scope, date: JsDate) -> float:
    """`getTime`."""
    return date.ms


def set_time(_scope: Scope, date: JsDate, ms: Value = UNDEFINED) -> float:
    """`setTime`."""
    date.ms = clip(to_number(ms))
    return date.ms


def get_offset(_scope: Scope, date: JsDate) -> float:
    """`getTimezoneOffset`: minutes, positive west of Greenwich."""
    if not date.is_valid:
        return NAN
    return -int(offset_ms(int(date.ms), date.zone) / MINUTE_MS) if date.zone != "UTC" else 0


def to_iso_string(_scope: Scope, date: JsDate) -> str:
    """`toISOString`."""
    if not date.is_valid:
        raise range_error("Invalid time value")
    return date.iso()


def to_json(_scope: Scope, date: JsDate, *_key: Value) -> Value:
    """`toJSON`."""
    return date.js_json()


def to_string(_scope: Scope, date: JsDate) -> str:
    """`toString`."""
    return date.js_string()


def to_date_string(_scope: Scope, date: JsDate) -> str:
    """`toDateString`."""
    return date.date_string() if date.is_valid else INVALID


def to_time_string(_scope: Scope, date: JsDate) -> str:
    """`toTimeString`."""
    return date.time_string() if date.is_valid else INVALID


def to_utc_string(_scope: Scope, date: JsDate) -> str:
    """`toUTCString`."""
    if not date.is_valid:
        return INVALID
    at = date.fields(utc=True)
    day = f"{DAYS[at.weekday]}, {at.day:02} {MONTHS[at.month - 1]} {year_text(at.year)}"
    return f"{day} {at.hour:02}:{at.minute:02}:{at.second:02} GMT"


def _locale(kind: Kind) -> Native:
    def show(
        _scope: Scope, date: JsDate, locale: Value = UNDEFINED, options: Value = UNDEFINED
    ) -> str:
        return date_text(date.ms, date.zone, kind, locale, options)

    return show


_READ: Final[dict[str, Callable[[Fields], int]]] = {
    "FullYear": lambda at: at.year,
    "Month": lambda at: at.month - 1,
    "Date": lambda at: at.day,
    "Day": lambda at: at.weekday,
    "Hours": lambda at: at.hour,
    "Minutes": lambda at: at.minute,
    "Seconds": lambda at: at.second,
    "Milliseconds": lambda at: at.milli,
}

METHODS: Final[dict[str, Native]] = {
    **{f"get{name}": _getter(read, utc=False) for name, read in _READ.items()},
    **{f"getUTC{name}": _getter(read, utc=True) for name, read in _READ.items()},
    **{f"set{name}": _setter(first, utc=False) for first, name in enumerate(_PARTS)},
    **{f"setUTC{name}": _setter(first, utc=True) for first, name in enumerate(_PARTS)},
    "getTime": get_time,
    "getTimezoneOffset": get_offset,
    "setTime": set_time,
    "toDateString": to_date_string,
    "toISOString": to_iso_string,
    "toJSON": to_json,
    "toLocaleDateString": _locale("date"),
    "toLocaleString": _locale("any"),
    "toLocaleTimeString": _locale("time"),
    "toString": to_string,
    "toTimeString": to_time_string,
    "toUTCString": to_utc_string,
    "valueOf": get_time,
}
