"""Weeks of the calendar: those of ISO 8601, and those of a locale."""

from __future__ import annotations

from typing import Any, Final

from alur_engine.expressions.dates.calendar import Fields, days_before, days_in_month

ISO: Final[dict[str, Any]] = {"firstDay": 1, "minimalDays": 4, "weekend": [6, 7]}


def ordinal(at: Fields) -> int:
    """Return the day of the year, from 1."""
    return days_before(at.year, at.month, at.day) - days_before(at.year, 1, 1) + 1


def days_in_year(year: int) -> int:
    """Return 365 or 366."""
    return 337 + days_in_month(year, 2)


def weekday_of(year: int, month: int, day: int, first: int = 1) -> int:
    """Return the day of the week from 1, counted from the day that is the first of it."""
    iso = (days_before(year, month, day) + 3) % 7 + 1
    return (iso - first + 7) % 7 + 1


def weeks_in_year(year: int, rules: dict[str, Any] = ISO) -> int:
    """Return 52 or 53."""
    offsets = (_first_offset(year, rules), _first_offset(year + 1, rules))
    return (days_in_year(year) - offsets[0] + offsets[1]) // 7


def _first_offset(year: int, rules: dict[str, Any]) -> int:
    least: int = rules["minimalDays"]
    return least - 1 - weekday_of(year, 1, least, rules["firstDay"])


def local_week(at: Fields, rules: dict[str, Any]) -> tuple[int, int, int]:
    """Return the year, the number and the day of the week by the rules of a locale."""
    weekday = weekday_of(at.year, at.month, at.day, rules["firstDay"])
    week = (ordinal(at) - weekday + 14 - rules["minimalDays"]) // 7
    if week < 1:
        return at.year - 1, weeks_in_year(at.year - 1, rules), weekday
    if week > weeks_in_year(at.year, rules):
        return at.year + 1, 1, weekday
    return at.year, week, weekday


def iso_week(at: Fields) -> tuple[int, int]:
    """Return the year and the number of the ISO 8601 week."""
    return local_week(at, ISO)[:2]


def days_of_week(day: list[int], rules: dict[str, Any] = ISO) -> int:
    """Return the days from the epoch to a day given by its year, week and weekday."""
    year, week, weekday = day
    least: int = rules["minimalDays"]
    first = weekday_of(year, 1, least, rules["firstDay"])
    return days_before(year, 1, 1) - 1 + week * 7 + weekday - first - 7 + least
