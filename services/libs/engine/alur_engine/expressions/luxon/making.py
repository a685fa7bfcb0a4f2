"""Times from their parts: what all ways of reading one come to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from alur_engine.expressions.convert import to_js_string
from alur_engine.expressions.dates.calendar import Fields, days_before, days_in_month
from alur_engine.expressions.intl.zone_names import is_zone
from alur_engine.expressions.luxon.arithmetic import (
    DAY_MS,
    PARTS,
    check_mixed,
    clock_ms,
    iso_parts,
    local_now,
)
from alur_engine.expressions.luxon.units import option
from alur_engine.expressions.luxon.value import DateTime, invalid, unsupported_zone
from alur_engine.expressions.luxon.weeks import (
    days_in_year,
    days_of_week,
    local_week,
    ordinal,
    weeks_in_year,
)
from alur_engine.expressions.luxon.zones import is_fixed, minutes_at, own_zone, settled, zone_from
from alur_engine.expressions.numbers import format_number
from alur_engine.expressions.scope import Scope
from alur_engine.expressions.values import UNDEFINED, Value

_CLOCK: Final = {"hour": 23, "minute": 59, "second": 59, "millisecond": 999}
_FULL_DATE: Final = frozenset(PARTS[:3])
_GREGORIAN: Final = frozenset(PARTS)
_MIDNIGHT: Final[dict[str, float]] = dict.fromkeys(PARTS[3:], 0)
_WEEK: Final = ("weekYear", "weekNumber", "weekday")


class Options(NamedTuple):
    """Where and how a time is read: `zone` is `None` for one that does not exist."""

    zone: str | None
    asked: Value
    locale: str | None
    keeps_zone: bool


def options_in(scope: Scope, options: Value) -> Options:
    """Return what the options of `fromISO` and its like say."""
    if options is UNDEFINED:
        return Options(own_zone(scope), UNDEFINED, None, keeps_zone=False)
    asked, locale = option(options, "zone"), option(options, "locale")
    return Options(
        zone_from(scope, asked),
        asked,
        to_js_string(locale) if locale else None,
        bool(option(options, "setZone", False)),
    )


def parsed(
    scope: Scope,
    parts: Mapping[str, float] | None,
    zone: str | None,
    options: Options,
    *,
    told: str,
    guess: float | None = None,
) -> DateTime:
    """Return the time that text named by its parts and its zone; `told` explains where it did not."""
    if not parts and not zone:
        return invalid("unparsable", told)
    if zone and not (is_fixed(zone) or is_zone(zone)):
        return unsupported_zone(zone)
    read = Options(zone or options.zone, options.asked, options.locale, keeps_zone=False)
    time = from_parts(scope, parts or {}, read, guess)
    if options.keeps_zone or not time.is_valid:
        return time
    if options.zone is None:
        return unsupported_zone(to_js_string(options.asked))
    return time if time.zone == options.zone else DateTime(time.ms, options.zone, time.locale)


def from_parts(
    scope: Scope, given: Mapping[str, float], options: Options, guess: float | None = None
) -> DateTime:
    """Return the time that has these parts; larger ones that are missing are those of now."""
    zone = options.zone
    if zone is None:
        return unsupported_zone(to_js_string(options.asked))
    if _FULL_DATE <= given.keys() <= _GREGORIAN:
        return _plain(scope, given, options, zone, guess)
    parts, rules = iso_parts(given, options.locale)
    check_mixed(parts)
    at, offset = local_now(scope.now_ms, zone)
    offset = offset if guess is None else guess
    is_of_week = _is_of_week(parts)
    names, usual = _calendar(at, parts, rules, is_of_week=is_of_week)
    full = _filled(parts, names, (*usual, at.hour, at.minute, at.second, at.milli))
    wrong = _out_of_range(full, names, rules)
    if wrong is not None:
        return invalid("unit out of range", wrong)
    ms, offset = settled(_days(full, names, rules) * DAY_MS + clock_ms(full), offset, zone)
    time = DateTime(ms, zone, options.locale, offset=offset)
    if "weekday" in parts and not is_of_week and parts["weekday"] != (time.fields().weekday or 7):
        what = f"you can't specify both a weekday of {format_number(parts['weekday'])}"
        return invalid("mismatched weekday", f"{what} and a date of {time.iso()}")
    return time


def _plain(
    scope: Scope, parts: Mapping[str, float], options: Options, zone: str, guess: float | None
) -> DateTime:
    """Return the time of a whole date of the usual calendar, the way most of them are given."""
    full = {**_MIDNIGHT, **parts}
    wrong = _out_of_range(full, PARTS[:3], {})
    if wrong is not None:
        return invalid("unit out of range", wrong)
    local = _days(full, PARTS[:3], {}) * DAY_MS + clock_ms(full)
    offset = minutes_at(scope.now_ms, zone) if guess is None else guess
    ms, offset = settled(local, offset, zone)
    return DateTime(ms, zone, options.locale, offset=offset)


def _is_of_week(parts: Mapping[str, float]) -> bool:
    if parts.get("weekYear") or parts.get("weekNumber"):
        return True
    return bool(parts.get("weekday")) and not any(part in parts for part in PARTS[:3])


def _calendar(
    at: Fields, parts: Mapping[str, float], rules: dict[str, Any], *, is_of_week: bool
) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Return the names of a date's parts, the largest first, and what they are now."""
    if is_of_week:
        return _WEEK, local_week(at, rules)
    if "ordinal" in parts:
        return ("year", "ordinal"), (at.year, ordinal(at))
    return PARTS[:3], (at.year, at.month, at.day)


