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
    return None


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
