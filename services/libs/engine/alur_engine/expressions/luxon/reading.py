"""Reading times and durations from text in the forms of the standards, as Luxon does."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Final

from alur_engine.expressions.luxon.names import DAYS, MONTHS
from alur_engine.expressions.luxon.zones import fixed_zone, signed_offset

Read = tuple[dict[str, float] | None, str | None]
"""The parts of a time, and the zone that the text names."""
_OFFSET: Final = r"(?:(?P<zulu>[Zz])|(?P<oh>[+-]\d\d)(?::?(?P<om>\d\d))?)"
_IANA: Final = r"[A-Za-z_+-]{1,256}(?::?/[A-Za-z0-9_+-]{1,256}(?:/[A-Za-z0-9_+-]{1,256})?)?"
_CLOCK: Final = (
    r"(?P<hour>\d\d)(?::?(?P<minute>\d\d)(?::?(?P<second>\d\d)(?:[.,](?P<part>\d{1,30}))?)?)?"
)
_TIME: Final = rf"{_CLOCK}(?:{_OFFSET}?(?:\[(?P<zone>{_IANA})\])?)?"
_AFTER_T: Final = rf"(?:[Tt]{_TIME})?"
_ISO: Final = tuple(
    re.compile(pattern + r"\Z", re.ASCII)
    for pattern in (
        rf"(?P<year>[+-]\d{{6}}|\d{{4}})(?:-?(?P<month>\d\d)(?:-?(?P<day>\d\d))?)?{_AFTER_T}",
        rf"(?P<weekYear>\d{{4}})-?W(?P<weekNumber>\d\d)(?:-?(?P<weekday>\d))?{_AFTER_T}",
        rf"(?P<year>\d{{4}})-?(?P<ordinal>\d{{3}}){_AFTER_T}",
        _TIME,
    )
)
_SQL_TIME: Final = rf"{_CLOCK} ?(?:{_OFFSET}|(?P<zone>{_IANA}))?"
_SQL: Final = tuple(
    re.compile(pattern + r"\Z", re.ASCII)
    for pattern in (
        rf"(?P<year>\d{{4}})-(?P<month>\d\d)-(?P<day>\d\d)(?: {_SQL_TIME})?",
        _SQL_TIME,
    )
)
_DAY3, _DAY9 = "|".join(day[:3] for day in DAYS), "|".join(DAYS)
_MONTH3: Final = "|".join(month[:3] for month in MONTHS)
_RFC_CLOCK: Final = r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)"
_RFC2822: Final = re.compile(
    rf"(?:(?P<name>{_DAY3}),\s)?(?P<day>\d{{1,2}})\s(?P<month>{_MONTH3})\s(?P<year>\d{{2,4}})\s"
    r"(?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d))?\s"
    r"(?:(?P<old>UT|GMT|[ECMP][SD]T)|(?P<zulu>[Zz])|(?:(?P<oh>[+-]\d\d)(?P<om>\d\d)))\Z",
    re.ASCII,
)
_HTTP: Final = tuple(
    re.compile(pattern, re.ASCII)
    for pattern in (
        rf"(?P<name>{_DAY3}), (?P<day>\d\d) (?P<month>{_MONTH3}) (?P<year>\d{{4}}) {_RFC_CLOCK} GMT\Z",
        rf"(?P<name>{_DAY9}), (?P<day>\d\d)-(?P<month>{_MONTH3})-(?P<year>\d\d) {_RFC_CLOCK} GMT\Z",
        rf"(?P<name>{_DAY3}) (?P<month>{_MONTH3}) (?P<day> \d|\d\d) {_RFC_CLOCK} (?P<year>\d{{4}})\Z",
    )
)
_OLD_OFFSETS: Final = {
    "UT": 0, "GMT": 0, "EDT": -4, "EST": -5, "CDT": -5, "CST": -6, "MDT": -6, "MST": -7, "PDT": -7,
    "PST": -8,
}  # fmt: skip
_COMMENTS: Final = re.compile(r"\([^()]*\)|[\n\t]")
_SPACES: Final = re.compile(r"\s\s+")
_NUMBER: Final = r"-?\d{1,20}(?:\.\d{1,20})?"
_PERIOD: Final = re.compile(
    rf"-?P(?:(?:({_NUMBER})Y)?(?:({_NUMBER})M)?(?:({_NUMBER})W)?(?:({_NUMBER})D)?"
    rf"(?:T(?:({_NUMBER})H)?(?:({_NUMBER})M)?(?:(-?\d{{1,20}})(?:[.,](-?\d{{1,20}}))?S)?)?)\Z",
    re.ASCII,
)
_PERIOD_UNITS: Final = ("years", "months", "weeks", "days", "hours", "minutes", "seconds")
_TIME_ALONE: Final = re.compile(rf"T?{_CLOCK}\Z", re.ASCII)
_CUTOFF: Final = 60


def millis_of(digits: str) -> int:
    """Return the milliseconds of the digits behind a decimal point."""
    return math.floor(float(f"0.{digits}") * 1000)


def full_year(short: int) -> int:
    """Return the year that two digits stand for."""
    if short > 99:  # noqa: PLR2004  it is whole already
        return short
    return short + (1900 if short > _CUTOFF else 2000)


def read_iso(text: str) -> Read:
    """Return what ISO 8601 text names; nothing where it is none."""
    found = _ISO[0].match(text)
    if found is not None:
        return _dated(found.groups())
    for pattern in _ISO[1:]:
        found = pattern.match(text)
        if found is not None:
            groups = found.groupdict()
            return _parts(groups), _zone(groups)
    return None, None


def _dated(groups: tuple[str | None, ...]) -> Read:
    """Return what a date of the usual calendar says, with what stands after it."""
    year, month, day, hour, minute, second, part, zulu, hours, minutes, zone = groups
    parts: dict[str, float] = {
        "year": int(year or 0), "month": int(month or 1), "day": int(day or 1),
        "hour": int(hour or 0), "minute": int(minute or 0), "second": int(second or 0),
    }  # fmt: skip
    if part:
        parts["millisecond"] = millis_of(part)
    if zone:
        return parts, zone
    if zulu:
        return parts, "UTC"
    return parts, fixed_zone(signed_offset(hours, minutes)) if hours else None


def read_sql(text: str) -> Read:
    """Return what the text of a database names."""
    for pattern in _SQL:
        found = pattern.match(text)
        if found is not None:
            return _parts(found.groupdict()), _zone(found.groupdict())
    return None, None


def _parts(groups: Mapping[str, str | None]) -> dict[str, float]:
    parts: dict[str, float] = {}
    for name in ("year", "month", "day", "weekYear", "weekNumber", "weekday", "ordinal"):
        if groups.get(name) is not None:
            parts[name] = int(groups[name] or 0)
    for name in ("hour", "minute", "second"):
        parts[name] = int(groups.get(name) or 0)
    if groups.get("part"):
        parts["millisecond"] = millis_of(groups["part"] or "")
    return parts


def _zone(groups: Mapping[str, str | None]) -> str | None:
    if groups.get("zone"):
        return groups["zone"]
    if groups.get("zulu") or groups.get("oh"):
        return fixed_zone(signed_offset(groups.get("oh"), groups.get("om")))
    return None


def _named(groups: Mapping[str, str | None]) -> dict[str, float]:
    year = groups["year"] or ""
    parts: dict[str, float] = {
        "year": full_year(int(year)) if len(year) == 2 else int(year),  # noqa: PLR2004  a short year
        "month": _MONTH3.split("|").index(groups["month"] or "") + 1,
    }
    for name in ("day", "hour", "minute", "second"):
        if groups.get(name):
            parts[name] = int(groups[name] or 0)
    if groups.get("name"):
        parts["weekday"] = _DAY3.split("|").index((groups["name"] or "")[:3]) + 1
    return parts


def read_rfc2822(text: str) -> Read:
    """Return what the date of a mail names."""
    found = _RFC2822.match(_SPACES.sub(" ", _COMMENTS.sub(" ", text)).strip())
    if found is None:
        return None, None
    groups = found.groupdict()
    if groups["old"]:
        return _named(groups), fixed_zone(_OLD_OFFSETS[groups["old"]] * 60)
    return _named(groups), _zone(groups)


def read_http(text: str) -> Read:
    """Return what the date of an HTTP header names."""
    for pattern in _HTTP:
        found = pattern.match(text)
        if found is not None:
            return _named(found.groupdict()), "UTC"
    return None, None


def read_period(text: str) -> dict[str, float] | None:
    """Return the amounts of an ISO 8601 duration."""
    found = _PERIOD.match(text)
    if found is None:
        return None
    is_negative = text.startswith("-")
    amounts: dict[str, float] = {}
    for unit, amount in zip(_PERIOD_UNITS, found.groups(), strict=False):
        if amount is not None:
            amounts[unit] = -float(amount) if is_negative else float(amount)
    part = found[8]
    if part is not None:
        is_below = is_negative or (found[7] or "").startswith("-")
        amounts["milliseconds"] = -millis_of(part) if is_below else millis_of(part)
    return amounts


def read_clock(text: str) -> dict[str, float] | None:
    """Return the amounts of a time of day as a duration."""
    found = _TIME_ALONE.match(text)
    if found is None:
        return None
    names = {"hour": "hours", "minute": "minutes", "second": "seconds"}
    amounts: dict[str, float] = {unit: int(found[name] or 0) for name, unit in names.items()}
    if found["part"]:
        amounts["milliseconds"] = millis_of(found["part"])
    return amounts
