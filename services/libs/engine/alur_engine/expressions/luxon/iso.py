"""Times as ISO 8601 writes them, with all that Luxon lets one leave out."""

from __future__ import annotations

from typing import Final

from alur_engine.expressions.convert import truthy
from alur_engine.expressions.luxon.arithmetic import PARTS
from alur_engine.expressions.luxon.units import field_of, option
from alur_engine.expressions.luxon.value import DateTime, iso_date
from alur_engine.expressions.values import UNDEFINED, Value

_CLOCK: Final = 3


def iso_text(time: DateTime, options: Value = UNDEFINED) -> str:
    """Return `toISO(options)`; the time must be valid."""
    precision = field_of(option(options, "precision", "millisecond"))
    date = iso_day(time, precision, is_basic=_is_basic(options))
    if PARTS.index(precision) >= _CLOCK:
        date += "T"
    return date + iso_clock(time, options)


def _is_basic(options: Value) -> bool:
    return bool(option(options, "format", "extended") != "extended")


def iso_day(time: DateTime, precision: str = "day", *, is_basic: bool = False) -> str:
    """Return the date, which may end with its year or its month."""
    whole = iso_date(time.fields())
    kept = {"year": whole[:-6], "month": whole[:-3]}.get(precision, whole)
    if not is_basic:
        return kept
    sign = kept[:1] if kept[:1] in "+-" else ""
    return sign + kept[len(sign) :].replace("-", "")


def iso_clock(time: DateTime, options: Value) -> str:
    """Return the time of day with its offset, and its zone if that is asked for."""
    precision = PARTS.index(field_of(option(options, "precision", "millisecond")))
    clock = _digits(time, options, precision)
    if truthy(option(options, "includeOffset", True)):
        has_zone = truthy(option(options, "extendedZone", False))
        clock += _offset(time) if has_zone else time.offset_text()
    if truthy(option(options, "extendedZone", False)):
        clock += f"[{_zone_name(time)}]"
    return clock


def _digits(time: DateTime, options: Value, precision: int) -> str:
    at = time.fields()
    join = "" if _is_basic(options) else ":"
    has_seconds = not truthy(option(options, "suppressSeconds", False)) or at.milli or at.second
    shown = [f"{at.hour:02}", f"{at.minute:02}"] + ([f"{at.second:02}"] if has_seconds else [])
    clock = join.join(shown[: max(precision - 2, 0)])
    is_short = truthy(option(options, "suppressMilliseconds", False))
    if precision == len(PARTS) - 1 and has_seconds and (not is_short or at.milli):
        clock += f".{at.milli:03}"
    return clock


def _offset(time: DateTime) -> str:
    minutes = int(abs(time.offset))
    return f"{'-' if time.offset < 0 else '+'}{minutes // 60:02}:{minutes % 60:02}"


def _zone_name(time: DateTime) -> str:
    if not time.is_fixed:
        return time.zone
    if not time.offset:
        return "Etc/UTC"
    turned = {"+": "-", "-": "+"}[time.zone[3]]
    return f"Etc/GMT{turned}{time.zone[4:]}"
