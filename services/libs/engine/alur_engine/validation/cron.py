"""The shape of cron expressions: five fields, or six with the seconds first."""

from __future__ import annotations

import re

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_FIELDS: tuple[tuple[str, int, int, tuple[str, ...]], ...] = (
    ("second", 0, 59, ()),
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of the month", 1, 31, ()),
    ("month", 1, 12, _MONTHS),
    ("day of the week", 0, 7, _DAYS),
)
_TERM = re.compile(r"(\*|(\w+)(?:-(\w+))?)(?:/([1-9][0-9]{0,3}))?\Z", re.ASCII)
_LENGTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_LONGEST = 200
_WITHOUT_SECONDS, _WITH_SECONDS = 5, 6


def cron_problem(text: str) -> str | None:
    """Return why a text is no cron expression, or None."""
    words = text.split()
    if len(text) > _LONGEST or len(words) not in {_WITHOUT_SECONDS, _WITH_SECONDS}:
        return "a cron expression has 5 fields (minute hour day month weekday), or 6 with seconds first"
    fields = _FIELDS if len(words) == _WITH_SECONDS else _FIELDS[1:]
    for word, (name, low, high, names) in zip(words, fields, strict=True):
        for term in word.split(","):
            if not _is_term(term, name, low, high, names):
                return f"{term!r} is no {name} ({low}-{high})"
    return _never(*words[-3:])


def _never(days: str, months: str, weekdays: str) -> str | None:
    """Return why no day fits, as on 31 February; with weekdays as well, either of both is enough."""
    if weekdays != "*" or not re.fullmatch(r"[0-9,/-]+", days):
        return None
    first = min(int(re.split("[-/]", term)[0]) for term in days.split(","))
    longest = max((_LENGTHS[month - 1] for month in _months(months)), default=31)
    return (
        f"no month of {months!r} has a day {first}: it would never fire"
        if first > longest
        else None
    )


def _months(text: str) -> list[int]:
    found: list[int] = []
    for term in text.split(","):
        match = _TERM.match(term)
        if match is None or match[1] == "*":
            return list(range(1, 13))
        first = _number(match[2], 1, _MONTHS) or 1
        last = _number(match[3], 1, _MONTHS) if match[3] else 12 if match[4] else first
        found += range(first, (last or 12) + 1, int(match[4] or 1))
    return found


def _is_term(term: str, field: str, low: int, high: int, names: tuple[str, ...]) -> bool:
    if field == "day of the month" and term in {"L", "LW"}:
        return True
    if field == "day of the week":
        term = re.sub(r"(#[1-5]|L)\Z", "", term) if term != "L" else term
    match = _TERM.match(term)
    if match is None:
        return False
    ends = [_number(end, low, names) for end in match.group(2, 3) if end is not None]
    if any(end is None or not low <= end <= high for end in ends):
        return False
    first, last = (ends[0], ends[-1]) if ends else (low, high)
    return first is not None and last is not None and (first <= last or field == "day of the week")


def _number(text: str, low: int, names: tuple[str, ...]) -> int | None:
    if text.isdigit():
        return int(text[:9])
    upper = text.upper()
    return names.index(upper) + low if upper in names else None
