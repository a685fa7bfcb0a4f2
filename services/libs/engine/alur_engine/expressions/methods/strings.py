"""`String.prototype` without what takes a pattern. ECMAScript 2023, section 22.1.3."""

from __future__ import annotations

from typing import Final, Literal

from alur_engine.expressions import text as utf16
from alur_engine.expressions.convert import to_index, to_integer, to_js_string, to_number
from alur_engine.expressions.intl import cases, collation
from alur_engine.expressions.limits import spend_bytes, spend_steps, spend_text
from alur_engine.expressions.methods.calling import or_default
from alur_engine.expressions.normal_forms import normalized
from alur_engine.expressions.numbers import INFINITY, NAN, SPACE
from alur_engine.expressions.operators import FREE_TEXT
from alur_engine.expressions.problems import range_error, type_error
from alur_engine.expressions.scope import Scope
from alur_engine.expressions.values import UNDEFINED, JsIterator, Native, Special, Value

_LONGEST: Final = 2**29 - 24
_FORMS: Final[tuple[Literal["NFC", "NFD", "NFKC", "NFKD"], ...]] = ("NFC", "NFD", "NFKC", "NFKD")


def part(scope: Scope, units: str, start: int, end: int) -> str:
    """Return a part of widened text, charged when it is long."""
    cut = units[start:end]
    if len(cut) > FREE_TEXT:
        spend_bytes(scope, len(cut))
    return utf16.narrow(cut)


def at(_scope: Scope, text: str, index: Value = UNDEFINED) -> Value:
    """`at`."""
    units = utf16.widen(text)
    position = to_integer(index)
    position = position + len(units) if position < 0 else position
    return units[int(position)] if 0 <= position < len(units) else UNDEFINED


def char_at(_scope: Scope, text: str, index: Value = UNDEFINED) -> str:
    """`charAt`."""
    units = utf16.widen(text)
    position = to_integer(index)
    return units[int(position)] if 0 <= position < len(units) else ""


def char_code_at(_scope: Scope, text: str, index: Value = UNDEFINED) -> float:
    """`charCodeAt`."""
    units = utf16.widen(text)
    position = to_integer(index)
    return ord(units[int(position)]) if 0 <= position < len(units) else NAN


def code_point_at(_scope: Scope, text: str, index: Value = UNDEFINED) -> Value:
    """`codePointAt`."""
    units = utf16.widen(text)
    position = to_integer(index)
    if not 0 <= position < len(units):
        return UNDEFINED
    return ord(utf16.narrow(units[int(position) : int(position) + 2])[0])


def concat(scope: Scope, text: str, *others: Value) -> str:
    """`concat`."""
    parts = [text, *map(to_js_string, others)]
    spend_bytes(scope, sum(map(len, parts)))
    return utf16.narrow("".join(parts))


def _plain(value: Value, method: str) -> str:
    if isinstance(value, Special) and type(value).__name__ == "JsRegExp":
        raise type_error(
            f"First argument to String.prototype.{method} must not be a regular expression"
        )
    return utf16.widen(to_js_string(value))


def _clamp(value: Value, size: int, default: int) -> int:
    if value is UNDEFINED:
        return default
    position = to_integer(value)
    return int(min(max(position, 0), size))


def includes(scope: Scope, text: str, sought: Value = UNDEFINED, start: Value = UNDEFINED) -> bool:
    """`includes`."""
    spend_text(scope, text)
    units = utf16.widen(text)
    return units.find(_plain(sought, "includes"), _clamp(start, len(units), 0)) >= 0


def starts_with(
    _scope: Scope, text: str, sought: Value = UNDEFINED, start: Value = UNDEFINED
) -> bool:
    """`startsWith`."""
    units = utf16.widen(text)
    return units.startswith(_plain(sought, "startsWith"), _clamp(start, len(units), 0))


def ends_with(_scope: Scope, text: str, sought: Value = UNDEFINED, end: Value = UNDEFINED) -> bool:
    """`endsWith`."""
    units = utf16.widen(text)
    return units[: _clamp(end, len(units), len(units))].endswith(_plain(sought, "endsWith"))


def index_of(scope: Scope, text: str, sought: Value = UNDEFINED, start: Value = UNDEFINED) -> int:
    """`indexOf`."""
    spend_text(scope, text)
    units = utf16.widen(text)
    return units.find(utf16.widen(to_js_string(sought)), _clamp(start, len(units), 0))


def last_index_of(
    scope: Scope, text: str, sought: Value = UNDEFINED, start: Value = UNDEFINED
) -> int:
    """`lastIndexOf`."""
    spend_text(scope, text)
    units, part_ = utf16.widen(text), utf16.widen(to_js_string(sought))
    number = to_number(start)
    last = len(units) if number != number else _clamp(number, len(units), 0)  # noqa: PLR0124  NaN
    return units.rfind(part_, 0, last + len(part_))


def locale_compare(
    scope: Scope,
    text: str,
    other: Value = UNDEFINED,
    locales: Value = UNDEFINED,
    options: Value = UNDEFINED,
) -> int:
    """`localeCompare`."""
    second = to_js_string(other)
    weight = 1 if text.isascii() and second.isascii() else 2
    spend_steps(scope, weight * (len(text) + len(second)))
    return collation.compare(text, second, locales, options)


def normalize(scope: Scope, text: str, form: Value = UNDEFINED) -> str:
    """`normalize`."""
    wanted = to_js_string(or_default(form, "NFC"))
    spend_bytes(scope, len(text) * 2)
    if not text.isascii():
        spend_steps(scope, len(text))
    for name in _FORMS:
        if name == wanted:
            return normalized(name, text)
    raise range_error(f"The normalization form should be one of {', '.join(_FORMS)}.")


