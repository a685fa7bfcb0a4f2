"""The methods of `Interval`, and `DateTime.until`, which makes one."""

from __future__ import annotations

from typing import Any, Final

from alur_engine.expressions.convert import to_js_string, to_number, truthy
from alur_engine.expressions.limits import spend_slots, spend_steps
from alur_engine.expressions.luxon import interval as intervals
from alur_engine.expressions.luxon.duration import Duration, duration_of
from alur_engine.expressions.luxon.formats import time_format
from alur_engine.expressions.luxon.interval import INVALID, Interval, interval_of
from alur_engine.expressions.luxon.iso import iso_clock, iso_day, iso_text
from alur_engine.expressions.luxon.methods import other_time
from alur_engine.expressions.luxon.units import luxon_error, option, unit_of
from alur_engine.expressions.luxon.value import DateTime
from alur_engine.expressions.methods.calling import callback
from alur_engine.expressions.numbers import NAN
from alur_engine.expressions.problems import type_error
from alur_engine.expressions.scope import Scope
from alur_engine.expressions.values import UNDEFINED, Value
from alur_sdk.errors import ExpressionError

_MOST: Final = 10_000


def until(scope: Scope, time: DateTime, other: Value = UNDEFINED) -> Value:
    """`DateTime.until`."""
    return interval_of(time, other_time(scope, other)) if time.is_valid else time


def _units(units: Value) -> list[str]:
    if units is UNDEFINED:
        return ["milliseconds"]
    names = [unit_of(name) for name in (units if isinstance(units, list) else [units])]
    if not names:
        raise luxon_error("Invalid unit ")
    return names


def length(_scope: Scope, interval: Interval, unit: Value = UNDEFINED) -> float:
    """`length`."""
    names = _units(unit)
    return intervals.length(interval, names).get(names[0]) if interval.is_valid else NAN


def count(
    _scope: Scope, interval: Interval, unit: Value = UNDEFINED, options: Value = UNDEFINED
) -> float:
    """`count`."""
    by_locale = truthy(option(options, "useLocaleWeeks", False))
    return intervals.count(interval, _units(unit)[0], by_locale=by_locale)


def to_duration(_scope: Scope, interval: Interval, units: Value = UNDEFINED) -> Duration:
    """`toDuration`."""
    return intervals.length(interval, _units(units))


def has_same(_scope: Scope, interval: Interval, unit: Value = UNDEFINED) -> bool:
    """`hasSame`."""
    return intervals.has_same(interval, unit_of(unit))


def is_empty(_scope: Scope, interval: Interval) -> bool:
    """`isEmpty`."""
    return interval.is_valid and interval.start.ms == interval.end.ms


def is_after(scope: Scope, interval: Interval, time: Value = UNDEFINED) -> bool:
    """`isAfter`."""
    return interval.is_valid and interval.start.ms > other_time(scope, time).ms


def is_before(scope: Scope, interval: Interval, time: Value = UNDEFINED) -> bool:
    """`isBefore`."""
    return interval.is_valid and interval.end.ms <= other_time(scope, time).ms


def contains(scope: Scope, interval: Interval, time: Value = UNDEFINED) -> bool:
    """`contains`."""
    return interval.contains(other_time(scope, time))


def change(scope: Scope, interval: Interval, ends: Value = UNDEFINED) -> Interval:
    """`set`."""
    if not interval.is_valid:
        return interval
    start, end = option(ends, "start", interval.start), option(ends, "end", interval.end)
    return interval_of(other_time(scope, start), other_time(scope, end))


def _charged(scope: Scope, parts: list[Interval]) -> list[Interval]:
    spend_slots(scope, len(parts))
    return parts


def split_at(scope: Scope, interval: Interval, *times: Value) -> Value:
    """`splitAt`."""
    return _charged(
        scope, intervals.split_at(interval, [other_time(scope, time) for time in times])
    )


def split_by(scope: Scope, interval: Interval, step: Value = UNDEFINED) -> Value:
    """`splitBy`."""
    made = intervals.split_by(interval, duration_of(step), _MOST)
    if len(made) == _MOST:
        raise ExpressionError(f"an interval is split into at most {_MOST - 1} parts here")
    return _charged(scope, made)


