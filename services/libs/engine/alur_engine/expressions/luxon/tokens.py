"""`fromFormat`: reading a time by Luxon's tokens, in the language of a locale."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from alur_engine.expressions.intl.date_formats import date_format
from alur_engine.expressions.luxon import names
from alur_engine.expressions.luxon.formats import tokens_of
from alur_engine.expressions.luxon.presets import MACROS
from alur_engine.expressions.luxon.reading import full_year, millis_of
from alur_engine.expressions.luxon.units import luxon_error
from alur_engine.expressions.luxon.zones import fixed_zone, signed_offset
from alur_engine.expressions.values import UNDEFINED

Words = Callable[[str | None], list[str]]
_NBSP: Final = "\u00a0"
_SPACES: Final = f"[ {_NBSP}]"
_NUMBERS: Final = {
    "y": r"[0-9]{1,6}", "yy": r"[0-9]{2,4}", "yyyy": r"[0-9]{4}", "yyyyy": r"[0-9]{4,6}", "yyyyyy": r"[0-9]{6}",
    "M": r"[0-9]{1,2}", "MM": r"[0-9]{2}", "L": r"[0-9]{1,2}", "LL": r"[0-9]{2}", "d": r"[0-9]{1,2}",
    "dd": r"[0-9]{2}", "o": r"[0-9]{1,3}", "ooo": r"[0-9]{3}", "HH": r"[0-9]{2}", "H": r"[0-9]{1,2}",
    "hh": r"[0-9]{2}", "h": r"[0-9]{1,2}", "mm": r"[0-9]{2}", "m": r"[0-9]{1,2}", "q": r"[0-9]{1,2}",
    "qq": r"[0-9]{2}", "s": r"[0-9]{1,2}", "ss": r"[0-9]{2}", "S": r"[0-9]{1,3}", "SSS": r"[0-9]{3}",
    "u": r"[0-9]{1,9}", "uu": r"[0-9]{1,2}", "uuu": r"[0-9]", "kkkk": r"[0-9]{4}", "kk": r"[0-9]{2,4}",
    "W": r"[0-9]{1,2}", "WW": r"[0-9]{2}", "E": r"[0-9]", "c": r"[0-9]",
}  # fmt: skip
_WORDS: Final[dict[str, tuple[int, Words]]] = {
    "G": (0, lambda locale: names.eras(locale, "short")),
    "GG": (0, lambda locale: names.eras(locale, "long")),
    "MMM": (1, lambda locale: names.months(locale, "short", is_format=True)),
    "MMMM": (1, lambda locale: names.months(locale, "long", is_format=True)),
    "LLL": (1, lambda locale: names.months(locale, "short")),
    "LLLL": (1, lambda locale: names.months(locale, "long")),
    "a": (0, names.meridiems),
    "EEE": (1, lambda locale: names.weekdays(locale, "short")),
    "EEEE": (1, lambda locale: names.weekdays(locale, "long")),
    "ccc": (1, lambda locale: names.weekdays(locale, "short", is_format=True)),
    "cccc": (1, lambda locale: names.weekdays(locale, "long", is_format=True)),
}
_OFFSETS: Final = {
    "Z": r"([+-][0-9]{1,2})(?::([0-9]{2}))?",
    "ZZ": r"([+-][0-9]{1,2})(?::([0-9]{2}))?",
    "ZZZ": r"([+-][0-9]{1,2})([0-9]{2})?",
}
_FIELDS: Final = {
    "S": "millisecond", "s": "second", "m": "minute", "h": "hour", "H": "hour", "d": "day",
    "o": "ordinal", "L": "month", "M": "month", "y": "year", "E": "weekday", "c": "weekday",
    "W": "weekNumber", "k": "weekYear",
}  # fmt: skip
_STYLES: Final = {"year": {"numeric": "yyyyy"}, "month": {"numeric": "M", "short": "MMM", "long": "MMMM"},
                  "day": {"numeric": "d"}, "weekday": {"short": "EEE", "long": "EEEE"},
                  "minute": {"numeric": "m"}, "second": {"numeric": "s"},
                  "timeZoneName": {"short": "ZZZ", "long": "ZZZZZ"}}  # fmt: skip
_ZONE, _SPACE = "z", " "
_NOON: Final = 12


@dataclass(frozen=True, slots=True)
class Found:
    """What a text says by a pattern: parts of a time, a zone, and the offset in minutes."""

    parts: dict[str, float]
    zone: str | None = None
    offset: int | None = None


def read_format(text: str, pattern: str, locale: str | None) -> Found | None:
    """Return what `text` says, `None` when it does not match."""
    pieces, expression = _compiled(pattern, locale)
    found = expression.fullmatch(text)
    if found is None:
        return None
    values: dict[str, Any] = {}
    group = 1
    for is_literal, token in pieces:
        if not is_literal and token in _OFFSETS:
            values["Z"] = signed_offset(found[group + 1], found[group + 2])
            group += 2
        elif not is_literal and _is_read(token):
            values[token[0]] = _value(token, found[group], locale)
        group += 1
    if "a" in values and "H" in values:
        raise luxon_error("Can't include meridiem when specifying 24-hour format")
    return _assembled(values)


@lru_cache(maxsize=256)
def _compiled(pattern: str, locale: str | None) -> tuple[list[tuple[bool, str]], re.Pattern[str]]:
    """Return the tokens of a pattern and what matches them, in linear time.

    In the jail, which is stopped from outside, it is Python's own, which may take longer.
    """
    pieces = [each for piece in tokens_of(pattern) for each in _expanded(piece, locale)]
    if pieces.count((False, _ZONE)) > 1:
        raise luxon_error("a format names the zone (`z`) once")
    expression = "".join(f"({_expression(piece, locale)})" for piece in pieces)
    try:
        import re2  # type: ignore[import-untyped]  # noqa: PLC0415  it has no types; the jail has none
    except ImportError:
        return pieces, re.compile(expression, re.IGNORECASE)
    made: re.Pattern[str] = re2.compile(f"(?i){expression}")
    return pieces, made


def _is_read(letters: str) -> bool:
    return letters in {*_NUMBERS, *_WORDS, _ZONE}


def _expression(piece: tuple[bool, str], locale: str | None) -> str:
    is_literal, token = piece
    if is_literal:
        return re.escape(token)
    if token in _NUMBERS:
        return _NUMBERS[token]
    if token in _OFFSETS:
        return _OFFSETS[token]
    if token in _WORDS:
        words = (re.escape(word) for word in _WORDS[token][1](locale))
        return "|".join(
            re.sub(rf"\\? |{_NBSP}", _SPACES, word.replace("\\.", "\\.?")) for word in words
        )
    if token == _ZONE:
        return r"[a-z_+\-/]{1,256}?"
    return "[ \t\u00a0\u2000-\u200a\u202f\u3000]" if token == _SPACE else re.escape(token)


def _value(token: str, text: str, locale: str | None) -> int | str:
    if token in _WORDS:
        first, words = _WORDS[token]
        alike = [_plain(word) for word in words(locale)]
        return first + (alike.index(_plain(text)) if _plain(text) in alike else -1)
    if token in {_ZONE, "u", "uu"}:
        return text
    if token in {"yy", "kk"}:
        return full_year(int(text))
    return int(text)


def _plain(text: str) -> str:
    return text.replace(".", "").replace(_NBSP, " ").lower()


def _assembled(values: dict[str, Any]) -> Found:
    zone: str | None = values.get("z")
    offset: int | None = values.get("Z")
    if offset is not None and zone is None:
        zone = fixed_zone(offset)
    if "q" in values:
        values["M"] = (values["q"] - 1) * 3 + 1
    if "h" in values:
        if values["h"] < _NOON and values.get("a") == 1:
            values["h"] += _NOON
        elif values["h"] == _NOON and values.get("a") == 0:
            values["h"] = 0
    if values.get("G") == 0 and values.get("y"):
        values["y"] = -values["y"]
    if "u" in values:
        values["S"] = millis_of(values["u"])
    parts = {_FIELDS[name]: value for name, value in values.items() if name in _FIELDS}
    return Found(parts, zone, offset)


def _expanded(piece: tuple[bool, str], locale: str | None) -> list[tuple[bool, str]]:
    """Return the tokens that a preset's token stands for, in the order of the locale."""
    is_literal, token = piece
    options = MACROS.get(token)
    if is_literal or options is None:
        return [piece]
    made = date_format(UNDEFINED if locale is None else locale, options, "UTC")
    tokens: list[tuple[bool, str]] = []
    for kind, text in made.parts(1_555_555_555_555):
        if kind == "literal":
            tokens.append((bool(text.strip()), text if text.strip() else " "))
        elif kind == "dayPeriod":
            tokens.append((False, "a"))
        elif kind == "hour":
            halves = options.get("hourCycle") is None and _has_halves(made.pieces)
            tokens.append((False, "h" if halves else "H"))
        else:
            told = _STYLES.get(kind, {}).get(str(options.get(kind, "")))
            if told is None:
                return [piece]
            tokens.append((False, told))
    return tokens


def _has_halves(pieces: tuple[str, ...]) -> bool:
    return any(code[:1] in "hK" for code in pieces[1::2])
