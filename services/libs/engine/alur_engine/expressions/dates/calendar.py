"""The Gregorian calendar over all times that `Date` has, and the offsets of time zones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo, available_timezones

DAY_MS: Final = 86_400_000
HOUR_MS: Final = 3_600_000
MINUTE_MS: Final = 60_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NAIVE_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001  local times have no zone yet
_CYCLE_MS: Final = 146_097 * DAY_MS
"""400 years, after which the calendar repeats: times beyond what Python has are moved by it."""
_FIRST: Final = -62_000_000_000_000
_LAST: Final = 253_000_000_000_000
_FIXED: Final = 6


class Fields(NamedTuple):
    """A time of the clock; `month` from 1, `weekday` from 0 for Sunday."""

    year: int
    month: int
    day: int
    hour: int
    minute: int
    second: int
    milli: int
    weekday: int


def days_before(year: int, month: int, day: int) -> int:
    """Return the days from the epoch to a date; `month` from 1, `day` may be beyond its month."""
    year -= month <= 2  # noqa: PLR2004  years begin with March here
    era = year // 400
    year_of_era = year - era * 400
    day_of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return (
        era * 146_097
        + year_of_era * 365
        + year_of_era // 4
        - year_of_era // 100
        + day_of_year
        - 719_468
    )


def fields_of(ms: int) -> Fields:
    """Return the time of the clock `ms` after the epoch, without any zone."""
    days, rest = divmod(ms, DAY_MS)
    shifted = days + 719_468
    era, day_of_era = divmod(shifted, 146_097)
    year_of_era = (
        day_of_era - day_of_era // 1_460 + day_of_era // 36_524 - day_of_era // 146_096
    ) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted_month = (5 * day_of_year + 2) // 153
    day = day_of_year - (153 * shifted_month + 2) // 5 + 1
    month = shifted_month + 3 if shifted_month < 10 else shifted_month - 9  # noqa: PLR2004  the calendar
    year = year_of_era + era * 400 + (month <= 2)  # noqa: PLR2004  years begin with March here
    seconds, milli = divmod(rest, 1_000)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return Fields(year, month, day, hour, minute, second, milli, (days + 4) % 7)


def ms_of(year: int, month: int, day: int, time_ms: int = 0) -> int:
    """Return the milliseconds of a date; `month` counts from 0 and may be beyond the year."""
    extra, month = divmod(month, 12)
    return days_before(year + extra, month + 1, day) * DAY_MS + time_ms


def days_in_month(year: int, month: int) -> int:
    """Return the length of a month that counts from 1."""
    return days_before(year + month // 12, month % 12 + 1, 1) - days_before(year, month, 1)


@lru_cache(maxsize=64)
def find_zone(name: str) -> tzinfo | None:
    """Return the zone of an IANA name, `utc`, or `UTC+5:30`; `None` when there is none."""
    if name.upper() in {"UTC", "GMT", "Z", "ETC/UTC"}:
        return UTC
    if name[:3].upper() in {"UTC", "GMT"} and name[3:4] in {"+", "-"}:
        return _fixed_zone(name[3:])
    if name[:1] in {"+", "-"}:
        return _fixed_zone(name)
    return _named_zone(name) or _named_zone(_any_case().get(name.lower(), ""))


def _named_zone(name: str) -> tzinfo | None:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return None


@lru_cache(maxsize=1)
def _any_case() -> dict[str, str]:
    return {zone.lower(): zone for zone in available_timezones()}


def _fixed_zone(offset: str) -> tzinfo | None:
    from datetime import timezone  # noqa: PLC0415  seldom needed

    digits = offset[1:].replace(":", "")
    if not digits.isdigit() or len(digits) > _FIXED:
        return None
    hours, minutes = (digits[:-2], digits[-2:]) if len(digits) > 2 else (digits, "0")  # noqa: PLR2004  the calendar
    delta = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(-delta if offset[0] == "-" else delta) if delta < timedelta(days=1) else None


def offset_ms(ms: int, zone: str) -> int:
    """Return how far `zone` is ahead of UTC at an instant."""
    found = find_zone(zone)
    if found is None or found is UTC:
        return 0
    offset = (_EPOCH + timedelta(milliseconds=_within(ms))).astimezone(found).utcoffset()
    return int((offset or timedelta()).total_seconds() * 1000)


def to_instant(local_ms: int, zone: str) -> int:
    """Return the instant at which clocks in `zone` show `local_ms`.

    Of two the first; where clocks skip it, the offset before the change counts (ECMAScript 21.4.1).
    """
    found = find_zone(zone)
    if found is None or found is UTC:
        return local_ms
    local = (_NAIVE_EPOCH + timedelta(milliseconds=_within(local_ms))).replace(tzinfo=found)
    return local_ms - int((local.utcoffset() or timedelta()).total_seconds() * 1000)


def _within(ms: int) -> int:
    """Return a time within Python's years on the same day of the calendar's cycle."""
    if ms < _FIRST:
        ms += -((ms - _FIRST) // _CYCLE_MS) * _CYCLE_MS
    elif ms > _LAST:
        ms -= ((ms - _LAST) // _CYCLE_MS + 1) * _CYCLE_MS
    return ms
