"""Due times of `trigger.schedule`: pure, strictly increasing, in seconds since 1970.

A time of day that daylight saving skips is due once, right after the gap; one that it repeats is due once, the first time. A cron
expression of every hour (`*/30 * * * *`) goes by the time that passes, as with Debian's cron: a skipped hour adds nothing, and each half
hour of a repeated one counts. However the expression is written, its hours alone decide which of both it is.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError
from cronsim.cronsim import Field

from alur_engine.durations import duration_seconds
from alur_sdk.errors import InvalidError

_ALL_HOURS = set(range(24))
_FIELDS = 5


@dataclass(frozen=True, slots=True)
class Rule:
    """When a schedule is due: a cron expression in a zone, or every so many seconds from `activated_at`."""

    cron: str | None
    every: float | None
    zone: str
    catch_up: str
    jitter: float
    activated_at: float


def rule_of(params: Mapping[str, Any], zone: str, activated_at: float) -> Rule:
    """Return the rule that a trigger's parameters state; `zone` is the workflow's own time zone."""
    every, jitter = params.get("every"), params.get("jitter")
    return Rule(
        cron=params.get("cron"),
        every=duration_seconds(every) if every else None,
        zone=params.get("timeZone") or zone,
        catch_up=params.get("catchUp") or "last",
        jitter=duration_seconds(jitter) if jitter else 0.0,
        activated_at=activated_at,
    )


def next_due(rule: Rule, after: float) -> float | None:
    """Return the first due time later than `after`, or None when there is none. Raises `InvalidError` for a bad rule."""
    if rule.every is not None:
        turns = math.floor((after - rule.activated_at) / rule.every) + 1
        return rule.activated_at + max(turns, 1) * rule.every
    try:
        return next((time for time in _cron_times(rule, after) if time > after), None)
    except (CronSimError, ValueError, KeyError) as error:
        raise InvalidError(f"{rule.cron!r} is no cron expression: {error}") from error


def _cron_times(rule: Rule, after: float) -> Iterator[float]:
    """Yield the times of a cron expression, of which the first few may not be later than `after`."""
    cron, start = rule.cron or "", datetime.fromtimestamp(after, ZoneInfo(rule.zone))
    words = cron.split()
    if len(words) < _FIELDS or Field.HOUR.parse(words[-4]) != _ALL_HOURS:
        by_the_clock = CronSim(cron, start.replace(tzinfo=None))
        return (_first_at(moment, start.tzinfo) for moment in by_the_clock)
    # Of expressions of six fields alone CronSim leaves the time that passes as it is.
    with_seconds = f"0 {cron}" if len(words) == _FIELDS else cron
    return (moment.timestamp() for moment in CronSim(with_seconds, start))


def _first_at(moment: datetime, zone: tzinfo | None) -> float:
    """Return when a clock shows this first, or, where the clock skips it, the end of the gap."""
    shown = moment.replace(tzinfo=zone)
    if not _is_skipped(shown):
        return shown.timestamp()
    shown = shown.replace(second=0)
    while _is_skipped(shown):
        shown += timedelta(minutes=1)
    return shown.timestamp()


def _is_skipped(shown: datetime) -> bool:
    return shown != shown.astimezone(UTC).astimezone(shown.tzinfo)


def dues(rule: Rule, first: float, until: float, limit: int = 1_000) -> Iterator[float]:
    """Yield the due times from `first` (which is one) up to `until`, at most `limit`."""
    due: float | None = first
    for _ in range(limit):
        if due is None or due > until:
            return
        yield due
        due = next_due(rule, due)


def to_fire(
    rule: Rule, times: list[float], running_since: float, *, more: bool = False
) -> list[float]:
    """Return which of the due times start an execution: all since `running_since`, and of those before what `catchUp` says.

    `more`: others are due after these, so that the last of these is not the last.
    """
    missed = [time for time in times if time < running_since]
    fresh = times[len(missed) :]
    if rule.catch_up == "all":
        return times
    if rule.catch_up == "none":
        return fresh
    return fresh if fresh or more else missed[-1:]


def delay(rule: Rule, key: str, due: float) -> float:
    """Return the jitter in seconds: by chance between schedules, the same for one due time whenever it is asked."""
    if not rule.jitter:
        return 0.0
    digest = hashlib.sha256(f"{key}/{due}".encode()).digest()
    return rule.jitter * int.from_bytes(digest[:8], "big") / 2**64
