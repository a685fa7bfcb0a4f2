"""Names of months, days and zones as Luxon takes them from a locale."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from alur_engine.expressions.dates.calendar import MINUTE_MS, ms_of
from alur_engine.expressions.intl.date_formats import DateFormat, Parts, date_format
from alur_engine.expressions.intl.tables import DEFAULT, resolve, table_of
from alur_engine.expressions.intl.zone_names import Style, is_zone, zone_name
from alur_engine.expressions.values import UNDEFINED, Value

if TYPE_CHECKING:
    from alur_engine.expressions.luxon.value import DateTime

MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
ERAS: Final = {
    "short": ("BC", "AD"),
    "long": ("Before Christ", "Anno Domini"),
    "narrow": ("B", "A"),
}
_SHORT: Final = 3


def is_english(locale: str | None) -> bool:
    """Whether Luxon's own English names are used."""
    return locale is None or locale.lower() in {"en", "en-us"}


def week_of(locale: str | None) -> dict[str, Any]:
    """Return the rules of weeks: `firstDay`, `minimalDays` and `weekend`."""
    week: dict[str, Any] = table_of(resolve(locale or DEFAULT))["week"]
    return week


def _cut(name: str, width: str) -> str:
    return {"short": name[:_SHORT], "narrow": name[:1]}.get(width, name)


def months(locale: str | None, width: str, *, is_format: bool = False) -> list[str]:
    """Return the names of the months; those within a date differ in some languages."""
    if is_english(locale):
        return [_cut(name, width) for name in MONTHS]
    options = {"month": width} | ({"day": "numeric"} if is_format else {})
    made = date_format(locale, options, "UTC")
    days = [ms_of(2009, month, 1) for month in range(12)]
    if str(locale).startswith("ja"):
        made = date_format(locale, {"month": width}, "UTC")
        return [made.text(day) for day in days]
    return [_part(made.parts(day), "month") for day in days]


def weekdays(locale: str | None, width: str, *, is_format: bool = False) -> list[str]:
    """Return the names of the days from Monday on."""
    if is_english(locale):
        return [_cut(name, width) for name in DAYS]
    rest = {"year": "numeric", "month": "long", "day": "numeric"} if is_format else {}
    made = date_format(locale, {"weekday": width, **rest}, "UTC")
    return [_part(made.parts(ms_of(2016, 10, 14 + day)), "weekday") for day in range(7)]


def meridiems(locale: str | None) -> list[str]:
    """Return the words for the halves of a day."""
    if is_english(locale):
        return ["AM", "PM"]
    made = date_format(locale, {"hour": "numeric", "hourCycle": "h12"}, "UTC")
    return [_part(made.parts(hour * 3_600_000), "dayPeriod") for hour in (9, 19)]


def eras(locale: str | None, width: str) -> list[str]:
    """Return the words for the years before and after the first."""
    if is_english(locale):
        return list(ERAS[width])
    words: list[str] = table_of(resolve(locale))["eras"][width[0]]
    return words


def _part(parts: Parts, kind: str) -> str:
    return next((text for name, text in parts if name == kind), "")


def extract(time: DateTime, options: dict[str, Value], kind: str, locale: str | None) -> str:
    """Return one part of a time as a locale writes it."""
    made, ms = formatter(time, options, locale)
    return _part(made.parts(ms), kind)


def formatter(
    time: DateTime, options: dict[str, Value], locale: str | None
) -> tuple[DateFormat, float]:
    """Return what formats a time, and the milliseconds to give it.

    A zone of a fixed offset that is no whole number of hours is shown by its own name.
    """
    zone, ms, text = time.zone, time.ms, None
    if options.get("timeZone", UNDEFINED) is UNDEFINED and time.is_fixed:
        hours = -time.offset / 60
        named = f"Etc/GMT{'+' if hours >= 0 else '-'}{abs(hours):g}"
        if time.offset and is_zone(named):
            zone = named
        else:
            zone, text, ms = "UTC", time.zone, ms + time.offset * MINUTE_MS
    made = date_format(UNDEFINED if locale is None else locale, options, zone)
    if text is not None:
        made = replace(made, zone_text=text)
    return made, ms


def offset_name(time: DateTime, style: Style, locale: str | None = None) -> str:
    """Return what the zone is called at a time."""
    if time.is_fixed:
        return time.zone
    table = table_of(resolve(locale or time.locale or DEFAULT))
    return zone_name(int(time.ms), time.zone, style, table)
