"""The methods of `DateTime`: Luxon's, and the few that people's workflows expect beside them."""

from __future__ import annotations

import math
from typing import Any, Final

from alur_engine.expressions.convert import to_js_string, truthy
from alur_engine.expressions.dates.value import JsDate
from alur_engine.expressions.limits import spend_steps
from alur_engine.expressions.luxon import names
from alur_engine.expressions.luxon.arithmetic import (
    PARTS,
    add,
    difference,
    end_of,
    start_of,
    with_parts,
)
from alur_engine.expressions.luxon.duration import Duration, duration_of
from alur_engine.expressions.luxon.formats import time_format
from alur_engine.expressions.luxon.iso import iso_clock, iso_day, iso_text
from alur_engine.expressions.luxon.presets import PRESETS
from alur_engine.expressions.luxon.relative import to_relative, to_relative_calendar
from alur_engine.expressions.luxon.units import field_of, fields_in, option, unit_of
from alur_engine.expressions.luxon.value import (
    INVALID,
    DateTime,
    invalid,
    is_weekend,
    iso_date,
    now,
    read_time,
    unsupported_zone,
)
from alur_engine.expressions.luxon.zones import fixed_zone, own_zone, zone_from
from alur_engine.expressions.numbers import NAN, tidy
from alur_engine.expressions.problems import type_error
from alur_engine.expressions.scope import Scope
from alur_engine.expressions.values import UNDEFINED, Native, Value

_SECOND: Final = 1000


def plus(
    _scope: Scope, time: DateTime, amount: Value = UNDEFINED, unit: Value = UNDEFINED
) -> Value:
    """`plus`: takes an object, a duration, or an amount and its unit."""
    return add(time, duration_of(amount, unit)) if time.is_valid else time


def minus(
    _scope: Scope, time: DateTime, amount: Value = UNDEFINED, unit: Value = UNDEFINED
) -> Value:
    """`minus`."""
    return add(time, duration_of(amount, unit), -1) if time.is_valid else time


def _by_locale(options: Value) -> bool:
    return truthy(option(options, "useLocaleWeeks", False))


def starts(
    _scope: Scope, time: DateTime, unit: Value = UNDEFINED, options: Value = UNDEFINED
) -> DateTime:
    """`startOf`."""
    return start_of(time, unit_of(unit), by_locale=_by_locale(options)) if time.is_valid else time


def ends(
    _scope: Scope, time: DateTime, unit: Value = UNDEFINED, options: Value = UNDEFINED
) -> DateTime:
    """`endOf`."""
    return end_of(time, unit_of(unit), by_locale=_by_locale(options)) if time.is_valid else time


def to_format(
    scope: Scope, time: DateTime, pattern: Value = UNDEFINED, options: Value = UNDEFINED
) -> str:
    """`toFormat`, and `format`."""
    if not time.is_valid:
        return INVALID
    asked = option(options, "locale")
    locale = to_js_string(asked) if truthy(asked) else time.locale
    text = "yyyy-MM-dd" if pattern is UNDEFINED else to_js_string(pattern)
    spend_steps(scope, len(text))
    return time_format(time, text, locale)


def to_iso(_scope: Scope, time: DateTime, options: Value = UNDEFINED) -> Value:
    """`toISO`."""
    if not time.is_valid:
        return None
    return time.iso() if options is UNDEFINED else iso_text(time, options)


def to_iso_date(_scope: Scope, time: DateTime, options: Value = UNDEFINED) -> Value:
    """`toISODate`."""
    if not time.is_valid:
        return None
    if options is UNDEFINED:
        return iso_date(time.fields())
    is_basic = option(options, "format", "extended") != "extended"
    return iso_day(time, field_of(option(options, "precision", "day")), is_basic=is_basic)


def to_iso_time(_scope: Scope, time: DateTime, options: Value = UNDEFINED) -> Value:
    """`toISOTime`."""
    if not time.is_valid:
        return None
    is_shown = PARTS.index(field_of(option(options, "precision", "millisecond"))) >= 3  # noqa: PLR2004  the clock
    start = "T" if is_shown and truthy(option(options, "includePrefix", False)) else ""
    return start + iso_clock(time, options)


def _text_of(pattern: str) -> Native:
    def show(_scope: Scope, time: DateTime) -> Value:
        return time_format(time, pattern) if time.is_valid else None

    return show


def to_sql_time(_scope: Scope, time: DateTime, options: Value = UNDEFINED) -> Value:
    """`toSQLTime`."""
    if not time.is_valid:
        return None
    has_zone = truthy(option(options, "includeZone", False))
    has_offset = truthy(option(options, "includeOffset", True))
    space = " " if truthy(option(options, "includeOffsetSpace", True)) else ""
    clock = time_format(time, "HH:mm:ss.SSS")
    if has_zone:
        return f"{clock}{space}{time.zone}"
    if not has_offset:
        return clock
    shown = "Z" if time.is_fixed and not time.offset else time_format(time, "ZZ")
    return f"{clock}{space}{shown}"


