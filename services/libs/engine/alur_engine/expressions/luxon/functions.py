"""The static members of `DateTime` and `Duration`."""

from __future__ import annotations

import math
import re
from typing import Final

from alur_engine.expressions.convert import to_js_string, to_number
from alur_engine.expressions.dates.calendar import days_in_month, find_zone, ms_of, to_instant
from alur_engine.expressions.dates.parsing import parse_iso, parse_time
from alur_engine.expressions.dates.value import JsDate
from alur_engine.expressions.luxon.arithmetic import duration_of
from alur_engine.expressions.luxon.formats import parse_format
from alur_engine.expressions.luxon.methods import other_time
from alur_engine.expressions.luxon.value import DateTime, Duration, now
from alur_engine.expressions.numbers import NAN, tidy
from alur_engine.expressions.problems import type_error
from alur_engine.expressions.scope import Scope
from alur_engine.expressions.values import UNDEFINED, Value

_PERIOD: Final = re.compile(
    r"(-?)P(?:(-?[\d.]+)Y)?(?:(-?[\d.]+)M)?(?:(-?[\d.]+)W)?(?:(-?[\d.]+)D)?"
    r"(?:T(?:(-?[\d.]+)H)?(?:(-?[\d.]+)M)?(?:(-?[\d.]+)S)?)?\Z",
    re.ASCII,
)
_MOST: Final = 1e6
_PERIOD_UNITS: Final = ("years", "months", "weeks", "days", "hours", "minutes", "seconds")


def not_callable(_scope: Scope) -> Value:
    """`DateTime()`, which Luxon's class refuses."""
    raise type_error("Class constructor cannot be invoked without 'new'")


def _zone_in(scope: Scope, options: Value) -> str:
    if not isinstance(options, dict) or "zone" not in options:
        return scope.time_zone
    name = to_js_string(options["zone"])
    return scope.time_zone if name == "local" else "UTC" if name.lower() == "utc" else name


def _placed(ms: float, zone: str) -> DateTime:
    if find_zone(zone) is None:
        return DateTime(NAN, zone, "unsupported zone")
    return DateTime(ms, zone, "unparsable")


def from_iso(scope: Scope, text: Value = UNDEFINED, options: Value = UNDEFINED) -> DateTime:
    """`DateTime.fromISO`: what has no offset is read in the zone."""
    zone = _zone_in(scope, options)
    return _placed(parse_iso(to_js_string(text), zone), zone)


def from_text(scope: Scope, text: Value = UNDEFINED, options: Value = UNDEFINED) -> DateTime:
    """`DateTime.fromSQL`, `fromHTTP` and `fromRFC2822`."""
    zone = _zone_in(scope, options)
    read = to_js_string(text)
    iso = parse_iso(read, zone)
    return _placed(iso if iso == iso else parse_time(read, zone), zone)  # noqa: PLR0124  NaN


def from_millis(scope: Scope, ms: Value = UNDEFINED, options: Value = UNDEFINED) -> DateTime:
    """`DateTime.fromMillis`."""
    return _placed(to_number(ms), _zone_in(scope, options))


def from_seconds(scope: Scope, seconds: Value = UNDEFINED, options: Value = UNDEFINED) -> DateTime:
    """`DateTime.fromSeconds`."""
    return _placed(to_number(seconds) * 1000, _zone_in(scope, options))


def from_js_date(scope: Scope, date: Value = UNDEFINED, options: Value = UNDEFINED) -> DateTime:
    """`DateTime.fromJSDate`."""
    ms = date.ms if isinstance(date, JsDate) else NAN
    return _placed(ms, _zone_in(scope, options))


def from_format(
    scope: Scope, text: Value = UNDEFINED, pattern: Value = UNDEFINED, options: Value = UNDEFINED
) -> DateTime:
    """`DateTime.fromFormat`."""
    return parse_format(to_js_string(text), to_js_string(pattern), _zone_in(scope, options))


def from_object(scope: Scope, fields: Value = UNDEFINED, options: Value = UNDEFINED) -> DateTime:
    """`DateTime.fromObject`."""
    zone = _zone_in(scope, options)
    given = fields if isinstance(fields, dict) else {}
    at = now(scope).fields()
    names = ("year", "month", "day", "hour", "minute", "second", "millisecond")
    defaults = (at.year, 1, 1, 0, 0, 0, 0)
    parts = [given.get(name, default) for name, default in zip(names, defaults, strict=True)]
    return _placed(_local_ms([to_number(part) for part in parts], zone), zone)


