"""`String.prototype`: what takes a pattern, be it text or a regular expression."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from alur_engine.expressions import text as utf16
from alur_engine.expressions.convert import to_js_string, to_uint32
from alur_engine.expressions.limits import spend_bytes, spend_slots, spend_steps, spend_text
from alur_engine.expressions.problems import type_error
from alur_engine.expressions.regexes import methods as regexes
from alur_engine.expressions.regexes.value import JsRegExp, make_regexp
from alur_engine.expressions.scope import Scope
from alur_engine.expressions.values import UNDEFINED, Function, JsIterator, Native, Value

_NO_LIMIT: Final = 2**32 - 1


def replace(
    scope: Scope, text: str, pattern: Value = UNDEFINED, replacement: Value = UNDEFINED
) -> str:
    """`replace`."""
    spend_text(scope, text)
    if isinstance(pattern, JsRegExp):
        return regexes.replace(scope, pattern, text, replacement)
    if type(replacement) is str and "$" not in replacement and type(pattern) is str:
        spend_bytes(scope, len(text) + len(replacement))
        return (
            utf16.narrow(text.replace(pattern, replacement, 1))
            if pattern
            else _put(replacement, text)
        )
    return _replace_text(scope, text, pattern, replacement, once=True)


def _put(before: str, text: str) -> str:
    return utf16.narrow(before + text)


def replace_all(
    scope: Scope, text: str, pattern: Value = UNDEFINED, replacement: Value = UNDEFINED
) -> str:
    """`replaceAll`."""
    spend_text(scope, text)
    if isinstance(pattern, JsRegExp):
        if "g" not in pattern.flags:
            raise type_error("replaceAll must be called with a global RegExp")
        return regexes.replace(scope, pattern, text, replacement)
    return _replace_text(scope, text, pattern, replacement, once=False)


def _replace_text(scope: Scope, text: str, pattern: Value, by: Value, *, once: bool) -> str:
    units, sought = utf16.widen(text), utf16.widen(to_js_string(pattern))
    make = _maker(scope, units, sought, by)
    pieces, end, start = [], 0, units.find(sought)
    while start >= 0:
        pieces += [units[end:start], make(start)]
        spend_steps(scope, 1)
        spend_bytes(scope, len(pieces[-1]))
        end = start + len(sought)
        start = -1 if once else units.find(sought, max(end, start + 1))
    joined = "".join([*pieces, units[end:]])
    spend_bytes(scope, len(joined))
    return utf16.narrow(joined)


def _maker(scope: Scope, units: str, sought: str, by: Value) -> Callable[[int], str]:
    if isinstance(by, Function):
        call, whole = by.call, utf16.narrow(units)
        return lambda start: utf16.widen(to_js_string(call(sought, start, whole)))
    template = utf16.widen(to_js_string(by))
    if "$" not in template:
        return lambda _start: template
    return lambda start: regexes.expand(
        scope, template, units, [(start, start + len(sought))], None
    )


def split(scope: Scope, text: str, separator: Value = UNDEFINED, limit: Value = UNDEFINED) -> Value:
    """`split`."""
    most = _NO_LIMIT if limit is UNDEFINED else to_uint32(limit)
    spend_text(scope, text)
    if isinstance(separator, JsRegExp):
        return regexes.split(scope, separator, text)[:most]
    if separator is UNDEFINED:
        return [text][:most]
    return _split_text(scope, text, to_js_string(separator))[:most]


def _split_text(scope: Scope, text: str, separator: str) -> list[str]:
    spend_slots(scope, text.count(separator) + 1 if separator else len(text))
    spend_bytes(scope, len(text))
    if text.isascii():
        return text.split(separator) if separator else list(text)
    units = utf16.widen(text)
    parts = units.split(utf16.widen(separator)) if separator else list(units)
    return [utf16.narrow(part) for part in parts]


def match(scope: Scope, text: str, pattern: Value = UNDEFINED) -> Value:
    """`match`."""
    spend_text(scope, text)
    regexp = _as_regexp(pattern, "")
    return regexes.match(scope, regexp, text)


def match_all(scope: Scope, text: str, pattern: Value = UNDEFINED) -> JsIterator:
    """`matchAll`."""
    spend_text(scope, text)
    regexp = _as_regexp(pattern, "g")
    if "g" not in regexp.flags:
        raise type_error("String.prototype.matchAll called with a non-global RegExp argument")
    return regexes.match_all(scope, regexp, text)


def search(scope: Scope, text: str, pattern: Value = UNDEFINED) -> int:
    """`search`."""
    spend_text(scope, text)
    return regexes.search(scope, _as_regexp(pattern, ""), text)


def _as_regexp(pattern: Value, flags: str) -> JsRegExp:
    if isinstance(pattern, JsRegExp):
        return pattern
    return make_regexp("" if pattern is UNDEFINED else to_js_string(pattern), flags)


METHODS: Final[dict[str, Native]] = {
    "match": match,
    "matchAll": match_all,
    "replace": replace,
    "replaceAll": replace_all,
    "search": search,
    "split": split,
}
