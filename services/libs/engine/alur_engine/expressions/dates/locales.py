"""Dates as people of a locale write them: the part of `Intl.DateTimeFormat` that people use.

Known are `en-US` (the default), `en-GB`, `de-DE`, `sv-SE`, `id-ID`, `fr-FR` and `es-ES` in digits, and
month and weekday names in English. Any other request is refused, never answered wrongly.
"""

from __future__ import annotations

from typing import Final

from alur_engine.expressions.convert import to_js_string, truthy
from alur_engine.expressions.dates.calendar import Fields, fields_of, find_zone, offset_ms
from alur_engine.expressions.dates.value import INVALID
from alur_engine.expressions.problems import range_error
from alur_engine.expressions.values import UNDEFINED, Value
from alur_sdk.errors import ExpressionError

MONTH_NAMES: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
DAY_NAMES: Final = (
    "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
)  # fmt: skip
_DATES: Final = {
    "en-US": "{m}/{d}/{y}",
    "en-GB": "{d:02}/{m:02}/{y}",
    "de-DE": "{d}.{m}.{y}",
    "sv-SE": "{y}-{m:02}-{d:02}",
    "id-ID": "{d}/{m}/{y}",
    "fr-FR": "{d:02}/{m:02}/{y}",
    "es-ES": "{d}/{m}/{y}",
}
_SHORT_NAMES: Final = {"en": "en-US", "de": "de-DE", "sv": "sv-SE", "id": "id-ID", "fr": "fr-FR"}
_JOINS: Final = {"sv-SE": " ", "fr-FR": " "}
_DATE_PARTS: Final = ("weekday", "year", "month", "day")
_CLOCK_PARTS: Final = ("hour", "minute", "second")
_KNOWN: Final = frozenset({*_DATE_PARTS, *_CLOCK_PARTS, "timeZone", "hour12", "hourCycle"})
_NOON: Final = 12


def date_time_text(ms: float, zone: str, kind: str, locale: Value, options: Value) -> str:
    """Return a time as a locale writes it; `kind` is what is shown by default."""
    if ms != ms:  # noqa: PLR0124  NaN names no time
        return INVALID
    given = options if isinstance(options, dict) else {}
    name = _locale_of(locale)
    where = to_js_string(given.get("timeZone", zone))
    if find_zone(where) is None:
        raise range_error(f"Invalid time zone specified: {where}")
    at = fields_of(int(ms) + offset_ms(int(ms), where))
    wanted = _wanted(given, kind)
    date = _date(at, wanted, name)
    clock = _clock(at, wanted, name, given)
    worded = wanted.get("month") == "long" and "weekday" not in wanted
    join = " at " if worded and name.startswith("en") else _JOINS.get(name, ", ")
    return join.join(text for text in (date, clock) if text)


def _locale_of(locale: Value) -> str:
    if locale is UNDEFINED or (isinstance(locale, list) and not locale):
        return "en-US"
    name = to_js_string(locale[0] if isinstance(locale, list) else locale)
    name = _SHORT_NAMES.get(name, name)
    if name not in _DATES:
        raise ExpressionError(f"Dates in the locale `{name}` are not supported")
    return name


def _wanted(given: dict[str, Value], kind: str) -> dict[str, str]:
    for option in given:
        if option not in _KNOWN:
            raise ExpressionError(f"The date option `{option}` is not supported")
    parts = (*_DATE_PARTS, *_CLOCK_PARTS)
    wanted = {part: to_js_string(given[part]) for part in parts if part in given}
    needed = {"date": _DATE_PARTS, "time": _CLOCK_PARTS}.get(kind, parts)
    if not any(part in wanted for part in needed):
        if kind != "time":
            wanted |= dict.fromkeys(("year", "month", "day"), "numeric")
        if kind != "date":
            wanted |= dict.fromkeys(_CLOCK_PARTS, "numeric")
    return wanted


def _number(value: int, style: str) -> str:
    return f"{value % 100:02}" if style == "2-digit" else str(value)


def _date(at: Fields, wanted: dict[str, str], locale: str) -> str:
    shown = [part for part in _DATE_PARTS if part in wanted]
    if not shown:
        return ""
    if wanted.get("month") in {"long", "short"} or "weekday" in wanted:
        return _worded_date(at, wanted, locale)
    if shown == ["year", "month", "day"] and set(wanted.values()) == {"numeric"}:
        return _DATES[locale].format(y=at.year, m=at.month, d=at.day)
    return _digits_date(at, wanted, locale)


def _digits_date(at: Fields, wanted: dict[str, str], locale: str) -> str:
    values = {"year": at.year, "month": at.month, "day": at.day}
    texts = {part: _number(values[part], wanted[part]) for part in values if part in wanted}
    order, join = _order(locale)
    if len(texts) > 1 and order[0] != "month":
        texts |= {part: text.zfill(2) for part, text in texts.items() if locale != "de-DE"}
    return join.join(texts[part] for part in order if part in texts)


def _order(locale: str) -> tuple[tuple[str, ...], str]:
    if locale == "en-US":
        return ("month", "day", "year"), "/"
    if locale == "sv-SE":
        return ("year", "month", "day"), "-"
    return ("day", "month", "year"), "." if locale == "de-DE" else "/"


def _worded_date(at: Fields, wanted: dict[str, str], locale: str) -> str:
    if locale != "en-US":
        raise ExpressionError(f"Names of months and days in `{locale}` are not supported")
    weekday = _name(DAY_NAMES[at.weekday], wanted.get("weekday"))
    day = _number(at.day, wanted["day"]) if "day" in wanted else ""
    year = _number(at.year, wanted["year"]) if "year" in wanted else ""
    if wanted.get("month") not in {"long", "short"}:
        rest = {part: style for part, style in wanted.items() if part != "weekday"}
        date = _date(at, rest, locale)
        return f"{weekday}, {date}" if date else weekday
    month_day = f"{_name(MONTH_NAMES[at.month - 1], wanted['month'])} {day}".strip()
    parts = [part for part in (weekday, month_day) if part]
    if not day:
        return ", ".join([*parts[:-1], f"{month_day} {year}".strip()])
    return ", ".join([*parts, year] if year else parts)


def _name(name: str, style: str | None) -> str:
    if style is None:
        return ""
    return name if style == "long" else name[:3]


def _clock(at: Fields, wanted: dict[str, str], locale: str, given: dict[str, Value]) -> str:
    shown = [part for part in _CLOCK_PARTS if part in wanted]
    if not shown:
        return ""
    cycle = given.get("hourCycle", UNDEFINED)
    halves = truthy(given["hour12"]) if "hour12" in given else locale == "en-US"
    if cycle is not UNDEFINED and "hour12" not in given:
        halves = cycle in {"h12", "h11"}
    hour = (at.hour % _NOON or _NOON) if halves else at.hour
    values = {"hour": hour, "minute": at.minute, "second": at.second}
    texts = [_number(values[part], wanted[part]) for part in shown]
    if not halves and "hour" in wanted and locale != "es-ES":
        texts[0] = texts[0].zfill(2)
    texts[1:] = [text.zfill(2) for text in texts[1:]]
    text = (":" if locale != "id-ID" else ".").join(texts)
    return f"{text} {'PM' if at.hour >= _NOON else 'AM'}" if halves and "hour" in wanted else text
