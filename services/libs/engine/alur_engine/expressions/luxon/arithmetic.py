"""Adding to times, rounding them, and the difference of two, as Luxon does it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from alur_engine.expressions.convert import to_js_string, to_number
from alur_engine.expressions.dates.calendar import DAY_MS, days_in_month, ms_of, to_instant
from alur_engine.expressions.luxon.value import UNIT_MS, UNITS, DateTime, Duration, iso_weekday
from alur_engine.expressions.numbers import tidy
from alur_engine.expressions.values import UNDEFINED, Value
from alur_sdk.errors import ExpressionError

_CALENDAR: Final = ("years", "quarters", "months", "weeks", "days")
_MONTHS_IN: Final = {"years": 12, "quarters": 3, "months": 1}
_DAYS_IN: Final = {"weeks": 7, "days": 1}
_EXACT: Final = ("hours", "minutes", "seconds", "milliseconds")


def unit_of(name: Value) -> str:
    """Return the plural of a unit's name, or raise as Luxon does."""
    text = to_js_string(name).lower()
    unit = text if text.endswith("s") else text + "s"
    if unit not in UNITS:
        raise ExpressionError(f"Invalid unit {to_js_string(name)}", kind="RangeError")
    return unit


def duration_of(amount: Value, unit: Value = UNDEFINED) -> Duration:
    """Return what `plus(…)` is given as a duration: an object, a number with or without a unit."""
    if isinstance(amount, Duration):
        return amount
    if isinstance(amount, Mapping):
        return Duration({unit_of(name): to_number(value) for name, value in amount.items()})
    name = "milliseconds" if unit is UNDEFINED else unit_of(unit)
    return Duration({name: to_number(amount)})


def add(time: DateTime, duration: Duration, sign: int) -> DateTime:
    """Return a time moved by a duration: first by the calendar, then by the clock."""
    if not time.is_valid:
        return time
    amounts = duration.amounts
    months = sum(int(amounts.get(unit, 0)) * size for unit, size in _MONTHS_IN.items()) * sign
    days = sum(int(amounts.get(unit, 0)) * size for unit, size in _DAYS_IN.items()) * sign
    ms = _move(time, months, days) if months or days else int(time.ms)
    ms += int(sign * sum(amounts.get(unit, 0) * UNIT_MS[unit] for unit in _EXACT))
    return DateTime(ms, time.zone)


def _move(time: DateTime, months: int, days: int) -> int:
    at = time.fields()
    year, month = divmod(at.year * 12 + at.month - 1 + months, 12)
    day = min(at.day, days_in_month(year, month + 1))
    clock = ((at.hour * 60 + at.minute) * 60 + at.second) * 1000 + at.milli
    return to_instant(ms_of(year, month, day + days, clock), time.zone)


def start_of(time: DateTime, unit: str) -> DateTime:
    """Return the first instant of the unit that a time is in; weeks begin on Monday."""
    if not time.is_valid:
        return time
    at = time.fields()
    if unit in {"hours", "minutes", "seconds", "milliseconds"}:
        size = UNIT_MS[unit]
        local = int(time.ms) + time.offset * 60_000
        return DateTime(int(time.ms) - local % size, time.zone)
    month = {"years": 0, "quarters": (at.month - 1) // 3 * 3}.get(unit, at.month - 1)
    day = {"weeks": at.day - iso_weekday(at) + 1, "days": at.day}.get(unit, 1)
    return DateTime(to_instant(ms_of(at.year, month, day), time.zone), time.zone)


def end_of(time: DateTime, unit: str) -> DateTime:
    """Return the last millisecond of the unit that a time is in."""
    following = add(start_of(time, unit), Duration({unit: 1}), 1)
    return DateTime(following.ms - 1, time.zone)


def difference(later: DateTime, earlier: DateTime, units: list[str]) -> Duration:
    """Return how far `later` is from `earlier` in units, the smallest of them with its fraction."""
    if not (later.is_valid and earlier.is_valid):
        return Duration({})
    sign = 1 if later.ms >= earlier.ms else -1
    low, high = (earlier, later) if sign > 0 else (later, earlier)
    amounts: dict[str, float] = {}
    wanted = [unit for unit in UNITS if unit in units]
    for unit in wanted:
        if unit in _CALENDAR:
            count, low = _whole(low, high, unit)
            is_last = unit == wanted[-1]
            amounts[unit] = sign * tidy(count + (_fraction(low, high, unit) if is_last else 0.0))
    rest = int(high.ms) - int(low.ms)
    for unit in [unit for unit in wanted if unit in _EXACT]:
        whole, left = divmod(rest, UNIT_MS[unit])
        amounts[unit] = sign * tidy(rest / UNIT_MS[unit] if unit == wanted[-1] else float(whole))
        rest = left
    return Duration(amounts)


def _whole(low: DateTime, high: DateTime, unit: str) -> tuple[int, DateTime]:
    count = max(int((int(high.ms) - int(low.ms)) // (UNIT_MS[unit] + 2 * DAY_MS)) - 1, 0)
    if unit in {"days", "weeks"}:
        count = max(int((int(high.ms) - int(low.ms)) // UNIT_MS[unit]) - 1, 0)
    while add(low, Duration({unit: count + 1}), 1).ms <= high.ms:
        count += 1
    return count, add(low, Duration({unit: count}), 1)


def _fraction(low: DateTime, high: DateTime, unit: str) -> float:
    following = add(low, Duration({unit: 1}), 1)
    whole = following.ms - low.ms
    return (high.ms - low.ms) / whole if whole > 0 else 0.0
