"""`toFormat`: Luxon's tokens, in the language of a locale."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from alur_engine.expressions.luxon import names
from alur_engine.expressions.luxon.presets import MACROS
from alur_engine.expressions.luxon.value import DateTime
from alur_engine.expressions.luxon.weeks import iso_week, local_week, ordinal
from alur_engine.expressions.numbers import format_number
from alur_engine.expressions.values import Value

Show = Callable[[DateTime, str | None], str]
_RUN: Final = re.compile(r"(.)\1*", re.DOTALL)
_NOON: Final = 12


def tokens_of(pattern: str) -> list[tuple[bool, str]]:
    """Return the pieces of a pattern: whether each is text as it stands, and the piece."""
    pieces: list[tuple[bool, str]] = []
    parts = pattern.split("'")
    for number, part in enumerate(parts):
        if number % 2:
            if part or number + 1 < len(parts):
                pieces.append((True, part or "'"))
        else:
            pieces += [(not run[0].strip(), run[0]) for run in _RUN.finditer(part)]
    return pieces


def offset_text(minutes: float, style: str) -> str:
    """Return an offset: `narrow` like +6, `short` like +06:00, `techie` like +0600."""
    hours, rest = divmod(int(abs(minutes)), 60)
    sign = "-" if minutes < 0 else "+"
    if style == "narrow":
        return f"{sign}{hours}:{rest}" if rest else f"{sign}{hours}"
    return f"{sign}{hours:02}{':' if style == 'short' else ''}{rest:02}"


def padded(number: float, size: int) -> str:
    """Return a number with zeros before it, its sign first."""
    digits = format_number(abs(number)).rjust(size, "0")
    return f"-{digits}" if number < 0 else digits


def _number(read: Callable[[DateTime], float], size: int = 0) -> Show:
    return lambda time, _locale: padded(read(time), size)


def _both(letter: str, read: Callable[[DateTime], float], size: int = 2) -> dict[str, Show]:
    return {letter: _number(read), letter * size: _number(read, size)}


def _short_year(read: Callable[[DateTime], int]) -> Show:
    return lambda time, _locale: padded(int(str(read(time))[-2:]), 2)


def _month(width: str, *, is_format: bool) -> Show:
    def show(time: DateTime, locale: str | None) -> str:
        if names.is_english(locale):
            return names.months(locale, width)[time.fields().month - 1]
        options: dict[str, Value] = {"month": width} | ({"day": "numeric"} if is_format else {})
        return names.extract(time, options, "month", locale)

    return show


def _weekday(width: str, *, is_format: bool) -> Show:
    def show(time: DateTime, locale: str | None) -> str:
        if names.is_english(locale):
            return names.weekdays(locale, width)[(time.fields().weekday or 7) - 1]
        rest: dict[str, Value] = {"month": "long", "day": "numeric"} if is_format else {}
        return names.extract(time, {"weekday": width, **rest}, "weekday", locale)

    return show


def _meridiem(time: DateTime, locale: str | None) -> str:
    if names.is_english(locale):
        return "PM" if time.fields().hour >= _NOON else "AM"
    return names.extract(time, {"hour": "numeric", "hourCycle": "h12"}, "dayPeriod", locale)


def _era(width: str) -> Show:
    return lambda time, locale: names.eras(locale, width)[
        time.fields().year >= (0 if names.is_english(locale) else 1)
    ]


def _offset(style: str) -> Show:
    return lambda time, _locale: offset_text(time.offset, style)


def _zone_name(style: str) -> Show:
    return lambda time, locale: names.offset_name(
        time, "long" if style == "long" else "short", locale
    )


def _local(index: int) -> Callable[[DateTime], int]:
    return lambda time: local_week(time.fields(), names.week_of(time.locale))[index]


_TOKENS: Final[dict[str, Show]] = {
    "S": _number(lambda time: time.fields().milli),
    "SSS": _number(lambda time: time.fields().milli, 3),
    "u": _number(lambda time: time.fields().milli, 3),
    "uu": _number(lambda time: time.fields().milli // 10, 2),
    "uuu": _number(lambda time: time.fields().milli // 100),
    **_both("s", lambda time: time.fields().second),
    **_both("m", lambda time: time.fields().minute),
    **_both("h", lambda time: time.fields().hour % _NOON or _NOON),
    **_both("H", lambda time: time.fields().hour),
    "Z": _offset("narrow"),
    "ZZ": _offset("short"),
    "ZZZ": _offset("techie"),
    "ZZZZ": _zone_name("short"),
    "ZZZZZ": _zone_name("long"),
    "z": lambda time, _locale: time.zone,
    "a": _meridiem,
    **_both("d", lambda time: time.fields().day),
    "c": _number(lambda time: time.fields().weekday or 7),
    "E": _number(lambda time: time.fields().weekday or 7),
    **{
        letter * count: _weekday(width, is_format=letter == "E")
        for letter in "cE"
        for count, width in ((3, "short"), (4, "long"), (5, "narrow"))
    },
    **_both("L", lambda time: time.fields().month),
    **_both("M", lambda time: time.fields().month),
    **{
        letter * count: _month(width, is_format=letter == "M")
        for letter in "LM"
        for count, width in ((3, "short"), (4, "long"), (5, "narrow"))
    },
    "y": _number(lambda time: time.fields().year),
    "yy": _short_year(lambda time: time.fields().year),
    "yyyy": _number(lambda time: time.fields().year, 4),
    "yyyyyy": _number(lambda time: time.fields().year, 6),
    "G": _era("short"),
    "GG": _era("long"),
    "GGGGG": _era("narrow"),
    "kk": _short_year(lambda time: iso_week(time.fields())[0]),
    "kkkk": _number(lambda time: iso_week(time.fields())[0], 4),
    **_both("W", lambda time: iso_week(time.fields())[1]),
    **_both("n", _local(1)),
    "ii": _short_year(_local(0)),
    "iiii": _number(_local(0), 4),
    **_both("o", lambda time: ordinal(time.fields()), 3),
    **_both("q", lambda time: (time.fields().month + 2) // 3),
    "X": _number(lambda time: int(time.ms // 1000)),
    "x": _number(lambda time: time.ms),
}


def time_format(time: DateTime, pattern: str, locale: str | None = None) -> str:
    """Return a valid time by Luxon's tokens; text in single quotes stays as it is."""
    pieces = []
    for is_literal, piece in tokens_of(pattern):
        if is_literal:
            pieces.append(piece)
        elif piece in _TOKENS:
            pieces.append(_TOKENS[piece](time, locale))
        elif piece in MACROS:
            made, ms = names.formatter(time, MACROS[piece], locale)
            pieces.append(made.text(ms))
        else:
            pieces.append(piece)
    return "".join(pieces)