def divide_equally(scope: Scope, interval: Interval, parts: Value = UNDEFINED) -> Value:
    """`divideEqually`."""
    wanted = to_number(parts)
    if not interval.is_valid or not 0 < wanted < _MOST:
        return []
    step = Duration({"milliseconds": (interval.end.ms - interval.start.ms) / wanted})
    return _charged(scope, intervals.split_by(interval, step, int(wanted)))


def _other(value: Value) -> Interval:
    if isinstance(value, Interval):
        return value
    raise type_error("an Interval is needed here")


def overlaps(_scope: Scope, interval: Interval, other: Value = UNDEFINED) -> bool:
    """`overlaps`."""
    second = _other(other)
    return interval.end.ms > second.start.ms and interval.start.ms < second.end.ms


def abuts_start(_scope: Scope, interval: Interval, other: Value = UNDEFINED) -> bool:
    """`abutsStart`."""
    return interval.is_valid and interval.end.ms == _other(other).start.ms


def abuts_end(_scope: Scope, interval: Interval, other: Value = UNDEFINED) -> bool:
    """`abutsEnd`."""
    return interval.is_valid and _other(other).end.ms == interval.start.ms


def engulfs(_scope: Scope, interval: Interval, other: Value = UNDEFINED) -> bool:
    """`engulfs`."""
    second = _other(other)
    is_around = interval.start.ms <= second.start.ms and interval.end.ms >= second.end.ms
    return interval.is_valid and is_around


def equals(_scope: Scope, interval: Interval, other: Value = UNDEFINED) -> bool:
    """`equals`."""
    second = _other(other)
    if not (interval.is_valid and second.is_valid):
        return False
    pairs = ((interval.start, second.start), (interval.end, second.end))
    return all(one.ms == two.ms and one.zone == two.zone for one, two in pairs)


def intersection(_scope: Scope, interval: Interval, other: Value = UNDEFINED) -> Value:
    """`intersection`."""
    return intervals.overlap(interval, _other(other)) if interval.is_valid else interval


def union(_scope: Scope, interval: Interval, other: Value = UNDEFINED) -> Interval:
    """`union`."""
    return intervals.union(interval, _other(other)) if interval.is_valid else interval


def map_endpoints(scope: Scope, interval: Interval, function: Value = UNDEFINED) -> Interval:
    """`mapEndpoints`."""
    call = callback(function)
    ends = (other_time(scope, call(end)) for end in (interval.start, interval.end))
    return interval_of(*ends)


def to_text(_scope: Scope, interval: Interval) -> str:
    """`toString`."""
    return interval.js_string()


def to_iso(_scope: Scope, interval: Interval, options: Value = UNDEFINED) -> str:
    """`toISO`."""
    if not interval.is_valid:
        return INVALID
    return f"{iso_text(interval.start, options)}/{iso_text(interval.end, options)}"


def to_iso_date(_scope: Scope, interval: Interval) -> str:
    """`toISODate`."""
    if not interval.is_valid:
        return INVALID
    return f"{iso_day(interval.start)}/{iso_day(interval.end)}"


def to_iso_time(_scope: Scope, interval: Interval, options: Value = UNDEFINED) -> str:
    """`toISOTime`."""
    if not interval.is_valid:
        return INVALID
    return f"{iso_clock(interval.start, options)}/{iso_clock(interval.end, options)}"


def to_format(
    scope: Scope, interval: Interval, pattern: Value = UNDEFINED, options: Value = UNDEFINED
) -> str:
    """`toFormat`."""
    if not interval.is_valid:
        return INVALID
    text = to_js_string(pattern)
    spend_steps(scope, len(text))
    join = to_js_string(option(options, "separator", " \u2013 "))
    return join.join(time_format(end, text, end.locale) for end in (interval.start, interval.end))


INTERVALS: Final[dict[str, Any]] = {
    "abutsEnd": abuts_end, "abutsStart": abuts_start, "contains": contains, "count": count,
    "divideEqually": divide_equally, "engulfs": engulfs, "equals": equals, "hasSame": has_same,
    "intersection": intersection, "isAfter": is_after, "isBefore": is_before, "isEmpty": is_empty,
    "length": length, "mapEndpoints": map_endpoints, "overlaps": overlaps, "set": change,
    "splitAt": split_at, "splitBy": split_by, "toDuration": to_duration, "toFormat": to_format,
    "toISO": to_iso, "toISODate": to_iso_date, "toISOTime": to_iso_time, "toString": to_text,
    "union": union,
}  # fmt: skip
