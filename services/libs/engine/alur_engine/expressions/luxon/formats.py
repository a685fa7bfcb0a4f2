"""`toFormat` and `fromFormat`: Luxon's tokens, in English."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from alur_engine.expressions.dates.calendar import HOUR_MS, MINUTE_MS, ms_of, to_instant
from alur_engine.expressions.dates.locales import DAY_NAMES, MONTH_NAMES, date_time_text
from alur_engine.expressions.luxon.value import DateTime, iso_week, iso_weekday, ordinal
from alur_sdk.errors import ExpressionError

_TOKEN: Final = re.compile(r"'([^']*)'|([A-Za-z])\2*|.", re.DOTALL)
_NOON: Final = 12


def _offset(time: DateTime, style: int) -> str:
    minutes = abs(time.offset)
    sign = "-" if time.offset < 0 else "+"
    hours, rest = divmod(minutes, 60)
    if style == 1:
        return f"{sign}{hours}:{rest:02}" if rest else f"{sign}{hours}"
    return f"{sign}{hours:02}{':' if style == 2 else ''}{rest:02}"  # noqa: PLR2004  a style


def _localized(kind: str, **options: str) -> Callable[[DateTime], str]:
    return lambda time: date_time_text(time.ms, time.zone, kind, "en-US", dict(options))


def _short_date(style: str) -> Callable[[DateTime], str]:
    return _localized("date", year="numeric", month=style, day="numeric")


_LETTERS: Final[dict[str, Callable[[DateTime], str]]] = {
    "S": lambda time: str(time.fields().milli),
    "SSS": lambda time: f"{time.fields().milli:03}",
    "u": lambda time: f"{time.fields().milli:03}",
    "uu": lambda time: f"{time.fields().milli // 10:02}",
    "uuu": lambda time: str(time.fields().milli // 100),
    "s": lambda time: str(time.fields().second),
    "ss": lambda time: f"{time.fields().second:02}",
    "m": lambda time: str(time.fields().minute),
    "mm": lambda time: f"{time.fields().minute:02}",
    "h": lambda time: str(time.fields().hour % _NOON or _NOON),
    "hh": lambda time: f"{time.fields().hour % _NOON or _NOON:02}",
    "H": lambda time: str(time.fields().hour),
    "HH": lambda time: f"{time.fields().hour:02}",
    "Z": lambda time: _offset(time, 1),
    "ZZ": lambda time: _offset(time, 2),
    "ZZZ": lambda time: _offset(time, 3),
    "ZZZZ": lambda time: str(time.read("offsetNameShort")),
    "z": lambda time: time.zone,
    "a": lambda time: "PM" if time.fields().hour >= _NOON else "AM",
    "d": lambda time: str(time.fields().day),
    "dd": lambda time: f"{time.fields().day:02}",
    "E": lambda time: str(iso_weekday(time.fields())),
    "c": lambda time: str(iso_weekday(time.fields())),
    "EEE": lambda time: DAY_NAMES[time.fields().weekday][:3],
    "ccc": lambda time: DAY_NAMES[time.fields().weekday][:3],
    "EEEE": lambda time: DAY_NAMES[time.fields().weekday],
    "cccc": lambda time: DAY_NAMES[time.fields().weekday],
    "EEEEE": lambda time: DAY_NAMES[time.fields().weekday][:1],
    "ccccc": lambda time: DAY_NAMES[time.fields().weekday][:1],
    "L": lambda time: str(time.fields().month),
    "LL": lambda time: f"{time.fields().month:02}",
    "LLL": lambda time: MONTH_NAMES[time.fields().month - 1][:3],
    "LLLL": lambda time: MONTH_NAMES[time.fields().month - 1],
    "LLLLL": lambda time: MONTH_NAMES[time.fields().month - 1][:1],
    "M": lambda time: str(time.fields().month),
    "MM": lambda time: f"{time.fields().month:02}",
    "MMM": lambda time: MONTH_NAMES[time.fields().month - 1][:3],
    "MMMM": lambda time: MONTH_NAMES[time.fields().month - 1],
    "MMMMM": lambda time: MONTH_NAMES[time.fields().month - 1][:1],
    "y": lambda time: str(time.fields().year),
    "yy": lambda time: f"{time.fields().year % 100:02}",
    "yyyy": lambda time: f"{time.fields().year:04}",
    "yyyyyy": lambda time: f"{time.fields().year:06}",
    "G": lambda time: "AD" if time.fields().year > 0 else "BC",
    "kk": lambda time: f"{iso_week(time.fields())[0] % 100:02}",
    "kkkk": lambda time: f"{iso_week(time.fields())[0]:04}",
    "W": lambda time: str(iso_week(time.fields())[1]),
    "WW": lambda time: f"{iso_week(time.fields())[1]:02}",
    "o": lambda time: str(ordinal(time.fields())),
    "ooo": lambda time: f"{ordinal(time.fields()):03}",
    "q": lambda time: str((time.fields().month + 2) // 3),
    "qq": lambda time: f"{(time.fields().month + 2) // 3:02}",
    "D": _short_date("numeric"),
    "DD": _short_date("short"),
    "DDD": _short_date("long"),
    "DDDD": _localized("date", weekday="long", year="numeric", month="long", day="numeric"),
    "t": _localized("time", hour="numeric", minute="numeric"),
    "tt": _localized("time", hour="numeric", minute="numeric", second="numeric"),
    "T": lambda time: time_format(time, "HH:mm"),
    "TT": lambda time: time_format(time, "HH:mm:ss"),
    "f": lambda time: time_format(time, "D', 't"),
    "ff": lambda time: time_format(time, "DD', 't"),
    "fff": lambda time: time_format(time, "DDD' at 't"),
    "F": lambda time: time_format(time, "D', 'tt"),
    "FF": lambda time: time_format(time, "DD', 'tt"),
    "X": lambda time: str(int(time.ms) // 1000),
    "x": lambda time: str(int(time.ms)),
}


def time_format(time: DateTime, pattern: str) -> str:
    """Return a valid time by Luxon's tokens; text in single quotes stays as it is."""
    pieces = []
    for found in _TOKEN.finditer(pattern):
        piece = found[0]
        if piece.startswith("'") and len(piece) > 1:
            pieces.append(found[1])
        elif piece in _LETTERS:
            pieces.append(_LETTERS[piece](time))
        else:
            pieces.append(piece)
    return "".join(pieces)


