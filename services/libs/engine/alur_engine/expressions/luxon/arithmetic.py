"""Adding to times, setting parts of them, rounding them, and the difference of two, as Luxon does it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from alur_engine.expressions.dates.calendar import Fields, days_in_month, fields_of, ms_of
from alur_engine.expressions.luxon import names
from alur_engine.expressions.luxon.duration import (
    Duration,
    combined,
    invalid_duration,
    negated,
    shifted,
    size_of,
)
from alur_engine.expressions.luxon.units import EXACT, UNITS, luxon_error
from alur_engine.expressions.luxon.value import DateTime
from alur_engine.expressions.luxon.weeks import ISO, days_of_week, iso_week, local_week
from alur_engine.expressions.luxon.zones import minutes_at, settled
from alur_engine.expressions.numbers import tidy

DAY_MS: Final = 86_400_000
_CALENDAR: Final = ("years", "quarters", "months", "weeks", "days")
_LAST_MS: Final = 1e9 * DAY_MS
_CLOCK_SIZES: Final = {"hours": 3_600_000, "minutes": 60_000, "seconds": 1_000, "milliseconds": 1}
PARTS: Final = ("year", "month", "day", "hour", "minute", "second", "millisecond")
_WEEK_PARTS: Final = ("weekYear", "weekNumber", "weekday")


def add(time: DateTime, duration: Duration, sign: int = 1) -> DateTime:
    """Return a time moved by a duration: first by the calendar, then by the clock."""
    if not time.is_valid:
        return time
    if not duration.is_valid:
        return time.moved(math.nan)
    amounts = duration.amounts if sign > 0 else {u: -n for u, n in duration.amounts.items()}
    for amount in amounts.values():
        if not -_LAST_MS < amount < _LAST_MS:
            return time.moved(math.nan)
    whole = {unit: int(amounts[unit]) for unit in _CALENDAR if amounts.get(unit)}
    ms, offset = time.ms, time.offset
    if any(whole.values()):
        ms, offset = settled(_moved(time.fields(), whole), offset, time.zone)
    extra = _extra_ms(amounts, whole)
    return time.moved(tidy(ms + extra)) if extra else time.moved(ms, offset)


def _extra_ms(amounts: Mapping[str, float], whole: Mapping[str, int]) -> float:
    """Return the milliseconds of what is no whole unit of the calendar, rounded as `shiftTo` does."""
    total: float = 0
    for unit in UNITS:
        rest = amounts.get(unit, 0) - whole.get(unit, 0)
        if rest:
            total += size_of(unit, is_longterm=False) * rest
    if type(total) is int:
        return total
    cut = int(total)
    return cut + (total * 1000 - cut * 1000) / 1000


def _moved(at: Fields, whole: Mapping[str, int]) -> float:
    months = at.year * 12 + at.month - 1
    get = whole.get
    months += get("years", 0) * 12 + get("quarters", 0) * 3 + get("months", 0)
    year, month = divmod(months, 12)
    day = min(at.day, days_in_month(year, month + 1)) + get("days", 0) + get("weeks", 0) * 7
    return ms_of(year, month, day, clock_of(at))


def clock_of(at: Fields) -> int:
    """Return the milliseconds since midnight."""
    return ((at.hour * 60 + at.minute) * 60 + at.second) * 1000 + at.milli


def check_mixed(given: Mapping[str, float]) -> None:
    """Raise where parts of different calendars are given at once, as Luxon does."""
    has_day = "month" in given or "day" in given
    is_of_week = given.get("weekYear") or given.get("weekNumber")
    if is_of_week and (has_day or "year" in given or "ordinal" in given):
        raise luxon_error("Can't mix weekYear/weekNumber units with year/month/day or ordinals")
    if has_day and "ordinal" in given:
        raise luxon_error("Can't mix ordinal dates with month/day")


def iso_parts(
    given: Mapping[str, float], locale: str | None
) -> tuple[dict[str, float], dict[str, Any]]:
    """Return parts with those of the locale's weeks in the place of ISO's, and the rules of weeks."""
    own = {name: f"local{name[0].upper()}{name[1:]}" for name in _WEEK_PARTS}
    if not any(name in given for name in own.values()):
        return dict(given), ISO
    if any(name in given for name in _WEEK_PARTS):
        raise luxon_error("Cannot mix locale-based week fields with ISO-based week fields")
    back = {local: name for name, local in own.items()}
    return {back.get(name, name): value for name, value in given.items()}, names.week_of(locale)


def with_parts(time: DateTime, given: Mapping[str, float]) -> DateTime:
    """Return a time with some of its parts changed; what is beyond its range carries over."""
    if not time.is_valid:
        return time
    parts, rules = iso_parts(given, time.locale)
    check_mixed(parts)
    at = time.fields()
    clock = dict(zip(PARTS[3:], (at.hour, at.minute, at.second, at.milli), strict=True)) | parts
    if any(name in parts for name in _WEEK_PARTS):
        own = dict(zip(_WEEK_PARTS, local_week(at, rules), strict=True)) | parts
        days = days_of_week([int(own[name]) for name in _WEEK_PARTS], rules)
    elif "ordinal" in parts:
        days = ms_of(int(parts.get("year", at.year)), 0, int(parts["ordinal"])) // DAY_MS
    else:
        days = _days(at, parts)
    return time.at_local(days * DAY_MS + clock_ms(clock))


def _days(at: Fields, parts: Mapping[str, float]) -> int:
    year, month = int(parts.get("year", at.year)), int(parts.get("month", at.month))
    extra, month0 = divmod(month - 1, 12)
    most = days_in_month(year + extra, month0 + 1)
    day = int(parts["day"]) if "day" in parts else min(most, at.day)
    return ms_of(year, month - 1, day) // DAY_MS


def clock_ms(parts: Mapping[str, float]) -> float:
    """Return the milliseconds of parts of the clock, of any size."""
    hours = int(parts["hour"]) * 60 + int(parts["minute"])
    return (hours * 60 + int(parts["second"])) * 1000 + int(parts["millisecond"])


def start_of(time: DateTime, unit: str, *, by_locale: bool = False) -> DateTime:
    """Return the first instant of the unit that a time is in; weeks begin on Monday."""
    if not time.is_valid:
        return time
    at = time.fields()
    if unit == "weeks" and by_locale:
        return with_parts(time, {**_week_start(time), **dict.fromkeys(PARTS[3:], 0)})
    size = _CLOCK_SIZES.get(unit)
    if size is not None:
        clock = clock_of(at)
        return time.at_local(ms_of(at.year, at.month - 1, at.day) + clock - clock % size)
    month = {"years": 1, "quarters": (at.month - 1) // 3 * 3 + 1}.get(unit, at.month)
    day = {"weeks": at.day - (at.weekday or 7) + 1, "days": at.day}.get(unit, 1)
    return time.at_local(ms_of(at.year, month - 1, day))


def _week_start(time: DateTime) -> dict[str, float]:
    first = names.week_of(time.locale)["firstDay"]
    at = time.fields()
    if (at.weekday or 7) < first:
        return {"weekNumber": iso_week(at)[1] - 1, "weekday": first}
    return {"weekday": first}


def end_of(time: DateTime, unit: str, *, by_locale: bool = False) -> DateTime:
    """Return the last millisecond of the unit that a time is in."""
    following = start_of(add(time, Duration({unit: 1})), unit, by_locale=by_locale)
    return add(following, Duration({"milliseconds": 1}), -1)


def difference(
    later: DateTime, earlier: DateTime, units: list[str], *, is_longterm: bool = False
) -> Duration:
    """Return how far `later` is from `earlier` in units, the smallest of them with its fraction."""
    if not (later.is_valid and earlier.is_valid):
        return invalid_duration("created by diffing an invalid DateTime")
    is_backwards = earlier.ms > later.ms
    low, high = (later, earlier) if is_backwards else (earlier, later)
    made = _forwards(low, high, units, is_longterm=is_longterm)
    made.locale = later.locale
    return negated(made) if is_backwards else made


def _forwards(low: DateTime, high: DateTime, units: list[str], *, is_longterm: bool) -> Duration:
    cursor, results, water, lowest = _whole_units(low, high, units)
    rest = tidy(high.ms - cursor.ms)
    exact = [unit for unit in units if unit in EXACT]
    if exact:
        start = Duration({"milliseconds": rest}, is_longterm=is_longterm)
        return combined(shifted(start, exact), Duration(results), 1)
    if lowest:
        if water.ms < high.ms:
            water = add(cursor, Duration({lowest: 1}))
        if water.ms != cursor.ms:
            results[lowest] = tidy(results.get(lowest, 0) + rest / (water.ms - cursor.ms))
    return Duration(results, is_longterm=is_longterm)


def _whole_units(
    low: DateTime, high: DateTime, units: list[str]
) -> tuple[DateTime, dict[str, float], DateTime, str]:
    """Return how far whole units of the calendar lead, and where one more would lead to."""
    cursor, water, lowest = low, low, ""
    results: dict[str, float] = {}
    for unit in (each for each in _CALENDAR if each in units):
        lowest = unit
        results[unit] = _apart(cursor, high, unit)
        water = add(low, Duration(results))
        if water.ms <= high.ms:
            cursor = water
            continue
        results[unit] -= 1
        cursor = add(low, Duration(results))
        if cursor.ms > high.ms:
            water = cursor
            results[unit] -= 1
            cursor = add(low, Duration(results))
    return cursor, results, water, lowest


def _apart(first: DateTime, second: DateTime, unit: str) -> int:
    one, other = first.fields(), second.fields()
    years = other.year - one.year
    if unit == "years":
        return years
    if unit == "quarters":
        return (other.month + 2) // 3 - (one.month + 2) // 3 + years * 4
    if unit == "months":
        return other.month - one.month + years * 12
    days = (
        ms_of(other.year, other.month - 1, other.day) - ms_of(one.year, one.month - 1, one.day)
    ) // DAY_MS
    return int(math.fmod(days, 7) * -1 + days) // 7 if unit == "weeks" else days


def local_now(now_ms: int, zone: str) -> tuple[Fields, float]:
    """Return the time of the clock in a zone now, and its offset."""
    offset = minutes_at(now_ms, zone)
    return fields_of(int(now_ms + offset * 60_000)), offset
