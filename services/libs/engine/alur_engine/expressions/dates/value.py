"""The `Date` object."""

from __future__ import annotations

from typing import Final

from alur_engine.expressions.dates.calendar import (
    MINUTE_MS,
    Fields,
    fields_of,
    offset_ms,
)
from alur_engine.expressions.intl.tables import DEFAULT, table_of
from alur_engine.expressions.intl.zone_names import display_name
from alur_engine.expressions.numbers import NAN
from alur_engine.expressions.values import Special, Value

DAYS: Final = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")
MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
INVALID: Final = "Invalid Date"
_LAST_MS: Final = 8.64e15
_LAST_YEAR: Final = 9999


def clip(ms: float) -> float:
    """Return a time as `Date` keeps it: whole milliseconds, or NaN when it is out of range."""
    if ms != ms or abs(ms) > _LAST_MS:  # noqa: PLR0124  NaN stays NaN
        return NAN
    return int(ms)


class JsDate(Special):
    """A `Date`: milliseconds since the epoch (NaN when invalid) read in `zone`, an IANA name."""

    __slots__ = ("ms", "zone")
    prefers_text = True

    def __init__(self, ms: float, zone: str) -> None:
        self.ms = clip(ms)
        self.zone = zone

    @property
    def is_valid(self) -> bool:
        """Whether it names a time at all."""
        return self.ms == self.ms

    def fields(self, *, utc: bool = False) -> Fields:
        """Return its time of the clock, in its zone or in UTC; it must be valid."""
        ms = int(self.ms)
        return fields_of(ms if utc else ms + offset_ms(ms, self.zone))

    def js_number(self) -> float:
        return self.ms

    def js_string(self) -> str:
        if not self.is_valid:
            return INVALID
        return f"{self.date_string()} {self.time_string()}"

    def js_json(self) -> Value:
        return self.iso() if self.is_valid else None

    def iso(self) -> str:
        """Return `toISOString()`; it must be valid."""
        at = self.fields(utc=True)
        return f"{iso_date(at)}T{at.hour:02}:{at.minute:02}:{at.second:02}.{at.milli:03}Z"

    def date_string(self) -> str:
        """Return `toDateString()`; it must be valid."""
        at = self.fields()
        return f"{DAYS[at.weekday]} {MONTHS[at.month - 1]} {at.day:02} {year_text(at.year)}"

    def time_string(self) -> str:
        """Return `toTimeString()`; it must be valid."""
        at, ms = self.fields(), int(self.ms)
        offset = int(offset_ms(ms, self.zone) / MINUTE_MS)
        sign, minutes = ("-" if offset < 0 else "+"), abs(offset)
        name = display_name(ms, self.zone, table_of(DEFAULT))
        clock = f"{at.hour:02}:{at.minute:02}:{at.second:02}"
        return f"{clock} GMT{sign}{minutes // 60:02}{minutes % 60:02} ({name})"


def year_text(year: int) -> str:
    """Return a year with four digits at least, its sign before them."""
    return f"{'-' if year < 0 else ''}{abs(year):04}"


def iso_date(at: Fields) -> str:
    """Return the date of an ISO 8601 time, its year with sign and six digits where it needs them."""
    if 0 <= at.year <= _LAST_YEAR:
        year = f"{at.year:04}"
    else:
        year = f"{'-' if at.year < 0 else '+'}{abs(at.year):06}"
    return f"{year}-{at.month:02}-{at.day:02}"
