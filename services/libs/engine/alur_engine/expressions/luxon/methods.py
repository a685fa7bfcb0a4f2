"""The methods of `DateTime` and `Duration`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from alur_engine.expressions.convert import to_js_string, to_number
from alur_engine.expressions.dates.calendar import (
    DAY_MS,
    days_in_month,
    find_zone,
    ms_of,
    to_instant,
)
from alur_engine.expressions.dates.locales import date_time_text
from alur_engine.expressions.dates.value import JsDate, iso_date
from alur_engine.expressions.luxon.arithmetic import (
    add,
    difference,
    duration_of,
    end_of,
    start_of,
    unit_of,
)
from alur_engine.expressions.luxon.formats import time_format
from alur_engine.expressions.luxon.value import (
    INVALID,
    UNIT_MS,
    UNITS,
    DateTime,
    Duration,
    iso_week,
    iso_weekday,
    now,
)
from alur_engine.expressions.numbers import NAN, tidy
from alur_engine.expressions.problems import type_error
from alur_engine.expressions.scope import Scope
from alur_engine.expressions.values import UNDEFINED, Native, Value

_SETTABLE: Final = ("year", "month", "day", "hour", "minute", "second", "millisecond")
_SATURDAY: Final = 6


def plus(
    _scope: Scope, time: DateTime, amount: Value = UNDEFINED, unit: Value = UNDEFINED
) -> Value:
    """`plus`: takes an object, a duration, or an amount and its unit."""
    return add(time, duration_of(amount, unit), 1)


def minus(
    _scope: Scope, time: DateTime, amount: Value = UNDEFINED, unit: Value = UNDEFINED
) -> Value:
    """`minus`."""
    return add(time, duration_of(amount, unit), -1)


def starts(_scope: Scope, time: DateTime, unit: Value = UNDEFINED) -> DateTime:
    """`startOf`."""
    return start_of(time, unit_of(unit))


def ends(_scope: Scope, time: DateTime, unit: Value = UNDEFINED) -> DateTime:
    """`endOf`."""
    return end_of(time, unit_of(unit))


def to_format(
    _scope: Scope, time: DateTime, pattern: Value = UNDEFINED, _options: Value = UNDEFINED
) -> str:
    """`toFormat`, and `format`."""
    if not time.is_valid:
        return INVALID
    return time_format(time, "yyyy-MM-dd" if pattern is UNDEFINED else to_js_string(pattern))


def to_iso(_scope: Scope, time: DateTime, options: Value = UNDEFINED) -> Value:
    """`toISO`."""
    if not time.is_valid:
        return None
    given = options if isinstance(options, dict) else {}
    at = time.fields()
    text = f"{iso_date(at)}T{at.hour:02}:{at.minute:02}"
    if not (given.get("suppressSeconds") and not at.second and not at.milli):
        text += f":{at.second:02}"
        if at.milli or not given.get("suppressMilliseconds"):
            text += f".{at.milli:03}"
    text += "" if given.get("includeOffset") is False else time.offset_text()
    return text.replace("-", "").replace(":", "") if given.get("format") == "basic" else text


def _text_of(pattern: str) -> Native:
    def show(_scope: Scope, time: DateTime, _options: Value = UNDEFINED) -> Value:
        return time_format(time, pattern) if time.is_valid else None

    return show


def to_iso_time(_scope: Scope, time: DateTime, _options: Value = UNDEFINED) -> Value:
    """`toISOTime`."""
    return time.iso().partition("T")[2] if time.is_valid else None


def to_iso_week(_scope: Scope, time: DateTime) -> Value:
    """`toISOWeekDate`."""
    if not time.is_valid:
        return None
    year, week = iso_week(time.fields())
    return f"{year}-W{week:02}-{iso_weekday(time.fields())}"


def to_millis(_scope: Scope, time: DateTime) -> float:
    """`toMillis`."""
    return time.ms


def to_seconds(_scope: Scope, time: DateTime) -> float:
    """`toSeconds`."""
    return tidy(time.ms / 1000) if time.is_valid else NAN


def to_unix(_scope: Scope, time: DateTime) -> float:
    """`toUnixInteger`."""
    return int(time.ms) // 1000 if time.is_valid else NAN


def to_js_date(scope: Scope, time: DateTime) -> JsDate:
    """`toJSDate`."""
    return JsDate(time.ms, scope.time_zone)


def to_text(_scope: Scope, time: DateTime) -> str:
    """`toString`."""
    return time.js_string()


def to_json(_scope: Scope, time: DateTime) -> Value:
    """`toJSON`."""
    return time.js_json()


def set_zone(
    scope: Scope, time: DateTime, zone: Value = UNDEFINED, options: Value = UNDEFINED
) -> DateTime:
    """`setZone`."""
    name = scope.time_zone if zone is UNDEFINED or zone == "local" else to_js_string(zone)
    name = "UTC" if name.lower() == "utc" else name
    if find_zone(name) is None:
        return DateTime(NAN, name, "unsupported zone")
    if isinstance(options, dict) and options.get("keepLocalTime") is True and time.is_valid:
        return DateTime(to_instant(int(time.ms) + time.offset * 60_000, name), name)
    return DateTime(time.ms, name)


def to_utc(_scope: Scope, time: DateTime, _offset: Value = UNDEFINED) -> DateTime:
    """`toUTC`."""
    return DateTime(time.ms, "UTC")


def to_local(scope: Scope, time: DateTime) -> DateTime:
    """`toLocal`."""
    return DateTime(time.ms, scope.time_zone)


def same(_scope: Scope, time: DateTime, *_options: Value) -> DateTime:
    """`setLocale` and its like, of which there is one."""
    return time


def other_time(scope: Scope, value: Value) -> DateTime:
    """Return the other time of a comparison."""
    if isinstance(value, DateTime):
        return value
    if isinstance(value, JsDate):
        return DateTime(value.ms, scope.time_zone)
    raise type_error("a DateTime is needed here")


def diff(
    scope: Scope, time: DateTime, other: Value = UNDEFINED, units: Value = UNDEFINED
) -> Duration:
    """`diff`."""
    names = units if isinstance(units, list) else [units]
    wanted = ["milliseconds"] if units is UNDEFINED else [unit_of(name) for name in names]
    return difference(time, other_time(scope, other), wanted)


def diff_now(scope: Scope, time: DateTime, units: Value = UNDEFINED) -> Duration:
    """`diffNow`."""
    return diff(scope, time, now(scope), units)


def has_same(
    scope: Scope, time: DateTime, other: Value = UNDEFINED, unit: Value = UNDEFINED
) -> bool:
    """`hasSame`."""
    moved = DateTime(other_time(scope, other).ms, time.zone)
    return time.is_valid and start_of(time, unit_of(unit)).ms == start_of(moved, unit_of(unit)).ms


def equals(_scope: Scope, time: DateTime, other: Value = UNDEFINED) -> bool:
    """`equals`."""
    return isinstance(other, DateTime) and time.ms == other.ms and time.zone == other.zone


def change(_scope: Scope, time: DateTime, fields: Value = UNDEFINED) -> DateTime:
    """`set`."""
    if not time.is_valid or not isinstance(fields, dict):
        return time
    at = time.fields()
    parts = dict(
        zip(
            _SETTABLE,
            (at.year, at.month, at.day, at.hour, at.minute, at.second, at.milli),
            strict=True,
        )
    )
    for name, value in fields.items():
        key = name.removesuffix("s")
        if key in parts:
            parts[key] = int(to_number(value))
    day = (
        min(parts["day"], days_in_month(parts["year"], parts["month"]))
        if "day" not in fields
        else parts["day"]
    )
    clock = ((parts["hour"] * 60 + parts["minute"]) * 60 + parts["second"]) * 1000
    local = ms_of(parts["year"], parts["month"] - 1, day, clock + parts["millisecond"])
    if "weekday" in fields:
        local += (int(to_number(fields["weekday"])) - iso_weekday(at)) * DAY_MS
    return DateTime(to_instant(local, time.zone), time.zone)


def to_locale_string(
    _scope: Scope, time: DateTime, options: Value = UNDEFINED, locale: Value = UNDEFINED
) -> str:
    """`toLocaleString`: a date only, unless the options ask for more."""
    if isinstance(options, str):
        options, locale = locale, options
    kind = "date" if options is UNDEFINED else "any"
    name = locale if isinstance(locale, str) else UNDEFINED
    return date_time_text(time.ms, time.zone, kind, name, options)


def is_weekend(_scope: Scope, time: DateTime) -> bool:
    """`isWeekend`."""
    return time.is_valid and iso_weekday(time.fields()) >= _SATURDAY


def extract(_scope: Scope, time: DateTime, part: Value = UNDEFINED) -> Value:
    """`extract`, and `get`: a part by its name."""
    name = to_js_string(part)
    return time.read("weekNumber" if name in {"week", "weeks"} else name)


def is_between(
    scope: Scope, time: DateTime, first: Value = UNDEFINED, last: Value = UNDEFINED
) -> bool:
    """`isBetween`."""
    bounds = sorted((other_time(scope, first).ms, other_time(scope, last).ms))
    return bool(bounds[0] < time.ms < bounds[1])


def shift_to(_scope: Scope, duration: Duration, *units: Value) -> Duration:
    """`shiftTo`: by the casual lengths of the units."""
    rest = duration.js_number()
    wanted = [unit for unit in UNITS if unit in {unit_of(name) for name in units}]
    amounts: dict[str, float] = {}
    for unit in wanted:
        exact = rest / UNIT_MS[unit]
        amounts[unit] = tidy(exact if unit == wanted[-1] else float(int(exact)))
        rest -= amounts[unit] * UNIT_MS[unit]
    return Duration(amounts)


def as_unit(scope: Scope, duration: Duration, unit: Value = UNDEFINED) -> float:
    """`as`."""
    name = unit_of(unit)
    return shift_to(scope, duration, name).amounts[name]


def to_object(_scope: Scope, duration: Duration) -> Value:
    """`toObject` of a duration."""
    return dict(duration.amounts)


def duration_text(_scope: Scope, duration: Duration) -> str:
    """`toISO` of a duration."""
    return duration.iso()


def duration_millis(_scope: Scope, duration: Duration) -> float:
    """`toMillis` of a duration."""
    return tidy(duration.js_number())


def _combined(sign: int) -> Callable[[Scope, Duration, Value], Duration]:
    def combine(_scope: Scope, duration: Duration, other: Value = UNDEFINED) -> Duration:
        amounts = dict(duration.amounts)
        for unit, amount in duration_of(other).amounts.items():
            amounts[unit] = amounts.get(unit, 0) + sign * amount
        return Duration(amounts)

    return combine


TIMES: Final[dict[str, Native]] = {
    "diff": diff, "diffNow": diff_now, "diffTo": diff, "diffToNow": diff_now, "endOf": ends,
    "equals": equals, "extract": extract, "format": to_format, "get": extract, "hasSame": has_same,
    "isBetween": is_between, "isWeekend": is_weekend, "minus": minus, "plus": plus,
    "reconfigure": same, "set": change, "setLocale": same, "setZone": set_zone, "startOf": starts,
    "beginningOf": starts, "toFormat": to_format, "toISO": to_iso, "toISODate": _text_of("yyyy-MM-dd"),
    "toISOTime": to_iso_time, "toISOWeekDate": to_iso_week, "toJSDate": to_js_date,
    "toJSON": to_json, "toLocal": to_local, "toLocaleString": to_locale_string,
    "toDateTime": same, "toMillis": to_millis, "toSQL": _text_of("yyyy-MM-dd HH:mm:ss.SSS ZZ"),
    "toSQLDate": _text_of("yyyy-MM-dd"), "toSQLTime": _text_of("HH:mm:ss.SSS ZZ"),
    "toRFC2822": _text_of("EEE, dd LLL yyyy HH:mm:ss ZZZ"), "toSeconds": to_seconds,
    "toString": to_text, "toUTC": to_utc, "toUnixInteger": to_unix, "valueOf": to_millis,
    "toHTTP": lambda scope, time: time_format(to_utc(scope, time), "EEE, dd LLL yyyy HH:mm:ss 'GMT'"),
}  # fmt: skip

DURATIONS: Final[dict[str, Native]] = {
    "as": as_unit, "minus": _combined(-1), "plus": _combined(1), "shiftTo": shift_to,
    "toISO": duration_text, "toJSON": duration_text, "toMillis": duration_millis,
    "toObject": to_object, "toString": duration_text, "valueOf": duration_millis,
}  # fmt: skip