def pad_start(scope: Scope, text: str, size: Value = UNDEFINED, filler: Value = UNDEFINED) -> str:
    """`padStart`."""
    padding = _padding(scope, text, size, filler)
    return utf16.narrow(padding + utf16.widen(text))


def pad_end(scope: Scope, text: str, size: Value = UNDEFINED, filler: Value = UNDEFINED) -> str:
    """`padEnd`."""
    padding = _padding(scope, text, size, filler)
    return utf16.narrow(utf16.widen(text) + padding)


def _padding(scope: Scope, text: str, size: Value, filler: Value) -> str:
    missing = to_integer(size) - utf16.length(text)
    pattern = utf16.widen(to_js_string(or_default(filler, " ")))
    if missing <= 0 or not pattern:
        return ""
    if missing > _LONGEST:
        raise range_error("Invalid string length")
    spend_bytes(scope, int(missing))
    return (pattern * (int(missing) // len(pattern) + 1))[: int(missing)]


def repeat(scope: Scope, text: str, count: Value = UNDEFINED) -> str:
    """`repeat`."""
    times = to_integer(count)
    if times < 0 or times == INFINITY:
        raise range_error(f"Invalid count value: {to_js_string(count)}")
    if len(text) * times > _LONGEST:
        raise range_error("Invalid string length")
    spend_bytes(scope, len(text) * int(times))
    return utf16.narrow(text * int(times)) if text else ""


def slice_(scope: Scope, text: str, start: Value = UNDEFINED, end: Value = UNDEFINED) -> str:
    """`slice`."""
    if type(start) is int and type(end) is int and start >= 0 and end >= 0 and text.isascii():
        cut = text[start:end]
        if len(cut) > FREE_TEXT:
            spend_bytes(scope, len(cut))
        return cut
    units = utf16.widen(text)
    size = len(units)
    return part(scope, units, to_index(start, size, 0), to_index(end, size, size))


def substring(scope: Scope, text: str, start: Value = UNDEFINED, end: Value = UNDEFINED) -> str:
    """`substring`."""
    units = utf16.widen(text)
    first, last = _clamp(start, len(units), 0), _clamp(end, len(units), len(units))
    return part(scope, units, min(first, last), max(first, last))


def substr(scope: Scope, text: str, start: Value = UNDEFINED, count: Value = UNDEFINED) -> str:
    """`substr`."""
    units = utf16.widen(text)
    first = to_index(start, len(units), 0)
    return part(scope, units, first, first + _clamp(count, len(units), len(units)))


def _spend_cases(scope: Scope, text: str) -> None:
    spend_bytes(scope, len(text))
    if not text.isascii():
        spend_steps(scope, len(text) >> 4)


def to_lower_case(scope: Scope, text: str, *_locale: Value) -> str:
    """`toLowerCase`."""
    if len(text) > FREE_TEXT:
        _spend_cases(scope, text)
    return text.lower()


def to_upper_case(scope: Scope, text: str, *_locale: Value) -> str:
    """`toUpperCase`."""
    if len(text) > FREE_TEXT:
        _spend_cases(scope, text)
    return text.upper()


def to_locale_lower_case(scope: Scope, text: str, locales: Value = UNDEFINED) -> str:
    """`toLocaleLowerCase`."""
    _spend_cases(scope, text)
    return cases.lower(text, locales)


def to_locale_upper_case(scope: Scope, text: str, locales: Value = UNDEFINED) -> str:
    """`toLocaleUpperCase`."""
    _spend_cases(scope, text)
    return cases.upper(text, locales)


def trim(_scope: Scope, text: str) -> str:
    """`trim`."""
    return text.strip(SPACE)


def trim_start(_scope: Scope, text: str) -> str:
    """`trimStart`."""
    return text.lstrip(SPACE)


def trim_end(_scope: Scope, text: str) -> str:
    """`trimEnd`."""
    return text.rstrip(SPACE)


def characters(scope: Scope, text: str) -> JsIterator:
    """The iterator of a string, which goes by code points."""
    spend_steps(scope, len(text))
    return JsIterator(iter(text))


def itself(_scope: Scope, text: str) -> str:
    """`toString`."""
    return text


def is_well_formed(_scope: Scope, text: str) -> bool:
    """`isWellFormed`."""
    return not utf16.has_lone_surrogate(text)


def to_well_formed(scope: Scope, text: str) -> str:
    """`toWellFormed`."""
    spend_bytes(scope, len(text))
    return utf16.to_well_formed(text)


METHODS: Final[dict[str, Native]] = {
    "at": at,
    "charAt": char_at,
    "charCodeAt": char_code_at,
    "codePointAt": code_point_at,
    "concat": concat,
    "endsWith": ends_with,
    "includes": includes,
    "indexOf": index_of,
    "isWellFormed": is_well_formed,
    "lastIndexOf": last_index_of,
    "localeCompare": locale_compare,
    "normalize": normalize,
    "padEnd": pad_end,
    "padStart": pad_start,
    "repeat": repeat,
    "slice": slice_,
    "startsWith": starts_with,
    "substr": substr,
    "substring": substring,
    "toLocaleLowerCase": to_locale_lower_case,
    "toLocaleUpperCase": to_locale_upper_case,
    "toLowerCase": to_lower_case,
    "toString": itself,
    "toUpperCase": to_upper_case,
    "toWellFormed": to_well_formed,
    "trim": trim,
    "trimEnd": trim_end,
    "trimLeft": trim_start,
    "trimRight": trim_end,
    "trimStart": trim_start,
    "valueOf": itself,
}