def _filled(
    parts: Mapping[str, float], names: tuple[str, ...], usual: tuple[int, ...]
) -> dict[str, float]:
    full: dict[str, float] = {}
    has_found = False
    for number, name in enumerate((*names, *_CLOCK)):
        if name in parts:
            has_found = True
            full[name] = parts[name]
        elif has_found:
            full[name] = 1 if number < len(names) else 0
        else:
            full[name] = usual[number]
    return full


def _out_of_range(
    full: dict[str, float], names: tuple[str, ...], rules: dict[str, Any]
) -> str | None:
    first = full[names[0]]
    if first != int(first):
        return _told(names[0], first)
    for name in names[1:]:
        if not (full[name] == int(full[name]) and 1 <= full[name] <= _most(name, full, rules)):
            return _told("week" if name == "weekNumber" else name, full[name])
    is_midnight = full["hour"] == 24 and not any(full[name] for name in PARTS[4:])  # noqa: PLR2004  the end of a day
    for name, last in _CLOCK.items():
        is_whole = full[name] == int(full[name])
        if not (is_whole and 0 <= full[name] <= last) and not (name == "hour" and is_midnight):
            return _told(name, full[name])
    return None


def _most(name: str, full: dict[str, float], rules: dict[str, Any]) -> int:
    if name == "day":
        return days_in_month(int(full["year"]), int(full["month"]))
    if name == "weekNumber":
        return weeks_in_year(int(full["weekYear"]), rules)
    if name == "ordinal":
        return days_in_year(int(full["year"]))
    return {"month": 12, "weekday": 7}[name]


def _told(unit: str, value: float) -> str:
    shown = format_number(value)
    return f"you specified {shown} (of type number) as a {unit}, which is invalid"


def _days(full: dict[str, float], names: tuple[str, ...], rules: dict[str, Any]) -> int:
    if names == _WEEK:
        return days_of_week([int(full[name]) for name in names], rules)
    year = int(full["year"])
    if "ordinal" in full:
        return days_before(year, 1, 1) - 1 + int(full["ordinal"])
    return days_before(year, int(full["month"]), int(full["day"]))
