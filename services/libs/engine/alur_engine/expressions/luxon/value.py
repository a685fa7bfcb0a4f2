"""The `DateTime` object of Luxon 3."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from alur_engine.expressions.dates.calendar import (
    MINUTE_MS,
    Fields,
    days_in_month,
    fields_of,
    ms_of,
)
from alur_engine.expressions.luxon import names
from alur_engine.expressions.luxon.weeks import iso_week, local_week, ordinal, weeks_in_year
from alur_engine.expressions.luxon.zones import is_fixed, minutes_at, own_zone, settled
from alur_engine.expressions.numbers import NAN, tidy
from alur_engine.expressions.scope import Scope
from alur_engine.expressions.values import UNDEFINED, Special, Value

INVALID: Final = "Invalid DateTime"
_LAST_MS: Final = 8.64e15
_LAST_YEAR: Final = 9999


class DateTime(Special):
    """An instant (NaN when invalid) read in `zone` and `locale` (`None`: the usual one); it never changes."""

    __slots__ = ("_at", "explanation", "locale", "ms", "offset", "reason", "zone")

    def __init__(
        self,
        ms: float,
        zone: str,
        locale: str | None = None,
        *,
        reason: str = "",
        explanation: str | None = None,
        offset: float | None = None,
    ) -> None:
        is_valid = not reason and ms == ms and abs(ms) <= _LAST_MS  # noqa: PLR0124  NaN
        self.ms: float = ms if is_valid else NAN
        self.zone = zone
        self.locale = locale
        self.reason = "" if is_valid else reason or "invalid input"
        self.explanation = explanation
        self.offset: float = (
            (minutes_at(ms, zone) if offset is None else offset) if is_valid else NAN
        )
        self._at: Fields | None = None

    @property
    def is_valid(self) -> bool:
        """Whether it names a time at all."""
        return not self.reason

    @property
    def is_fixed(self) -> bool:
        """Whether its zone has one offset for all times."""
        return is_fixed(self.zone)

    def fields(self) -> Fields:
        """Return its time of the clock; it must be valid."""
        if self._at is None:
            self._at = fields_of(int(self.ms + self.offset * MINUTE_MS))
        return self._at

    def moved(self, ms: float, offset: float | None = None) -> DateTime:
        """Return another instant in the same zone and locale."""
        return DateTime(ms, self.zone, self.locale, offset=offset)

    def at_local(self, local_ms: float) -> DateTime:
        """Return the time that the clocks of its zone show as `local_ms`."""
        return self.moved(*settled(local_ms, self.offset, self.zone))

    def js_number(self) -> float:
        return tidy(self.ms)

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
        if self.is_fixed and not self.offset:
            return "Z"
        minutes = int(abs(self.offset))
        return f"{'-' if self.offset < 0 else '+'}{minutes // 60:02}:{minutes % 60:02}"

    def read(self, name: str) -> Value:
        return read_time(self, name)


def iso_date(at: Fields) -> str:
    """Return the date of an ISO 8601 time, its year with sign and six digits where it needs them."""
    if 0 <= at.year <= _LAST_YEAR:
        year = f"{at.year:04}"
    else:
        year = f"{'-' if at.year < 0 else '+'}{abs(at.year):06}"
    return f"{year}-{at.month:02}-{at.day:02}"


def invalid(reason: str, explanation: str | None = None) -> DateTime:
    """Return what is no time, and why."""
    return DateTime(NAN, "UTC", reason=reason, explanation=explanation)


def unsupported_zone(value: Value) -> DateTime:
    """Return what a time in a zone that does not exist is."""
    return invalid("unsupported zone", f'the zone "{value}" is not supported')


def read_time(time: DateTime, name: str) -> Value:
    """Return a property of a time."""
    if name == "isValid":
        return time.is_valid
    if name in _OF_ALL:
        return _OF_ALL[name](time)
    if name in _TEXTS:
        return _TEXTS[name](time) if time.is_valid else None
    if name not in _READ:
        return UNDEFINED
    return _READ[name](time) if time.is_valid else NAN


def _is_in_summer(time: DateTime) -> bool:
    if time.is_fixed:
        return False
    year = time.fields().year
    return any(time.offset > time.at_local(ms_of(year, month, 1)).offset for month in (0, 4))


def is_weekend(time: DateTime) -> bool:
    """Return whether the day is one of the locale's weekend."""
    return time.is_valid and (time.fields().weekday or 7) in names.week_of(time.locale)["weekend"]