def _local_ms(numbers: list[float], zone: str) -> float:
    """Return the instant of a local time given from the year down, the month from 1."""
    if not all(math.isfinite(number) and abs(number) < _MOST for number in numbers):
        return NAN
    parts = [*map(int, numbers), *[1970, 1, 1, 0, 0, 0, 0][len(numbers) :]]
    year, month, day, hour, minute, second, milli = parts[:7]
    if not 1 <= month <= 12 or not 1 <= day <= days_in_month(year, month):  # noqa: PLR2004  months
        return NAN
    clock = ((hour * 60 + minute) * 60 + second) * 1000 + milli
    return to_instant(ms_of(year, month - 1, day, clock), zone)


def local(scope: Scope, *parts: Value) -> DateTime:
    """`DateTime.local`."""
    numbers = [to_number(part) for part in parts if not isinstance(part, dict)]
    if not numbers:
        return now(scope)
    return _placed(_local_ms(numbers, scope.time_zone), scope.time_zone)


def utc(scope: Scope, *parts: Value) -> DateTime:
    """`DateTime.utc`."""
    numbers = [to_number(part) for part in parts if not isinstance(part, dict)]
    return DateTime(_local_ms(numbers, "UTC") if numbers else scope.now_ms, "UTC")


def is_date_time(_scope: Scope, value: Value = UNDEFINED) -> bool:
    """`DateTime.isDateTime`."""
    return isinstance(value, DateTime)


def latest(scope: Scope, *times: Value) -> Value:
    """`DateTime.max`."""
    return max(
        (other_time(scope, time) for time in times), key=lambda time: time.ms, default=UNDEFINED
    )


def earliest(scope: Scope, *times: Value) -> Value:
    """`DateTime.min`."""
    return min(
        (other_time(scope, time) for time in times), key=lambda time: time.ms, default=UNDEFINED
    )


def duration_from_iso(_scope: Scope, text: Value = UNDEFINED) -> Duration:
    """`Duration.fromISO`."""
    found = _PERIOD.match(to_js_string(text))
    if not found:
        raise type_error(f"the duration `{to_js_string(text)}` cannot be read")
    sign = -1 if found[1] else 1
    return Duration(
        {
            unit: tidy(sign * float(amount))
            for unit, amount in zip(_PERIOD_UNITS, found.groups()[1:], strict=True)
            if amount is not None
        }
    )


def duration_from_object(_scope: Scope, amounts: Value = UNDEFINED) -> Duration:
    """`Duration.fromObject`."""
    return duration_of(amounts if isinstance(amounts, dict) else {})


def duration_from_millis(_scope: Scope, ms: Value = UNDEFINED) -> Duration:
    """`Duration.fromMillis`."""
    return duration_of(ms)


def _style(month: str, *, clock: int = 0, weekday: bool = False) -> dict[str, str]:
    parts = {"weekday": "long"} if weekday else {}
    parts |= {"year": "numeric", "month": month, "day": "numeric"}
    return parts | dict.fromkeys(("hour", "minute", "second")[:clock], "numeric")


DATETIME: Final[dict[str, Value]] = {
    "DATETIME_MED": _style("short", clock=2),
    "DATETIME_SHORT": _style("numeric", clock=2),
    "DATETIME_SHORT_WITH_SECONDS": _style("numeric", clock=3),
    "DATETIME_MED_WITH_SECONDS": _style("short", clock=3),
    "DATE_FULL": _style("long"),
    "DATE_HUGE": _style("long", weekday=True),
    "DATE_MED": _style("short"),
    "DATE_SHORT": _style("numeric"),
    "TIME_SIMPLE": dict.fromkeys(("hour", "minute"), "numeric"),
    "TIME_WITH_SECONDS": dict.fromkeys(("hour", "minute", "second"), "numeric"),
    "TIME_24_SIMPLE": dict.fromkeys(("hour", "minute"), "numeric") | {"hourCycle": "h23"},
    "fromFormat": from_format,
    "fromHTTP": from_text,
    "fromISO": from_iso,
    "fromJSDate": from_js_date,
    "fromMillis": from_millis,
    "fromObject": from_object,
    "fromRFC2822": from_text,
    "fromSQL": from_text,
    "fromSeconds": from_seconds,
    "isDateTime": is_date_time,
    "local": local,
    "max": latest,
    "min": earliest,
    "now": now,
    "utc": utc,
}
DURATION: Final[dict[str, Value]] = {
    "fromISO": duration_from_iso,
    "fromMillis": duration_from_millis,
    "fromObject": duration_from_object,
}
