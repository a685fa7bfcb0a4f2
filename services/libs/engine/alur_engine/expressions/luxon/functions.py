"""The static members of `DateTime`, `Duration` and `Interval`."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from alur_engine.expressions.convert import to_js_string
from alur_engine.expressions.dates.value import JsDate
from alur_engine.expressions.luxon import reading
from alur_engine.expressions.luxon.arithmetic import add
from alur_engine.expressions.luxon.duration import Duration, duration_of, invalid_duration
from alur_engine.expressions.luxon.interval import Interval, interval_of, invalid_interval
from alur_engine.expressions.luxon.making import from_parts, options_in, parsed
from alur_engine.expressions.luxon.methods import other_time
from alur_engine.expressions.luxon.presets import PRESETS
from alur_engine.expressions.luxon.reading import Read
from alur_engine.expressions.luxon.tokens import read_format
from alur_engine.expressions.luxon.units import (
    amounts_in,
    fields_in,
    is_object,
    luxon_error,
    option,
)
from alur_engine.expressions.luxon.value import DateTime, invalid, now, unsupported_zone
from alur_engine.expressions.numbers import format_number, tidy
from alur_engine.expressions.problems import type_error
from alur_engine.expressions.scope import Scope
from alur_engine.expressions.text import to_well_formed
from alur_engine.expressions.values import UNDEFINED, Native, Value

_LONGEST, _LONGEST_FORMAT = 1_000, 200
_LAST_MS: Final = 8.64e15
_PARTS: Final = ("year", "month", "day", "hour", "minute", "second", "millisecond")


def not_callable(_scope: Scope) -> Value:
    """`DateTime()`, which Luxon's class refuses."""
    raise type_error("Class constructor cannot be invoked without 'new'")


def _text(value: Value) -> str:
    """Return text to read, nothing for what is none or too long to be a time."""
    if value is None or value is UNDEFINED:
        return ""
    text = to_js_string(value)
    return to_well_formed(text) if len(text) <= _LONGEST else ""


def _reader(read: Callable[[str], Read], name: str) -> Native:
    def make(scope: Scope, text: Value = UNDEFINED, options: Value = UNDEFINED) -> DateTime:
        parts, zone = read(_text(text))
        told = f'the input "{to_js_string(text)}" can\'t be parsed as {name}'
        return parsed(scope, parts, zone, options_in(scope, options), told=told)

    return make


def _is_number(value: Value) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _at(scope: Scope, ms: float, options: Value) -> DateTime:
    asked = options_in(scope, options)
    if asked.zone is None:
        return unsupported_zone(to_js_string(asked.asked))
    return DateTime(ms, asked.zone, asked.locale)


def from_millis(scope: Scope, ms: Value = UNDEFINED, options: Value = UNDEFINED) -> DateTime:
    """`DateTime.fromMillis`."""
    if not _is_number(ms):
        kind = "string" if isinstance(ms, str) else "undefined" if ms is UNDEFINED else "object"
        what = f"but received a {kind} with value {to_js_string(ms)}"
        raise luxon_error(f"fromMillis requires a numerical input, {what}")
    if abs(ms) > _LAST_MS:
        return invalid("Timestamp out of range")
    return _at(scope, ms, options)


def from_seconds(scope: Scope, seconds: Value = UNDEFINED, options: Value = UNDEFINED) -> DateTime:
    """`DateTime.fromSeconds`."""
    if not _is_number(seconds):
        raise luxon_error("fromSeconds requires a numerical input")
    return _at(scope, tidy(seconds * 1000), options)


def from_js_date(scope: Scope, date: Value = UNDEFINED, options: Value = UNDEFINED) -> DateTime:
    """`DateTime.fromJSDate`."""
    if not isinstance(date, JsDate) or not date.is_valid:
        return invalid("invalid input")
    return _at(scope, date.ms, options)


