"""The `Interval` object of Luxon 3."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Final

from alur_engine.expressions.luxon.arithmetic import add, difference, end_of, start_of
from alur_engine.expressions.luxon.duration import Duration, invalid_duration
from alur_engine.expressions.luxon.value import DateTime
from alur_engine.expressions.numbers import NAN, tidy
from alur_engine.expressions.values import UNDEFINED, Special, Value

INVALID: Final = "Invalid Interval"
PROPERTIES: Final = (
    "isValid", "invalidReason", "invalidExplanation", "start", "end", "lastDateTime",
)  # fmt: skip


class Interval(Special):
    """All instants from `start` on and before `end`; invalid with a `reason`."""

    __slots__ = ("end", "explanation", "reason", "start")

    def __init__(
        self, start: DateTime, end: DateTime, *, reason: str = "", explanation: str | None = None
    ) -> None:
        self.start = start
        self.end = end
        self.reason = reason
        self.explanation = explanation

    @property
    def is_valid(self) -> bool:
        """Whether it has a start and an end after it."""
        return not self.reason

    def contains(self, time: DateTime) -> bool:
        """Whether an instant lies within."""
        return self.is_valid and self.start.ms <= time.ms < self.end.ms

    def js_string(self) -> str:
        return f"[{self.start.iso()} \u2013 {self.end.iso()})" if self.is_valid else INVALID

    def js_json(self) -> Value:
        valid = {"s": self.start.js_json(), "e": self.end.js_json(), "invalid": None}
        wrong = {"reason": self.reason, "explanation": self.explanation}
        members = valid if self.is_valid else {"invalid": wrong}
        return {**members, "isLuxonInterval": True}

    def read(self, name: str) -> Value:
        members: dict[str, Value] = {
            "isValid": self.is_valid,
            "invalidReason": self.reason or None,
            "invalidExplanation": self.explanation,
            "start": self.start if self.is_valid else None,
            "end": self.end if self.is_valid else None,
        }
        if name == "lastDateTime":
            return add(self.end, Duration({"milliseconds": 1}), -1) if self.is_valid else None
        return members.get(name, UNDEFINED)


def invalid_interval(reason: str, explanation: str | None = None) -> Interval:
    """Return what is no interval, and why."""
    nothing = DateTime(NAN, "UTC")
    return Interval(nothing, nothing, reason=reason, explanation=explanation)


def interval_of(start: DateTime | None, end: DateTime | None) -> Interval:
    """Return the interval of two times, invalid where they are in the wrong order."""
    if start is None or not start.is_valid:
        return invalid_interval("missing or invalid start")
    if end is None or not end.is_valid:
        return invalid_interval("missing or invalid end")
    if end.ms < start.ms:
        what = "The end of an interval must be after its start, but you had"
        told = f"{what} start={start.iso()} and end={end.iso()}"
        return invalid_interval("end before start", told)
    return Interval(start, end)


def length(interval: Interval, units: list[str]) -> Duration:
    """Return how long it is in units."""
    if not interval.is_valid:
        return invalid_duration(interval.reason)
    return difference(interval.end, interval.start, units)


def count(interval: Interval, unit: str, *, by_locale: bool) -> float:
    """Return how many units it touches."""
    if not interval.is_valid:
        return NAN
    start = start_of(interval.start, unit, by_locale=by_locale)
    own = interval.end
    if by_locale:
        own = DateTime(own.ms, own.zone, start.locale)
    end = start_of(own, unit, by_locale=by_locale)
    whole = math.floor(difference(end, start, [unit]).get(unit))
    return whole + (end.ms != interval.end.ms)


def has_same(interval: Interval, unit: str) -> bool:
    """Whether all of it is within one unit."""
    if not interval.is_valid:
        return False
    if interval.start.ms == interval.end.ms:
        return True
    last = add(interval.end, Duration({"milliseconds": 1}), -1)
    return start_of(last, unit).ms <= interval.start.ms <= end_of(last, unit).ms


def split_at(interval: Interval, times: list[DateTime]) -> list[Interval]:
    """Return the parts that it has between times."""
    if not interval.is_valid:
        return []
    within = sorted((time for time in times if interval.contains(time)), key=lambda time: time.ms)
    bounds = [time for time in within if time.ms > interval.start.ms]
    edges = [interval.start, *bounds, interval.end]
    return [interval_of(start, end) for start, end in pairwise(edges) if start.ms < interval.end.ms]


def split_by(interval: Interval, step: Duration, most: int) -> list[Interval]:
    """Return the parts of a length that it has, the last one shorter; at most `most` of them."""
    if not interval.is_valid or not step.is_valid or not step.js_number():
        return []
    parts: list[Interval] = []
    start, number = interval.start, 1
    while start.ms < interval.end.ms and len(parts) < most:
        amounts = {unit: tidy(amount * number) for unit, amount in step.amounts.items()}
        added = add(interval.start, step.with_amounts(amounts))
        following = interval.end if added.ms > interval.end.ms else added
        parts.append(interval_of(start, following))
        start, number = following, number + 1
    return parts


def overlap(first: Interval, second: Interval) -> Interval | None:
    """Return what both have."""
    start = max(first.start, second.start, key=lambda time: time.ms)
    end = min(first.end, second.end, key=lambda time: time.ms)
    return None if start.ms >= end.ms else interval_of(start, end)


def union(first: Interval, second: Interval) -> Interval:
    """Return the least interval that has both."""
    start = min(first.start, second.start, key=lambda time: time.ms)
    return interval_of(start, max(first.end, second.end, key=lambda time: time.ms))
