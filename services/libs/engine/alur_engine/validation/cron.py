"""Cron expressions: five fields, or six with the seconds first, read by CronSim, which plans them as well."""

from __future__ import annotations

from datetime import datetime

from cronsim import CronSim, CronSimError
from cronsim.cronsim import Field

_FIELDS = (
    (Field.SECOND, "second (0-59"),
    (Field.MINUTE, "minute (0-59"),
    (Field.HOUR, "hour (0-23"),
    (Field.DAY, "day of the month (1-31, L or LW"),
    (Field.MONTH, "month (1-12 or JAN-DEC"),
    (Field.DOW, "day of the week (0-7 or SUN-SAT; the last Friday is 5L, the second Monday MON#2"),
)
_LONGEST = 200
_WITHOUT_SECONDS, _WITH_SECONDS = 5, 6
_SOME_DAY = datetime(2000, 1, 1)  # noqa: DTZ001  # of no zone: which days fit is the same in each


def cron_problem(text: str) -> str | None:
    """Return why a text is no cron expression, or is one that is never due, or None."""
    words = text.split()
    if len(text) > _LONGEST or len(words) not in {_WITHOUT_SECONDS, _WITH_SECONDS}:
        return "a cron expression has 5 fields (minute hour day month weekday), or 6 with seconds first"
    for word, (field, what) in zip(words, _FIELDS[-len(words) :], strict=True):
        for term in word.split(","):
            if not _is_term(field, term):
                range_ = "; a range goes upwards, as in 5-6,0-1)" if "-" in term else ")"
                return f"{term!r} is no {what}{range_}"
    if not _is_ever_due(text):
        return f"no day fits {' '.join(words[-3:])!r} (day month weekday): it would never fire"
    return None


def _is_term(field: Field, term: str) -> bool:
    try:
        field.parse(term.upper())
    except CronSimError:
        return False
    return True


def _is_ever_due(text: str) -> bool:
    """Return whether a day fits within fifty years; CronSim refuses some rules that have none, and seeks in others."""
    try:
        return next(CronSim(text, _SOME_DAY), None) is not None
    except CronSimError:
        return False