def from_format(
    scope: Scope, text: Value = UNDEFINED, pattern: Value = UNDEFINED, options: Value = UNDEFINED
) -> DateTime:
    """`DateTime.fromFormat`."""
    if text is UNDEFINED or pattern is UNDEFINED:
        raise luxon_error("fromFormat requires an input string and a format")
    asked, form = options_in(scope, options), to_well_formed(to_js_string(pattern))
    if text is None:
        raise type_error("Cannot read properties of null (reading 'match')")
    if len(form) > _LONGEST_FORMAT:
        raise luxon_error(f"a format has at most {_LONGEST_FORMAT} characters here")
    found = read_format(_text(text), form, asked.locale)
    told = f'the input "{to_js_string(text)}" can\'t be parsed as format {form}'
    if found is None:
        return invalid("unparsable", told)
    return parsed(scope, found.parts, found.zone, asked, told=told, guess=found.offset)


def from_object(scope: Scope, fields: Value = UNDEFINED, options: Value = UNDEFINED) -> DateTime:
    """`DateTime.fromObject`."""
    parts = {name: n for name, n in fields_in(fields).items() if name != "quarter"}
    return from_parts(scope, parts, options_in(scope, options))


def local(scope: Scope, *parts: Value) -> DateTime:
    """`DateTime.local`: parts from the year down, then options."""
    return _from_list(scope, list(parts), UNDEFINED)


def utc(scope: Scope, *parts: Value) -> DateTime:
    """`DateTime.utc`."""
    return _from_list(scope, list(parts), "UTC")


def _from_list(scope: Scope, parts: list[Value], zone: Value) -> DateTime:
    options: Value = parts.pop() if parts and is_object(parts[-1]) else {}
    if zone is not UNDEFINED:
        options = {**options, "zone": zone} if isinstance(options, dict) else {"zone": zone}
    given = {name: part for name, part in zip(_PARTS, parts, strict=False) if part is not UNDEFINED}
    if "year" not in given:
        return _at(scope, scope.now_ms, options)
    for name, part in given.items():
        if not _is_number(part) or not math.isfinite(part):
            kind = "string" if isinstance(part, str) else "number"
            told = (
                f"you specified {to_js_string(part)} (of type {kind}) as a {name}, which is invalid"
            )
            return invalid("unit out of range", told)
    return from_parts(scope, given, options_in(scope, options))


def is_date_time(_scope: Scope, value: Value = UNDEFINED) -> bool:
    """`DateTime.isDateTime`."""
    return isinstance(value, DateTime)


def is_duration(_scope: Scope, value: Value = UNDEFINED) -> bool:
    """`Duration.isDuration`."""
    return isinstance(value, Duration)


def is_interval(_scope: Scope, value: Value = UNDEFINED) -> bool:
    """`Interval.isInterval`."""
    return isinstance(value, Interval)


def _best(name: str, sign: int) -> Native:
    def choose(_scope: Scope, *times: Value) -> Value:
        if not all(isinstance(time, DateTime) for time in times):
            raise luxon_error(f"{name} requires all arguments be DateTimes")
        return min(times, key=lambda time: sign * time.ms, default=UNDEFINED)

    return choose


def make_invalid(
    _scope: Scope, reason: Value = UNDEFINED, explanation: Value = UNDEFINED
) -> DateTime:
    """`DateTime.invalid`."""
    if reason is UNDEFINED or reason is None or reason == "":
        raise luxon_error("need to specify a reason the DateTime is invalid")
    told = None if explanation is UNDEFINED else explanation
    return invalid(to_js_string(reason), told)


def _duration(options: Value, amounts: dict[str, float]) -> Duration:
    locale = option(options, "locale")
    return Duration(
        amounts,
        to_js_string(locale) if isinstance(locale, str) and locale else None,
        is_longterm=option(options, "conversionAccuracy") == "longterm",
    )


def _period_reader(read: Callable[[str], dict[str, float] | None]) -> Native:
    def make(_scope: Scope, text: Value = UNDEFINED, options: Value = UNDEFINED) -> Duration:
        amounts = read(_text(text))
        if amounts is None:
            told = f'the input "{to_js_string(text)}" can\'t be parsed as ISO 8601'
            return invalid_duration("unparsable", told)
        return _duration(options, {unit: tidy(float(n)) for unit, n in amounts.items()})

    return make


def duration_from_object(
    _scope: Scope, amounts: Value = UNDEFINED, options: Value = UNDEFINED
) -> Duration:
    """`Duration.fromObject`."""
    if not is_object(amounts):
        kind = "null" if amounts is None else _kind_of(amounts)
        raise luxon_error(f"Duration.fromObject: argument expected to be an object, got {kind}")
    return _duration(options, amounts_in(amounts))


