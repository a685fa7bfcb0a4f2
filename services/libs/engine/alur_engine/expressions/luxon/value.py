"""The `DateTime` and `Duration` objects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from alur_engine.expressions.dates.calendar import (
    MINUTE_MS,
    Fields,
    abbreviation,
    days_before,
    days_in_month,
    fields_of,
    ms_of,
    offset_ms,
    to_instant,
)
from alur_engine.expressions.dates.value import clip, iso_date
from alur_engine.expressions.numbers import NAN, format_number
from alur_engine.expressions.scope import Scope
from alur_engine.expressions.values import UNDEFINED, Special, Value

INVALID: Final = "Invalid DateTime"
UNITS: Final = (
    "years", "quarters", "months", "weeks", "days", "hours", "minutes", "seconds", "milliseconds",
)  # fmt: skip


class DateTime(Special):
    """A Luxon `DateTime`: an instant (NaN when invalid) read in `zone`; it never changes."""

    __slots__ = ("ms", "reason", "zone")

    def __init__(self, ms: float, zone: str, reason: str | None = None) -> None:
        self.ms = clip(ms)
        self.zone = zone
        self.reason = reason

    @property
    def is_valid(self) -> bool:
        """Whether it names a time at all."""
        return self.ms == self.ms

    @property
    def offset(self) -> int:
        """Minutes ahead of UTC."""
        return offset_ms(int(self.ms), self.zone) // MINUTE_MS

    def fields(self) -> Fields:
        """Return its time of the clock; it must be valid."""
        return fields_of(int(self.ms) + offset_ms(int(self.ms), self.zone))

    def js_number(self) -> float:
        return self.ms

    def js_string(self) -> str:
        return self.iso() if self.is_valid else INVALID

    def js_json(self) -> Value:
        return self.iso() if self.is_valid else None

    def iso(self) -> str:
        """Return `toISO()`; it must be valid."""
        at = self.fields()
        clock = f"{at.hour:02}:{at.minute:02}:{at.second:02}.{at.milli:03}"
        return f"{iso_date(at)}T{clock}{self.offset_text()}"

    def offset_text(self) -> str:
        """Return the offset as ISO 8601 writes it, `Z` for UTC."""
        if abbreviation(int(self.ms), self.zone) == "UTC" and not self.offset:
            return "Z"
        minutes = abs(self.offset)
        return f"{'-' if self.offset < 0 else '+'}{minutes // 60:02}:{minutes % 60:02}"

    def read(self, name: str) -> Value:
        return read_time(self, name)


def read_time(time: DateTime, name: str) -> Value:
    """Return a property of a time."""
    general = {
        "isValid": time.is_valid,
        "invalidReason": time.reason if not time.is_valid else None,
        "zoneName": time.zone if time.is_valid else None,
        "locale": "en-US",
    }
    if name in general:
        return general[name]
    if name not in _READ:
        return UNDEFINED
    return _READ[name](time) if time.is_valid else NAN


def ordinal(at: Fields) -> int:
    """Return the day of the year, from 1."""
    return days_before(at.year, at.month, at.day) - days_before(at.year, 1, 1) + 1


def iso_weekday(at: Fields) -> int:
    """Return the day of the week, 1 for Monday to 7 for Sunday."""
    return at.weekday or 7


def iso_week(at: Fields) -> tuple[int, int]:
    """Return the year and the number of the ISO 8601 week."""
    week = (ordinal(at) - iso_weekday(at) + 10) // 7
    if week < 1:
        return at.year - 1, weeks_in_year(at.year - 1)
    if week > weeks_in_year(at.year):
        return at.year + 1, 1
    return at.year, week


def weeks_in_year(year: int) -> int:
    """Return 52 or 53."""
    first = (days_before(year, 1, 1) + 4) % 7
    is_long = first == 4 or (first == 3 and days_in_month(year, 2) == 29)  # noqa: PLR2004  the calendar
    return 53 if is_long else 52


_READ: Final[dict[str, Callable[[DateTime], Value]]] = {
    "year": lambda time: time.fields().year,
    "quarter": lambda time: (time.fields().month + 2) // 3,
    "month": lambda time: time.fields().month,
    "day": lambda time: time.fields().day,
    "hour": lambda time: time.fields().hour,
    "minute": lambda time: time.fields().minute,
    "second": lambda time: time.fields().second,
    "millisecond": lambda time: time.fields().milli,
    "weekday": lambda time: iso_weekday(time.fields()),
    "weekNumber": lambda time: iso_week(time.fields())[1],
    "weekYear": lambda time: iso_week(time.fields())[0],
    "ordinal": lambda time: ordinal(time.fields()),
    "offset": lambda time: time.offset,
    "ts": lambda time: time.ms,
    "daysInMonth": lambda time: days_in_month(time.fields().year, time.fields().month),
    "daysInYear": lambda time: 337 + days_in_month(time.fields().year, 2),
    "isInLeapYear": lambda time: days_in_month(time.fields().year, 2) == 29,  # noqa: PLR2004  the calendar
    "offsetNameShort": lambda time: abbreviation(int(time.ms), time.zone),
}


class Duration(Special):
    """A Luxon `Duration`: amounts by unit, in the order of `UNITS`."""

    __slots__ = ("amounts",)

    def __init__(self, amounts: Mapping[str, float]) -> None:
        self.amounts = {unit: amounts[unit] for unit in UNITS if unit in amounts}

    def js_number(self) -> float:
        return sum(amount * UNIT_MS[unit] for unit, amount in self.amounts.items())

    def js_string(self) -> str:
        return self.iso()

    def js_json(self) -> Value:
        return self.iso()

    def iso(self) -> str:
        """Return it as ISO 8601 writes it."""
        get = self.amounts.get
        months = get("months", 0) + 3 * get("quarters", 0)
        seconds = get("seconds", 0) + get("milliseconds", 0) / 1000
        date = _iso_parts(
            [(get("years", 0), "Y"), (months, "M"), (get("weeks", 0), "W"), (get("days", 0), "D")]
        )
        clock = _iso_parts([(get("hours", 0), "H"), (get("minutes", 0), "M"), (seconds, "S")])
        return f"P{date}T{clock}" if clock else f"P{date}" if date else "PT0S"

    def read(self, name: str) -> Value:
        if name == "isValid":
            return True
        return self.amounts.get(name, 0) if name in UNITS else UNDEFINED


UNIT_MS: Final = {
    "years": 365 * 86_400_000,
    "quarters": 91 * 86_400_000,
    "months": 30 * 86_400_000,
    "weeks": 7 * 86_400_000,
    "days": 86_400_000,
    "hours": 3_600_000,
    "minutes": 60_000,
    "seconds": 1_000,
    "milliseconds": 1,
}
"""Luxon's casual lengths of the units."""


def _iso_parts(parts: list[tuple[float, str]]) -> str:
    return "".join(f"{format_number(amount)}{letter}" for amount, letter in parts if amount)


def now(scope: Scope) -> DateTime:
    """`$now`: the pinned time in the workflow's zone."""
    return DateTime(scope.now_ms, scope.time_zone)


def today(scope: Scope) -> DateTime:
    """`$today`: the midnight before `$now`."""
    at = now(scope).fields()
    return DateTime(
        to_instant(ms_of(at.year, at.month - 1, at.day), scope.time_zone), scope.time_zone
    )
