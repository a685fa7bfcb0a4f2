"""`JSON.stringify` and `JSON.parse`. ECMAScript 2023, section 25.5."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Final

from alur_engine.expressions.convert import to_integer, to_js_string, to_key
from alur_engine.expressions.limits import spend_bytes, spend_steps
from alur_engine.expressions.numbers import format_number, parse_number
from alur_engine.expressions.problems import type_error
from alur_engine.expressions.scope import Scope
from alur_engine.expressions.values import UNDEFINED, Function, Special, Value
from alur_sdk.errors import ExpressionError

_LONE: Final = re.compile("[\ud800-\udfff]")
_MOST_INDENT: Final = 10
_SHORT: Final = 64
"""Text up to this long costs its step alone."""
_SHOWN: Final = 10
_DEEPEST: Final = 200

Replacer = Callable[[str, Value], Value]


def quote(text: str) -> str:
    """Return `text` as a JSON string; lone surrogates are escaped."""
    quoted = json.dumps(text, ensure_ascii=False)
    if quoted.isascii():
        return quoted
    return _LONE.sub(lambda found: f"\\u{ord(found[0]):04x}", quoted)


def ordered_keys(holder: Mapping[str, Value]) -> list[str]:
    """Return the keys as JavaScript orders them: array indexes first, ascending."""
    keys = list(holder)
    indexes = [key for key in keys if is_index(key)]
    if not indexes:
        return keys
    indexes.sort(key=int)
    return indexes + [key for key in keys if not is_index(key)]


def is_index(key: str) -> bool:
    """Whether `key` is the canonical text of an array index."""
    if not key or not ("0" <= key[0] <= "9") or len(key) > _SHOWN:
        return False
    return key.isascii() and key.isdigit() and (key[0] != "0" or key == "0")


class _Writer:
    """Writes one value; `indent` empty means on one line."""

    def __init__(
        self, scope: Scope, replacer: Replacer | None, wanted: frozenset[str] | None, indent: str
    ) -> None:
        self._scope = scope
        self._replacer = replacer
        self._wanted = wanted
        self._indent = indent
        self._path: list[int] = []

    def write(self, key: str, value: Value, margin: str) -> str | None:
        """Return the text of `value`, or `None` where JSON has none."""
        spend_steps(self._scope, 1)
        value = value.js_json() if isinstance(value, Special) else value
        if self._replacer is not None:
            value = self._replacer(key, value)
            value = value.js_json() if isinstance(value, Special) else value
        if isinstance(value, (list, Mapping)):
            return self._write_nested(value, margin)
        if isinstance(value, str) and len(value) > _SHORT:
            spend_bytes(self._scope, len(value))
        return scalar(value)

    def _write_nested(self, value: Value, margin: str) -> str:
        if id(value) in self._path:
            raise type_error("Converting circular structure to JSON")
        if len(self._path) >= _DEEPEST:
            raise type_error("Converting a structure to JSON that is nested too deeply")
        self._path.append(id(value))
        inner = margin + self._indent
        if isinstance(value, list):
            text = self._enclose("[]", self._elements(value, inner), inner, margin)
        else:
            text = self._enclose("{}", self._members(value, inner), inner, margin)
        self._path.pop()
        spend_bytes(self._scope, len(text))
        return text

    def _elements(self, values: list[Value], inner: str) -> list[str]:
        texts = (self.write(str(index), value, inner) for index, value in enumerate(values))
        return ["null" if text is None else text for text in texts]

    def _members(self, holder: Mapping[str, Value], inner: str) -> list[str]:
        colon = ": " if self._indent else ":"
        members = []
        for key in ordered_keys(holder):
            if self._wanted is not None and key not in self._wanted:
                continue
            text = self.write(key, holder[key], inner)
            if text is not None:
                members.append(f"{quote(key)}{colon}{text}")
        return members

    def _enclose(self, ends: str, parts: list[str], inner: str, margin: str) -> str:
        if not parts or not self._indent:
            return ends[0] + ",".join(parts) + ends[1]
        return f"{ends[0]}\n{inner}" + f",\n{inner}".join(parts) + f"\n{margin}{ends[1]}"


def scalar(value: Value) -> str | None:
    """Return the JSON text of a value that is neither array nor object."""
    if isinstance(value, str):
        return quote(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return format_number(value) if math.isfinite(value) else "null"
    return None


def to_json_text(scope: Scope, value: Value) -> str | None:
    """Return `JSON.stringify(value)`, or `None` where that is `undefined`."""
    return _Writer(scope, None, None, "").write("", value, "")


def stringify(
    scope: Scope, value: Value = UNDEFINED, replacer: Value = UNDEFINED, space: Value = UNDEFINED
) -> Value:
    """`JSON.stringify`."""
    call = replacer.call if isinstance(replacer, Function) else None
    wanted = frozenset(map(to_key, replacer)) if isinstance(replacer, list) else None
    text = _Writer(scope, call, wanted, _indent_of(space)).write("", value, "")
    return UNDEFINED if text is None else text


def _indent_of(space: Value) -> str:
    if isinstance(space, str):
        return space[:_MOST_INDENT]
    if isinstance(space, (int, float)) and not isinstance(space, bool):
        return " " * int(min(max(to_integer(space), 0), _MOST_INDENT))
    return ""


def _refuse(name: str) -> float:
    raise ValueError(name)


_DECODER: Final = json.JSONDecoder(
    parse_int=lambda text: parse_number(text) if text != "-0" else -0.0,
    parse_float=parse_number,
    parse_constant=_refuse,
)


def parse(scope: Scope, text: Value = UNDEFINED, reviver: Value = UNDEFINED) -> Value:
    """`JSON.parse`."""
    source = to_js_string(text)
    spend_steps(scope, 1 + (len(source) >> 2))
    spend_bytes(scope, len(source) * 4)
    try:
        value = _DECODER.decode(source)
    except ValueError as error:
        raise _parse_error(source, error) from error
    if isinstance(reviver, Function):
        return _revive(reviver, "", value)
    return value


def _parse_error(source: str, error: ValueError) -> ExpressionError:
    position = getattr(error, "pos", 0)
    if position >= len(source.rstrip(" \t\r\n")):
        return ExpressionError("Unexpected end of JSON input", kind="SyntaxError")
    shown = source if len(source) <= 4 * _SHOWN else source[: 4 * _SHOWN] + "..."
    return ExpressionError(
        f"Unexpected token '{source[position]}', \"{shown}\" is not valid JSON", kind="SyntaxError"
    )


def _revive(reviver: Function, key: str, value: Value) -> Value:
    if isinstance(value, list):
        value = [_revive(reviver, str(index), element) for index, element in enumerate(value)]
    elif isinstance(value, dict):
        revived = {name: _revive(reviver, name, value[name]) for name in ordered_keys(value)}
        value = {name: new for name, new in revived.items() if new is not UNDEFINED}
    return reviver.call(key, value)