def _kind_of(value: Value) -> str:
    if value is UNDEFINED:
        return "undefined"
    return "string" if isinstance(value, str) else "boolean" if value in (True, False) else "number"


def duration_from_millis(
    _scope: Scope, ms: Value = UNDEFINED, options: Value = UNDEFINED
) -> Duration:
    """`Duration.fromMillis`."""
    return _duration(options, amounts_in({"milliseconds": ms}))


def duration_like(_scope: Scope, value: Value = UNDEFINED) -> Duration:
    """`Duration.fromDurationLike`."""
    return duration_of(value)


def _friendly(scope: Scope, value: Value) -> DateTime | None:
    if isinstance(value, (DateTime, JsDate)):
        return other_time(scope, value)
    if isinstance(value, dict):
        return from_object(scope, value)
    if value is UNDEFINED or value is None:
        return None
    shown = format_number(value) if _is_number(value) else to_js_string(value)
    raise luxon_error(f"Unknown datetime argument: {shown}, of type {_kind_of(value)}")


def from_date_times(scope: Scope, start: Value = UNDEFINED, end: Value = UNDEFINED) -> Interval:
    """`Interval.fromDateTimes`."""
    return interval_of(_friendly(scope, start), _friendly(scope, end))


def after(scope: Scope, start: Value = UNDEFINED, length: Value = UNDEFINED) -> Interval:
    """`Interval.after`."""
    time = other_time(scope, _friendly(scope, start))
    return interval_of(time, add(time, duration_of(length)))


def before(scope: Scope, end: Value = UNDEFINED, length: Value = UNDEFINED) -> Interval:
    """`Interval.before`."""
    time = other_time(scope, _friendly(scope, end))
    return interval_of(add(time, duration_of(length), -1), time)


def interval_from_iso(
    scope: Scope, text: Value = UNDEFINED, options: Value = UNDEFINED
) -> Interval:
    """`Interval.fromISO`: two times, or one and a duration."""
    halves = _text(text).split("/")[:2]
    told = f'the input "{to_js_string(text)}" can\'t be parsed as ISO 8601'
    if len(halves) < 2 or not all(halves):  # noqa: PLR2004  two ends
        return invalid_interval("unparsable", told)
    read = _reader(reading.read_iso, "ISO 8601")
    start, end = (read(scope, half, options) for half in halves)
    if start.is_valid and end.is_valid:
        return interval_of(start, end)
    period = reading.read_period(halves[start.is_valid])
    if period is not None and start.is_valid:
        return interval_of(start, add(start, Duration(period)))
    if period is not None and end.is_valid:
        return interval_of(add(end, Duration(period), -1), end)
    return invalid_interval("unparsable", told)


DATETIME: Final[dict[str, Value]] = {
    **PRESETS,
    "fromFormat": from_format,
    "fromHTTP": _reader(reading.read_http, "HTTP"),
    "fromISO": _reader(reading.read_iso, "ISO 8601"),
    "fromJSDate": from_js_date,
    "fromMillis": from_millis,
    "fromObject": from_object,
    "fromRFC2822": _reader(reading.read_rfc2822, "RFC 2822"),
    "fromSQL": _reader(reading.read_sql, "SQL"),
    "fromSeconds": from_seconds,
    "fromString": from_format,
    "invalid": make_invalid,
    "isDateTime": is_date_time,
    "local": local,
    "max": _best("max", -1),
    "min": _best("min", 1),
    "now": now,
    "utc": utc,
}
DURATION: Final[dict[str, Value]] = {
    "fromDurationLike": duration_like,
    "fromISO": _period_reader(reading.read_period),
    "fromISOTime": _period_reader(reading.read_clock),
    "fromMillis": duration_from_millis,
    "fromObject": duration_from_object,
    "isDuration": is_duration,
}
INTERVAL: Final[dict[str, Value]] = {
    "after": after,
    "before": before,
    "fromDateTimes": from_date_times,
    "fromISO": interval_from_iso,
    "isInterval": is_interval,
}
