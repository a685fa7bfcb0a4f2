"""`new Date(…)`, `Date()` and the static members of `Date`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from alur_engine.expressions.convert import to_js_string, to_number, to_primitive
from alur_engine.expressions.dates.calendar import HOUR_MS, MINUTE_MS, ms_of, to_instant
from alur_engine.expressions.dates.parsing import parse_time
from alur_engine.expressions.dates.value import JsDate
from alur_engine.expressions.luxon.value import DateTime
from alur_engine.expressions.numbers import NAN
from alur_engine.expressions.scope import Scope
from alur_engine.expressions.values import UNDEFINED, Value

_LAST: Final = 1e8
_PARTS: Final = 7


def now(scope: Scope) -> float:
    """`Date.now()`: the pinned time of the node run."""
    return scope.now_ms


def date_text(scope: Scope) -> str:
    """`Date()`."""
    return JsDate(scope.now_ms, scope.time_zone).js_string()


def parse(scope: Scope, text: Value = UNDEFINED) -> float:
    """`Date.parse`."""
    return JsDate(parse_time(to_js_string(text), scope.time_zone), scope.time_zone).ms


def utc(_scope: Scope, *parts: Value) -> float:
    """`Date.UTC`."""
    return JsDate(_from_parts(parts), "UTC").ms


def new_date(scope: Scope, *parts: Value) -> JsDate:
    """`new Date(…)`."""
    zone = scope.time_zone
    if not parts:
        return JsDate(scope.now_ms, zone)
    if len(parts) > 1:
        local = _from_parts(parts)
        return JsDate(to_instant(int(local), zone) if math.isfinite(local) else NAN, zone)
    if isinstance(parts[0], (JsDate, DateTime)):
        return JsDate(parts[0].js_number(), zone)
    value = to_primitive(parts[0])
    if isinstance(value, str):
        return JsDate(parse_time(value, zone), zone)
    return JsDate(to_number(value), zone)


def _from_parts(parts: Sequence[Value]) -> float:
    numbers = [to_number(part) for part in parts[:_PARTS]]
    if not numbers or not all(math.isfinite(n) and abs(n) <= _LAST for n in numbers):
        return NAN
    year, month, day, *clock = [*map(int, numbers), *[0, 0, 1, 0, 0, 0, 0][len(numbers) :]]
    if 0 <= year <= 99:  # noqa: PLR2004  short years are of the last century
        year += 1900
    return ms_of(year, month, day, clock_ms(clock))


def clock_ms(clock: Sequence[int]) -> int:
    """Return the milliseconds of hours, minutes, seconds and milliseconds, of any size."""
    hour, minute, second, milli = clock
    return hour * HOUR_MS + minute * MINUTE_MS + second * 1000 + milli
