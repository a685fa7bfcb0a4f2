"""`Intl.DateTimeFormat`: the pattern that a locale has for what is asked, and times written by it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final, Literal

from alur_engine.expressions.convert import to_integer, to_js_string, to_number, truthy
from alur_engine.expressions.dates.calendar import Fields, fields_of, offset_ms
from alur_engine.expressions.intl.tables import (
    Table,
    chosen,
    not_supported,
    options_of,
    resolve,
    table_of,
)
from alur_engine.expressions.intl.zone_names import Style, is_zone, zone_name, zone_of
from alur_engine.expressions.problems import range_error, type_error
from alur_engine.expressions.values import UNDEFINED, Value

Kind = Literal["date", "time", "any"]
Parts = list[tuple[str, str]]
"""Pairs of type and text, as `formatToParts` has them."""
_WHERE: Final = "DateTimeFormat"
_NUMERIC: Final = ("numeric", "2-digit")
_WIDTHS: Final = ("narrow", "short", "long")
_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "weekday": _WIDTHS,
    "year": _NUMERIC,
    "month": (*_NUMERIC, *_WIDTHS),
    "day": _NUMERIC,
    "hour": _NUMERIC,
    "minute": _NUMERIC,
    "second": _NUMERIC,
    "timeZoneName": ("short", "long", "shortOffset", "longOffset", "shortGeneric", "longGeneric"),
}
_DATE: Final = ("weekday", "year", "month", "day")
_TIME: Final = ("hour", "minute", "second", "fractionalSecondDigits")
_SCALARS: Final = frozenset({str, int, bool})
_STYLES: Final = ("full", "long", "medium", "short")
_CYCLES: Final = {"h11": "1", "h12": "2", "h23": "3", "h24": "4"}
_ASKED: Final = {"0": "default", "t": "true", "f": "false"}
_LETTERS: Final = {
    "narrow": "n",
    "short": "s",
    "long": "l",
    "numeric": "n",
    "2-digit": "2",
    "": "-",
}
_MONTHS: Final = {**_LETTERS, "narrow": "N", "short": "S", "long": "L"}
_TYPES: Final = {
    "E": "weekday", "M": "month", "a": "dayPeriod", "y": "year", "d": "day", "h": "hour", "H": "hour",
    "K": "hour", "k": "hour", "m": "minute", "s": "second", "S": "fractionalSecond",
    "z": "timeZoneName",
}  # fmt: skip
_UNKNOWN: Final = ("era", "dayPeriod")
_FIXED: Final = {"calendar": ("gregory", "gregorian"), "numberingSystem": ("latn",)}
_CODE: Final = re.compile(r"\{(\w+)\}")
_SECONDS: Final = re.compile(r"\{s+\}")
KNOWN_OPTIONS: Final = frozenset(
    {*_FIELDS, *_UNKNOWN, *_FIXED, "fractionalSecondDigits", "hour12", "hourCycle", "timeZone",
     "dateStyle", "timeStyle", "formatMatcher", "localeMatcher"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class DateFormat:
    """A format that is ready: `pieces` are literals and codes in turn, `wanted` what was asked for."""

    locale: str
    zone: str
    table: Table
    pieces: tuple[str, ...]
    wanted: Mapping[str, str]
    digits: int = 0
    zone_text: str | None = None
    """What stands for the name of the zone, where Luxon gives one."""

    def parts(self, ms: float) -> Parts:
        """Return a time in parts; raises `RangeError` for none."""
        if ms != ms:  # noqa: PLR0124  NaN names no time
            raise range_error("Invalid time value")
        at = fields_of(int(ms) + offset_ms(int(ms), self.zone))
        told: Parts = []
        for number, piece in enumerate(self.pieces):
            if number % 2:
                told.append((_TYPES[piece[0]], self._value(piece, at, int(ms))))
            elif piece:
                told.append(("literal", piece))
        return told

    def text(self, ms: float) -> str:
        """Return a time as text."""
        joined = "".join(text for _, text in self.parts(ms))
        # Where ICU sets a narrow space, V8 writes a usual one; Luxon joins parts, which keep it.
        return joined.replace("\u202f", " ") if self.zone_text is None else joined

    def _value(self, code: str, at: Fields, ms: int) -> str:
        letter = code[0]
        if letter == "z":
            style: Style = self.wanted["timeZoneName"]  # type: ignore[assignment]  # it was chosen from them
            return self.zone_text or zone_name(ms, self.zone, style, self.table)
        if letter == "S":
            return f"{at.milli:03}"[: self.digits]
        if code[-1].isdigit():
            index = {"E": at.weekday, "M": at.month - 1, "a": at.hour}[letter]
            name: str = self.table["vectors"][letter][int(code[1:])][index]
            return name
        return _number(code, at)


def _number(code: str, at: Fields) -> str:
    letter = code[0]
    if letter == "y":
        year = at.year if at.year > 0 else 1 - at.year
        return f"{year % 100:02}" if code == "yy" else str(year)
    half, day = at.hour % 12, at.hour
    value = {
        "M": at.month, "d": at.day, "m": at.minute, "s": at.second,
        "h": half or 12, "H": day, "K": half, "k": day or 24,
    }[letter]  # fmt: skip
    return str(value).zfill(len(code))


def date_format(
    locales: Value, options: Value, zone: str, kind: Kind = "any", default: Kind = "date"
) -> DateFormat:
    """Return the format for what is asked; `kind` of parts count as asked for, else `default` ones.

    Raises as JavaScript does, and `ExpressionError` for what these tables lack.
    """
    locale = resolve(locales)
    given = options_of(options)
    key = tuple(given.items())
    if all(type(value) in _SCALARS for value in given.values()):
        return _kept(locale, key, zone, kind, default)
    return _made(locale, given, zone, kind, default)


@lru_cache(maxsize=256)
def _kept(
    locale: str, options: tuple[tuple[str, Value], ...], zone: str, kind: Kind, default: Kind
) -> DateFormat:
    return _made(locale, dict(options), zone, kind, default)


def _made(locale: str, given: dict[str, Value], zone: str, kind: Kind, default: Kind) -> DateFormat:
    table = table_of(locale)
    _refuse_unknown(given)
    where = _zone_in(given, zone)
    wanted = {name: chosen(given, name, known, _WHERE) for name, known in _FIELDS.items()}
    wanted = {name: word for name, word in wanted.items() if word}
    if wanted.get("timeZoneName", "").endswith("Generic"):
        raise not_supported(f"the name of a zone as `{wanted['timeZoneName']}`", _WHERE)
    styles = {name: chosen(given, name, _STYLES, _WHERE) for name in ("dateStyle", "timeStyle")}
    if any(styles.values()):
        return _styled(DateFormat(locale, where, table, (), wanted), given, styles, kind)
    digits = _fraction_digits(given)
    _add_defaults(wanted, kind, default, is_fraction=digits > 0)
    pattern = _pattern(table, given, wanted, digits)
    return DateFormat(locale, where, table, tuple(_CODE.split(pattern)), wanted, digits)


def _refuse_unknown(given: Mapping[str, Value]) -> None:
    for name in _UNKNOWN:
        if given.get(name, UNDEFINED) is not UNDEFINED:
            raise not_supported(f"the option `{name}`", _WHERE)
    for name, known in _FIXED.items():
        value = given.get(name, UNDEFINED)
        if value is not UNDEFINED and value not in known:
            raise not_supported(f"the {name} `{to_js_string(value)}`", _WHERE)


def _zone_in(given: Mapping[str, Value], zone: str) -> str:
    asked = given.get("timeZone", UNDEFINED)
    if asked is UNDEFINED:
        return zone
    name = to_js_string(asked)
    if not is_zone(name):
        raise range_error(f"Invalid time zone specified: {name}")
    return zone_of(name)


def _fraction_digits(given: Mapping[str, Value]) -> int:
    digits = given.get("fractionalSecondDigits", UNDEFINED)
    if digits is UNDEFINED:
        return 0
    number = to_number(digits)
    if not 1 <= number <= 3:  # noqa: PLR2004  milliseconds have three
        raise range_error("fractionalSecondDigits value is out of range.")
    return int(to_integer(number))


def _add_defaults(wanted: dict[str, str], kind: Kind, default: Kind, *, is_fraction: bool) -> None:
    needed = {"date": _DATE, "time": _TIME}.get(kind, (*_DATE, *_TIME))
    if any(part in wanted for part in needed) or (is_fraction and kind != "date"):
        return
    if default != "time":
        wanted |= dict.fromkeys(("year", "month", "day"), "numeric")
    if default != "date":
        wanted |= dict.fromkeys(("hour", "minute", "second"), "numeric")


def _styled(
    plain: DateFormat, given: Mapping[str, Value], asked: Mapping[str, str], kind: Kind
) -> DateFormat:
    """Return the format by `dateStyle` and `timeStyle`, which go with no parts."""
    for name in plain.wanted:
        raise type_error(f"Can't set option {name} when dateStyle is used")
    barred = {"date": "timeStyle", "time": "dateStyle"}.get(kind, "")
    if asked.get(barred):
        raise type_error(f"Invalid option : {barred}")
    table = plain.table
    styles, date, time = table["styles"], asked["dateStyle"], asked["timeStyle"]
    cycle = _cycle(given)
    cycle = table["cycles"][_ASKED[cycle]] if cycle in "tf" else cycle
    clock = styles["time"].get(time + cycle, "")
    pattern: str = styles["both"].get(f"{date} {time}{cycle}", "")
    if not pattern:
        whole = styles["glue"][date] if date and time else "{1}{0}"
        pattern = whole.replace("{1}", styles["date"].get(date, "")).replace("{0}", clock)
    told = {name: word for name, word in asked.items() if word}
    told["timeZoneName"] = "long" if time == "full" else "short"
    return replace(plain, pieces=tuple(_CODE.split(pattern)), wanted=told)


def _cycle(given: Mapping[str, Value]) -> str:
    """Return the cycle of hours: a number as in the tables, `0` for the locale's own, `t` and `f`."""
    halves = given.get("hour12", UNDEFINED)
    if halves is not UNDEFINED:
        return "t" if truthy(halves) else "f"
    word = chosen(dict(given), "hourCycle", tuple(_CYCLES), _WHERE)
    return _CYCLES[word] if word else "0"


