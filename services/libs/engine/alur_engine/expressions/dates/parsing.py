"""Reading times from text: ISO 8601 as ECMAScript has it, and the other forms that V8 reads."""

from __future__ import annotations

import re
from typing import Final

from alur_engine.expressions.dates.calendar import (
    HOUR_MS,
    MINUTE_MS,
    days_in_month,
    ms_of,
    to_instant,
)
from alur_engine.expressions.numbers import NAN

_ISO: Final = re.compile(
    r"([+-]\d{6}|\d{4})(?:-(\d\d)(?:-(\d\d))?)?"
    r"(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?\s?(Z|z|[+-]\d\d:?\d\d)?\Z",
    re.ASCII,
)
_CLOCK: Final = re.compile(
    r"(\d{1,2}):(\d\d)(?::(\d\d)(?:\.(\d{1,3}))?)?\s*([AaPp][Mm])?", re.ASCII
)
_OFFSET: Final = re.compile(
    r"(?:\b(?:GMT|UTC|UT)\s*)?([+-])(\d\d):?(\d\d)\b|\b(Z|GMT|UTC|UT)\b", re.ASCII
)
_SLASHED: Final = re.compile(r"\b(\d{1,2})[/-](\d{1,2})[/-](\d{4})\b", re.ASCII)
_YEAR_FIRST: Final = re.compile(r"\b(\d{4})[/-](\d{1,2})[/-](\d{1,2})\b", re.ASCII)
_WORDED: Final = re.compile(r"[A-Za-z]+|\d+", re.ASCII)
_COMMENT: Final = re.compile(r"\([^()]*\)")
_MONTHS: Final = [
    "jan",
    "feb",
    "mar",
    "apr",
    "may",
    "jun",
    "jul",
    "aug",
    "sep",
    "oct",
    "nov",
    "dec",
]
_DAYS: Final = frozenset({"sun", "mon", "tue", "wed", "thu", "fri", "sat"})
_LETTERS: Final = 3
_CENTURY_BREAK: Final = 50
_MIDNIGHT: Final = 24
_LONGEST: Final = 200


def parse_time(text: str, zone: str) -> float:
    """Return the milliseconds that `text` names, NaN when it names no time.

    A date alone is UTC, a date with a time of day without offset is read in `zone`.
    """
    text = text.strip()
    if len(text) > _LONGEST:
        return NAN
    found = _ISO.match(text)
    return _iso_time(found, text, zone) if found else _other_time(text, zone)


def _iso_time(found: re.Match[str], text: str, zone: str) -> float:
    year, month, day = int(found[1]), int(found[2] or 1), int(found[3] or 1)
    if not 1 <= month <= 12 or not 1 <= day <= 31 or found[1] == "-000000":  # noqa: PLR2004  the calendar
        return NAN
    if day > days_in_month(year, month) and "T" in text:
        return NAN
    if found[4] is None:
        return ms_of(year, month - 1, day) if found[8] is None else NAN
    clock = _clock_ms(int(found[4]), int(found[5]), int(found[6] or 0), found[7])
    if clock is None:
        return NAN
    local = ms_of(year, month - 1, day, clock)
    if found[8] is None:
        return to_instant(local, zone)
    return local - _offset_of(found[8])


def _clock_ms(hour: int, minute: int, second: int, fraction: str | None) -> int | None:
    milli = int(((fraction or "") + "000")[:3])
    if hour == _MIDNIGHT and not (minute or second or milli):
        return _MIDNIGHT * HOUR_MS
    if hour >= _MIDNIGHT or minute >= 60 or second >= 60:  # noqa: PLR2004  the clock's limits
        return None
    return hour * HOUR_MS + minute * MINUTE_MS + second * 1000 + milli


def _offset_of(text: str) -> int:
    if text in {"Z", "z"}:
        return 0
    digits = text[1:].replace(":", "")
    offset = int(digits[:2]) * HOUR_MS + int(digits[2:]) * MINUTE_MS
    return -offset if text[0] == "-" else offset


def _other_time(text: str, zone: str) -> float:
    text = _COMMENT.sub(" ", text)
    clock, text = _take_clock(text)
    if clock is None:
        return NAN
    offset, text = _take_offset(text)
    date = _date_of(text)
    if date is None:
        return NAN
    local = ms_of(*date, clock)
    return to_instant(local, zone) if offset is None else local - offset


def _take_clock(text: str) -> tuple[int | None, str]:
    found = _CLOCK.search(text)
    if not found:
        return 0, text
    hour, half = int(found[1]), (found[5] or "").lower()
    if half:
        if not 1 <= hour <= 12:  # noqa: PLR2004  the hours of half a day
            return None, text
        hour = hour % 12 + (12 if half == "pm" else 0)
    clock = _clock_ms(hour, int(found[2]), int(found[3] or 0), found[4])
    return clock, text[: found.start()] + " " + text[found.end() :].lstrip("T")


def _take_offset(text: str) -> tuple[int | None, str]:
    found = _OFFSET.search(text)
    if not found or (found[1] and _YEAR_FIRST.search(text[: found.end()])):
        return None, text
    offset = 0 if found[4] else _offset_of(found[1] + found[2] + found[3])
    return offset, text[: found.start()] + " " + text[found.end() :]


def _date_of(text: str) -> tuple[int, int, int] | None:
    if found := _YEAR_FIRST.search(text):
        return _checked(int(found[1]), int(found[2]), int(found[3]))
    if found := _SLASHED.search(text):
        return _checked(int(found[3]), int(found[1]), int(found[2]))
    return _worded_date(_WORDED.findall(text))


def _worded_date(words: list[str]) -> tuple[int, int, int] | None:
    month, numbers = 0, []
    for word in words:
        short = word[:_LETTERS].lower()
        if word.isdigit():
            numbers.append(int(word))
        elif short in _MONTHS and len(word) >= _LETTERS:
            month = _MONTHS.index(short) + 1
        elif short not in _DAYS:
            return None
    if not month or len(numbers) not in (1, 2):
        return None
    day, year = (numbers[0], numbers[1]) if len(numbers) > 1 else (numbers[0], 2001)
    if day > 31:  # noqa: PLR2004  no day of a month, so the year stands first
        day, year = (year, day) if len(numbers) > 1 else (1, day)
    if year < 100:  # noqa: PLR2004  short years
        year += 2000 if year < _CENTURY_BREAK else 1900
    return _checked(year, month, day)


def _checked(year: int, month: int, day: int) -> tuple[int, int, int] | None:
    return (year, month - 1, day) if 1 <= month <= 12 and 1 <= day <= 31 else None  # noqa: PLR2004  the calendar