_READ: Final = {
    "yyyy": (r"(\d{4})", "year"), "y": (r"(\d{1,6})", "year"), "yy": (r"(\d{2})", "short year"),
    "M": (r"(\d\d?)", "month"), "MM": (r"(\d\d)", "month"), "L": (r"(\d\d?)", "month"),
    "LL": (r"(\d\d)", "month"), "MMM": (r"([A-Za-z]{3})", "name"), "LLL": (r"([A-Za-z]{3})", "name"),
    "MMMM": (r"([A-Za-z]{3,9})", "name"), "LLLL": (r"([A-Za-z]{3,9})", "name"),
    "d": (r"(\d\d?)", "day"), "dd": (r"(\d\d)", "day"), "o": (r"(\d{1,3})", "ordinal"),
    "H": (r"(\d\d?)", "hour"), "HH": (r"(\d\d)", "hour"), "h": (r"(\d\d?)", "hour"),
    "hh": (r"(\d\d)", "hour"), "m": (r"(\d\d?)", "minute"), "mm": (r"(\d\d)", "minute"),
    "s": (r"(\d\d?)", "second"), "ss": (r"(\d\d)", "second"), "S": (r"(\d{1,3})", "milli"),
    "SSS": (r"(\d{3})", "milli"), "u": (r"(\d{1,9})", "fraction"), "a": (r"([AaPp][Mm])", "half"),
    "EEE": (r"([A-Za-z]{3})", "weekday"), "EEEE": (r"([A-Za-z]{6,9})", "weekday"),
    "ccc": (r"([A-Za-z]{3})", "weekday"), "cccc": (r"([A-Za-z]{6,9})", "weekday"),
    "Z": (r"([+-]\d\d?(?::\d\d)?)", "offset"), "ZZ": (r"([+-]\d\d:\d\d)", "offset"),
    "ZZZ": (r"([+-]\d{4})", "offset"), "X": (r"(-?\d+)", "unix"), "x": (r"(-?\d+)", "unix ms"),
}  # fmt: skip


def parse_format(text: str, pattern: str, zone: str) -> DateTime:
    """Return the time that `text` names by Luxon's tokens, invalid when it does not match."""
    names, expression = _matcher(pattern)
    found = re.fullmatch(expression, text, re.ASCII)
    if not found:
        return DateTime(float("nan"), zone, "unparsable")
    return _assemble(dict(zip(names, found.groups(), strict=True)), zone)


def _matcher(pattern: str) -> tuple[list[str], str]:
    names, expression = [], ""
    for found in _TOKEN.finditer(pattern):
        piece = found[0]
        if piece in _READ:
            expression += _READ[piece][0]
            names.append(_READ[piece][1])
        elif found[2]:
            raise ExpressionError(f"The date token `{piece}` is not supported for reading")
        else:
            literal = found[1] if piece.startswith("'") and len(piece) > 1 else piece
            expression += re.escape(literal)
    return names, expression


def _assemble(parts: dict[str, str], zone: str) -> DateTime:
    if "unix" in parts or "unix ms" in parts:
        return DateTime(int(parts.get("unix ms") or int(parts["unix"]) * 1000), zone)
    month = _month(parts)
    hour = int(parts.get("hour", 0))
    if "half" in parts:
        hour = hour % _NOON + (_NOON if parts["half"].lower() == "pm" else 0)
    clock = hour * HOUR_MS + int(parts.get("minute", 0)) * MINUTE_MS
    clock += int(parts.get("second", 0)) * 1000 + _milli(parts)
    day = int(parts.get("ordinal", parts.get("day", 1)))
    local = ms_of(_year(parts), month - 1, day, clock)
    time = DateTime(local - _offset_in(parts), zone) if "offset" in parts else None
    return time or DateTime(to_instant(local, zone), zone)


def _year(parts: dict[str, str]) -> int:
    if "short year" in parts:
        short = int(parts["short year"])
        return short + (1900 if short > 60 else 2000)  # noqa: PLR2004  Luxon's own border
    return int(parts.get("year", 1970))


def _milli(parts: dict[str, str]) -> int:
    if "fraction" in parts:
        return int((parts["fraction"] + "00")[:3])
    return int(parts.get("milli", 0))


def _month(parts: dict[str, str]) -> int:
    name = parts.get("name", "").lower()
    for number, month in enumerate(MONTH_NAMES, 1):
        if name and month.lower().startswith(name):
            return number
    return int(parts.get("month", 1))


def _offset_in(parts: dict[str, str]) -> int:
    text = parts["offset"]
    hours, _, minutes = text[1:].partition(":")
    if not minutes and len(hours) > 2:  # noqa: PLR2004  hours and minutes without a colon
        hours, minutes = hours[:2], hours[2:]
    offset = int(hours) * HOUR_MS + int(minutes or 0) * MINUTE_MS
    return -offset if text[0] == "-" else offset
