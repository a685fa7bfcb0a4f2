"""What a time zone is called at an instant, in the words of a locale."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, Literal

from alur_engine.expressions.dates.calendar import (
    MINUTE_MS,
    days_in_month,
    fields_of,
    find_zone,
    ms_of,
    offset_ms,
)
from alur_engine.expressions.intl.tables import Table, common

Style = Literal["short", "long", "shortOffset", "longOffset"]
_LAST_OF_32_BITS: Final = 2_147_483_647_000
_JANUARY: Final = 1_705_276_800_000
_JULY: Final = 1_721_001_600_000
"""Two days of the year from which the names were taken."""


def zone_name(ms: int, zone: str, style: Style, table: Table) -> str:
    """Return the name; a zone that the locale has no name for is called by its offset."""
    minutes = offset_ms(ms, zone) // MINUTE_MS
    # The names of CLDR begin with the epoch.
    if style in {"short", "long"} and (ms >= 0 or zone == "UTC"):
        name = _own_name(minutes, zone, table, is_long=style == "long")
        if name is not None:
            return name
    return offset_name(minutes, table, is_long=style.startswith("long"))


def display_name(ms: int, zone: str, table: Table) -> str:
    """Return the long name as `Date.prototype.toString` has it.

    Times that 32 bits of seconds do not reach are named like those of a year with the same days.
    """
    names = table["zones"].get(str(common()["zones"].get(zone_of(zone))))
    low = _offsets(zone)[0]
    at = ms if 0 <= ms <= _LAST_OF_32_BITS else _alike(ms)
    is_summer = offset_ms(at, zone) // MINUTE_MS > low
    name: str | None = names[2 + is_summer] if names else None
    return name or offset_name(offset_ms(ms, zone) // MINUTE_MS, table, is_long=True)


def _alike(ms: int) -> int:
    fields = fields_of(ms)
    first = fields_of(ms_of(fields.year, 0, 1)).weekday
    start = 1956 if days_in_month(fields.year, 2) == 29 else 1967  # noqa: PLR2004  a leap year
    year = 2008 + (start + first * 12 % 28 + 3 * 28 - 2008) % 28
    return ms - ms_of(fields.year, 0, 1) + ms_of(year, 0, 1)


def offset_name(minutes: int, table: Table, *, is_long: bool) -> str:
    """Return an offset as the locale writes it, like `GMT+2`."""
    offsets = table["offsets"]
    if not minutes:
        zero: str = offsets["zero"][is_long]
        return zero
    hours, rest = divmod(abs(minutes), 60)
    template: str = offsets["broken" if rest else "whole"][is_long][minutes < 0]
    return template.replace("{h}", f"{hours:02}" if is_long else str(hours)).replace(
        "{m}", f"{rest:02}"
    )


def _own_name(minutes: int, zone: str, table: Table, *, is_long: bool) -> str | None:
    names = table["zones"].get(str(common()["zones"].get(zone_of(zone))))
    if names is None:
        return None
    low, high = _offsets(zone)
    if minutes not in (low, high):
        return None
    name: str | None = names[2 * is_long + (low != high and minutes == high)]
    return name


@lru_cache(maxsize=64)
def _offsets(zone: str) -> tuple[int, int]:
    first, second = (offset_ms(day, zone) // MINUTE_MS for day in (_JANUARY, _JULY))
    return min(first, second), max(first, second)


@lru_cache(maxsize=64)
def zone_of(name: str) -> str:
    """Return the name of a zone as it is usually written: case does not matter."""
    zones = common()["zones"]
    if name in zones:
        return name
    lowered = name.lower()
    return next((zone for zone in zones if zone.lower() == lowered), name)


def is_zone(name: str) -> bool:
    """Whether there is a zone of this name."""
    return bool(name) and name[0] not in "+-" and find_zone(zone_of(name)) is not None