def _pattern(
    table: Table, given: Mapping[str, Value], wanted: Mapping[str, str], digits: int
) -> str:
    key = _LETTERS[wanted.get("weekday", "")] + _LETTERS[wanted.get("year", "")]
    key += _MONTHS[wanted.get("month", "")] + _LETTERS[wanted.get("day", "")]
    clock = _clock_key(given, wanted, digits)
    if key == "----":
        return _clock(table, clock) if clock else str(table["zoned"]["alone"])
    date: str = table["date"][key]
    glue = table["glue"].get(key[0] + key[2], "") if key[1:] != "---" else ""
    if not clock:
        if "timeZoneName" not in wanted:
            return date
        glued: str = glue.replace("{0}", "{z}").replace("{1}", "{0}") if glue else ""
        return (glued or str(table["zoned"]["weekday"])).replace("{0}", date)
    if key[1:] == "---":
        return _clock_of_weekday(table, key[0], clock)
    whole: str = glue.replace("{1}", date).replace(
        "{0}", table["clocks"].get(f"{clock}d") or _clock(table, clock)
    )
    return whole


def _clock_key(given: Mapping[str, Value], wanted: Mapping[str, str], digits: int) -> str:
    """Return the key of a clock: styles of its parts, its cycle, `S` for a fraction, `z` for a zone."""
    hour, minute, second = (_LETTERS[wanted.get(part, "")] for part in ("hour", "minute", "second"))
    parts = hour + minute + second
    zone = {"": "", "short": "z"}.get(wanted.get("timeZoneName", ""), "Z")
    tail = ("S" if digits else "") + zone
    if parts == "---":
        return "S" if digits else ""
    if hour != "-" and minute == "-" and second != "-":
        raise not_supported("the hour with seconds and no minutes", _WHERE)
    if digits and second == "-":
        raise not_supported("the fraction of a second beside no seconds", _WHERE)
    return parts + ("0" if hour == "-" else _cycle(given)) + tail