def to_sql(scope: Scope, time: DateTime, options: Value = UNDEFINED) -> Value:
    """`toSQL`."""
    return f"{iso_day(time)} {to_sql_time(scope, time, options)}" if time.is_valid else None


def to_http(_scope: Scope, time: DateTime) -> Value:
    """`toHTTP`."""
    if not time.is_valid:
        return None
    return time_format(DateTime(time.ms, "UTC"), "EEE, dd LLL yyyy HH:mm:ss 'GMT'")


def to_millis(_scope: Scope, time: DateTime) -> float:
    """`toMillis`."""
    return tidy(time.ms)


def to_seconds(_scope: Scope, time: DateTime) -> float:
    """`toSeconds`."""
    return tidy(time.ms / _SECOND) if time.is_valid else NAN


def to_unix(_scope: Scope, time: DateTime) -> float:
    """`toUnixInteger`."""
    return tidy(time.ms // _SECOND) if time.is_valid else NAN


def to_js_date(scope: Scope, time: DateTime) -> JsDate:
    """`toJSDate`."""
    return JsDate(time.ms, scope.time_zone)


def to_text(_scope: Scope, time: DateTime) -> str:
    """`toString`."""
    return time.js_string()


def to_json(_scope: Scope, time: DateTime) -> Value:
    """`toJSON`."""
    return time.js_json()


def to_object(_scope: Scope, time: DateTime, options: Value = UNDEFINED) -> Value:
    """`toObject`."""
    if not time.is_valid:
        return {}
    parts: dict[str, Value] = dict(zip(PARTS, time.fields()[:7], strict=True))
    if truthy(option(options, "includeConfig", False)):
        config = {"outputCalendar": None, "numberingSystem": None}
        parts |= {**config, "locale": time.locale or "en-US"}
    return parts


def set_zone(
    scope: Scope, time: DateTime, zone: Value = UNDEFINED, options: Value = UNDEFINED
) -> DateTime:
    """`setZone`."""
    name = zone_from(scope, zone)
    if name is None:
        return unsupported_zone(to_js_string(zone))
    return _in_zone(time, name, options)


def _in_zone(time: DateTime, zone: str, options: Value) -> DateTime:
    if zone == time.zone or not time.is_valid:
        return time
    moved = DateTime(time.ms, zone, time.locale)
    keeps = truthy(option(options, "keepLocalTime", False))
    if not (keeps or truthy(option(options, "keepCalendarTime", False))):
        return moved
    return moved.at_local(time.ms + time.offset * 60_000)


def to_utc(
    _scope: Scope, time: DateTime, offset: Value = UNDEFINED, options: Value = UNDEFINED
) -> DateTime:
    """`toUTC`."""
    minutes = offset if isinstance(offset, (int, float)) else 0
    if not math.isfinite(minutes):
        return invalid("invalid input")
    return _in_zone(time, fixed_zone(minutes), options)


def to_local(scope: Scope, time: DateTime) -> DateTime:
    """`toLocal`."""
    return _in_zone(time, own_zone(scope), UNDEFINED)


def set_locale(_scope: Scope, time: DateTime, locale: Value = UNDEFINED) -> DateTime:
    """`setLocale`."""
    name = to_js_string(locale) if truthy(locale) else time.locale
    return DateTime(time.ms, time.zone, name, offset=time.offset) if time.is_valid else time


def reconfigure(scope: Scope, time: DateTime, options: Value = UNDEFINED) -> DateTime:
    """`reconfigure`."""
    return set_locale(scope, time, option(options, "locale"))


def itself(_scope: Scope, time: DateTime) -> DateTime:
    """`toDateTime`."""
    return time


def other_time(scope: Scope, value: Value) -> DateTime:
    """Return the other time of a comparison."""
    if isinstance(value, DateTime):
        return value
    if isinstance(value, JsDate):
        return DateTime(value.ms, own_zone(scope))
    raise type_error("a DateTime is needed here")


def _units_in(units: Value) -> list[str]:
    if units is UNDEFINED:
        return ["milliseconds"]
    return [unit_of(name) for name in (units if isinstance(units, list) else [units])]


def diff(
    scope: Scope,
    time: DateTime,
    other: Value = UNDEFINED,
    units: Value = UNDEFINED,
    options: Value = UNDEFINED,
) -> Duration:
    """`diff`."""
    is_longterm = option(options, "conversionAccuracy") == "longterm"
    return difference(time, other_time(scope, other), _units_in(units), is_longterm=is_longterm)


def diff_now(
    scope: Scope, time: DateTime, units: Value = UNDEFINED, options: Value = UNDEFINED
) -> Duration:
    """`diffNow`."""
    return diff(scope, time, now(scope), units, options)


def has_same(
    scope: Scope, time: DateTime, other: Value = UNDEFINED, unit: Value = UNDEFINED
) -> bool:
    """`hasSame`: by the clock of the other one's zone."""
    if not time.is_valid:
        return False
    second = other_time(scope, other)
    moved = _in_zone(time, second.zone, {"keepLocalTime": True})
    name = unit_of(unit)
    return bool(start_of(moved, name).ms <= second.ms <= end_of(moved, name).ms)


def equals(_scope: Scope, time: DateTime, other: Value = UNDEFINED) -> bool:
    """`equals`."""
    if not (isinstance(other, DateTime) and time.is_valid and other.is_valid):
        return False
    locales = (time.locale or "en-US") == (other.locale or "en-US")
    return time.ms == other.ms and time.zone == other.zone and locales


def change(_scope: Scope, time: DateTime, fields: Value = UNDEFINED) -> DateTime:
    """`set`."""
    return with_parts(time, _without_quarters(fields_in(fields))) if time.is_valid else time


def _without_quarters(parts: dict[str, float]) -> dict[str, float]:
    return {name: value for name, value in parts.items() if name != "quarter"}


def to_locale_string(
    _scope: Scope, time: DateTime, options: Value = UNDEFINED, more: Value = UNDEFINED
) -> str:
    """`toLocaleString`: a date only, unless the options ask for more; the second names a locale."""
    if not time.is_valid:
        return INVALID
    given = PRESETS["DATE_SHORT"] if options is UNDEFINED else _plain(options)
    made, ms = names.formatter(time, given, _locale_in(time, more))
    return made.text(ms)


def _plain(options: Value) -> dict[str, Value]:
    return options if isinstance(options, dict) else {}


def _locale_in(time: DateTime, options: Value) -> str | None:
    asked = option(options, "locale")
    return to_js_string(asked) if truthy(asked) else time.locale


def to_locale_parts(_scope: Scope, time: DateTime, options: Value = UNDEFINED) -> Value:
    """`toLocaleParts`."""
    if not time.is_valid:
        return []
    made, ms = names.formatter(time, _plain(options), _locale_in(time, options))
    return [{"type": kind, "value": text} for kind, text in made.parts(ms)]


def weekend(_scope: Scope, time: DateTime) -> bool:
    """`isWeekend`, called."""
    return is_weekend(time)


def get(_scope: Scope, time: DateTime, part: Value = UNDEFINED) -> Value:
    """`get`: a part by its name."""
    return read_time(time, to_js_string(part))


def extract(_scope: Scope, time: DateTime, part: Value = UNDEFINED) -> Value:
    """`extract`: a part by its name, `week` among them."""
    name = "week" if part is UNDEFINED else to_js_string(part)
    return read_time(time, "weekNumber" if name in {"week", "weeks"} else name)


def is_between(
    scope: Scope, time: DateTime, first: Value = UNDEFINED, last: Value = UNDEFINED
) -> bool:
    """`isBetween`."""
    bounds = sorted((other_time(scope, first).ms, other_time(scope, last).ms))
    return bool(bounds[0] < time.ms < bounds[1])


def is_in_last(
    scope: Scope, time: DateTime, amount: Value = UNDEFINED, unit: Value = UNDEFINED
) -> bool:
    """`isInLast`: whether it is of the last so many units, minutes unless said otherwise."""
    count = 0 if amount is UNDEFINED else amount
    name = "minutes" if unit is UNDEFINED else unit
    here = now(scope)
    return bool(add(here, duration_of(count, name), -1).ms < time.ms <= here.ms)


TIMES: Final[dict[str, Any]] = {
    "diff": diff, "diffNow": diff_now, "diffTo": diff, "diffToNow": diff_now, "endOf": ends,
    "equals": equals, "extract": extract, "format": to_format, "get": get, "hasSame": has_same,
    "isBetween": is_between, "isInLast": is_in_last, "isWeekend": weekend, "minus": minus, "plus": plus,
    "reconfigure": reconfigure, "set": change, "setLocale": set_locale, "setZone": set_zone,
    "startOf": starts, "beginningOf": starts, "toFormat": to_format, "toISO": to_iso,
    "toISODate": to_iso_date, "toISOTime": to_iso_time, "toISOWeekDate": _text_of("kkkk-'W'WW-c"),
    "toJSDate": to_js_date, "toBSON": to_js_date, "toJSON": to_json, "toLocal": to_local,
    "toLocaleString": to_locale_string, "toLocaleParts": to_locale_parts, "toObject": to_object,
    "toDateTime": itself, "toMillis": to_millis, "toSQL": to_sql, "toSQLDate": _text_of("yyyy-MM-dd"),
    "toSQLTime": to_sql_time, "toRFC2822": _text_of("EEE, dd LLL yyyy HH:mm:ss ZZZ"),
    "toRelative": to_relative, "toRelativeCalendar": to_relative_calendar, "toSeconds": to_seconds,
    "toString": to_text, "toUTC": to_utc, "toUnixInteger": to_unix, "valueOf": to_millis,
    "toHTTP": to_http,
}  # fmt: skip
