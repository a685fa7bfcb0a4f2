"""Time zones as Luxon names them: IANA names, and fixed offsets like `UTC+5:30`."""

from __future__ import annotations

import math
import re
from typing import Final

from alur_engine.expressions.dates.calendar import MINUTE_MS, offset_ms
from alur_engine.expressions.intl.zone_names import is_zone
from alur_engine.expressions.scope import Scope
from alur_engine.expressions.values import UNDEFINED, Value

UTC: Final = "UTC"
_FIXED: Final = re.compile(r"utc(?:([+-]\d{1,2})(?::(\d{2}))?)?\Z", re.IGNORECASE | re.ASCII)
_SAME_AS_UTC: Final = frozenset({"UTC", "utc", "Utc", "GMT", "gmt", "Gmt"})
_OWN: Final = ("default", "local", "system")


def fixed_zone(minutes: float) -> str:
    """Return the name of the zone that is always so many minutes ahead of UTC."""
    whole = int(minutes)
    if not whole:
        return UTC
    hours, rest = divmod(abs(whole), 60)
    return f"{UTC}{'-' if whole < 0 else '+'}{hours}{f':{rest}' if rest else ''}"


def is_fixed(zone: str) -> bool:
    """Whether a zone has one offset for all times."""
    return zone == UTC or (zone[:3] == UTC and zone[3:4] in {"+", "-"})


def signed_offset(hours: str | None, minutes: str | None) -> int:
    """Return the minutes of an offset that text gives in two parts."""
    text = hours or ""
    whole = int(text) * 60 if text else 0
    rest = int(minutes or 0)
    return whole - rest if text.startswith("-") else whole + rest


def zone_from(scope: Scope, value: Value) -> str | None:
    """Return the zone that `value` asks for, `None` where there is none such."""
    if value is UNDEFINED or value is None:
        return own_zone(scope)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return fixed_zone(value) if math.isfinite(value) else None
    return _named(scope, value) if isinstance(value, str) else None


def _named(scope: Scope, name: str) -> str | None:
    lowered = name.lower()
    if lowered in _OWN:
        return own_zone(scope)
    if lowered == "gmt":
        return UTC
    found = _FIXED.match(lowered)
    if found:
        return fixed_zone(signed_offset(found[1], found[2]))
    return name if is_zone(name) else None


def own_zone(scope: Scope) -> str:
    """Return the zone of the workflow."""
    zone = scope.time_zone
    return UTC if zone in _SAME_AS_UTC else zone


def minutes_at(ms: float, zone: str) -> float:
    """Return the minutes that a zone is ahead of UTC at an instant."""
    if zone == UTC:
        return 0
    offset = offset_ms(int(ms), zone)
    return offset // MINUTE_MS if offset % MINUTE_MS == 0 else offset / MINUTE_MS


def settled(local_ms: float, guess: float, zone: str) -> tuple[float, float]:
    """Return the instant of a time of the clock, and its offset; `guess` decides where there are two.

    Where clocks skip the time, it is moved ahead by as much.
    """
    instant = local_ms - guess * MINUTE_MS
    second = minutes_at(instant, zone)
    if guess == second:
        return instant, guess
    instant -= (second - guess) * MINUTE_MS
    third = minutes_at(instant, zone)
    if second == third:
        return instant, second
    return local_ms - min(second, third) * MINUTE_MS, max(second, third)