def _clock_of_weekday(table: Table, width: str, key: str) -> str:
    own = table["clocks"].get(f"{width}:{key}")
    return own or str(table["clocks"][width]).replace("{0}", _clock(table, key))


def _clock(table: Table, key: str) -> str:
    """Return the pattern of a clock: the usual one of its parts, where there is none of its own."""
    own: str | None = table["clocks"].get(key)
    if own is not None or key == "S":
        return own or "{S}"
    if key.endswith("Z"):
        return _clock(table, key.replace("Z", "z"))
    hour, minute, second, cycle = (key[place] for place in range(4))
    rest = ("" if minute == "-" else "m") + ("" if second == "-" else "s")
    cycle = table["cycles"].get(_ASKED.get(cycle, ""), cycle)
    usual = rest + (second if minute == "-" else minute) if hour == "-" else hour + rest + cycle
    made: str = table["time"][usual]
    if "S" in key:
        made = _SECONDS.sub(lambda found: f"{found[0]}{table['fraction']}{{S}}", made)
    return str(table["zoned"]["time"]).replace("{0}", made) if "z" in key else made


def date_text(
    ms: float, zone: str, kind: Kind, locales: Value = UNDEFINED, options: Value = UNDEFINED
) -> str:
    """Return what `toLocaleString` (`any`) and its two sisters do: they show both, date or time."""
    made = date_format(locales, options, zone, kind, kind)
    return "Invalid Date" if ms != ms else made.text(ms)  # noqa: PLR0124  NaN names no time