def _weeks_in_local_year(time: DateTime) -> int:
    rules = names.week_of(time.locale)
    return weeks_in_year(local_week(time.fields(), rules)[0], rules)


def _days_in_year(year: int) -> int:
    return 337 + days_in_month(year, 2)


def _name_of_month(width: str) -> Callable[[DateTime], str]:
    return lambda time: names.months(time.locale, width)[time.fields().month - 1]


def _name_of_day(width: str) -> Callable[[DateTime], str]:
    return lambda time: names.weekdays(time.locale, width)[(time.fields().weekday or 7) - 1]


_OF_ALL: Final[dict[str, Callable[[DateTime], Value]]] = {
    "invalidReason": lambda time: time.reason or None,
    "invalidExplanation": lambda time: time.explanation,
    "isWeekend": is_weekend,
    "isInLeapYear": lambda time: time.is_valid and days_in_month(time.fields().year, 2) == 29,  # noqa: PLR2004  the calendar
}
_TEXTS: Final[dict[str, Callable[[DateTime], Value]]] = {
    "zoneName": lambda time: time.zone,
    "locale": lambda time: time.locale or "en-US",
    "numberingSystem": lambda _time: None,
    "outputCalendar": lambda _time: None,
    "monthShort": _name_of_month("short"),
    "monthLong": _name_of_month("long"),
    "weekdayShort": _name_of_day("short"),
    "weekdayLong": _name_of_day("long"),
    "offsetNameShort": lambda time: names.offset_name(time, "short"),
    "offsetNameLong": lambda time: names.offset_name(time, "long"),
    "isOffsetFixed": lambda time: time.is_fixed,
    "isInDST": _is_in_summer,
}
_READ: Final[dict[str, Callable[[DateTime], Value]]] = {
    "year": lambda time: time.fields().year,
    "quarter": lambda time: (time.fields().month + 2) // 3,
    "month": lambda time: time.fields().month,
    "day": lambda time: time.fields().day,
    "hour": lambda time: time.fields().hour,
    "minute": lambda time: time.fields().minute,
    "second": lambda time: time.fields().second,
    "millisecond": lambda time: time.fields().milli,
    "weekday": lambda time: time.fields().weekday or 7,
    "weekNumber": lambda time: iso_week(time.fields())[1],
    "weekYear": lambda time: iso_week(time.fields())[0],
    "weeksInWeekYear": lambda time: weeks_in_year(iso_week(time.fields())[0]),
    "localWeekday": lambda time: local_week(time.fields(), names.week_of(time.locale))[2],
    "localWeekNumber": lambda time: local_week(time.fields(), names.week_of(time.locale))[1],
    "localWeekYear": lambda time: local_week(time.fields(), names.week_of(time.locale))[0],
    "weeksInLocalWeekYear": _weeks_in_local_year,
    "ordinal": lambda time: ordinal(time.fields()),
    "offset": lambda time: time.offset,
    "ts": lambda time: tidy(time.ms),
    "daysInMonth": lambda time: days_in_month(time.fields().year, time.fields().month),
    "daysInYear": lambda time: _days_in_year(time.fields().year),
}


PROPERTIES: Final = ("isValid", *_OF_ALL, *_TEXTS, *_READ)


def now(scope: Scope) -> DateTime:
    """`$now`: the pinned time in the workflow's zone."""
    return DateTime(scope.now_ms, own_zone(scope))


def today(scope: Scope) -> DateTime:
    """`$today`: the midnight before `$now`."""
    time = now(scope)
    at = time.fields()
    return time.at_local(ms_of(at.year, at.month - 1, at.day))
