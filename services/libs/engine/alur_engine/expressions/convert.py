"""ECMAScript's abstract conversions (`ToString`, `ToNumber`, `ToPrimitive` and so on)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from alur_engine.expressions.limits import spend_list, spend_running
from alur_engine.expressions.numbers import (
    INFINITY,
    MAX_SAFE,
    NAN,
    format_number,
    parse_number,
    tidy,
    to_double,
)
from alur_engine.expressions.problems import type_error
from alur_engine.expressions.text import narrow
from alur_engine.expressions.values import UNDEFINED, Special, Undefined, Value
from alur_sdk.errors import ByteLimitError

_TYPEOF: Final[dict[type, str]] = {
    str: "string",
    int: "number",
    float: "number",
    bool: "boolean",
    Undefined: "undefined",
}
_MOST_TEXT: Final = 64 * 1024 * 1024
_VALUE_COST: Final = 64
"""Of each list within a list, in characters: a million lists are as dear as the longest text."""
_LIST_STEPS: Final = 4
"""Of writing a list out, beside those of its elements."""
_TWO_32: Final = 2**32
_TWO_31: Final = 2**31


def truthy(value: Value) -> bool:
    """Return what `Boolean(value)` is."""
    kind = type(value)
    if kind is bool:
        return bool(value)
    if kind is list or kind is dict:
        return True
    if kind is float:
        return bool(value == value and value)  # noqa: PLR0124  NaN is false
    if kind is str or kind is int:
        return bool(value)
    return value is not None and value is not UNDEFINED


def typeof(value: Value) -> str:
    """Return what `typeof value` is."""
    name = _TYPEOF.get(type(value))
    if name is not None:
        return name
    return value.kind if isinstance(value, Special) else "object"


def to_js_string(value: Value) -> str:
    """Return what `String(value)` is."""
    kind = type(value)
    if kind is str:
        return str(value)
    if kind is int or kind is float:
        return format_number(value)
    if kind is bool:
        return "true" if value else "false"
    if value is None:
        return "null"
    return _object_to_string(value)


def _object_to_string(value: Value) -> str:
    if value is UNDEFINED:
        return "undefined"
    if isinstance(value, list):
        spend_running(_LIST_STEPS + len(value))
        return join_list(value, ",")
    return value.js_string() if isinstance(value, Special) else "[object Object]"


def join_list(values: list[Value], separator: str) -> str:
    """Return what `values.join(separator)` is."""
    joined = _joined(values, separator, [_MOST_TEXT])
    return joined if joined.isascii() else narrow(joined)


def _joined(values: list[Value], separator: str, left: list[int]) -> str:
    texts = [value if type(value) is str else _member_text(value, left) for value in values]
    spend_list(texts, separator)
    return separator.join(texts)


def _member_text(value: Value, left: list[int]) -> str:
    """Return the text of what a list holds; `left` is how much of lists may still come: one may hold another many times over."""
    if value is None or value is UNDEFINED:
        return ""
    if not isinstance(value, list):
        return to_js_string(value)
    spend_running(_LIST_STEPS + len(value))
    text = _joined(value, ",", left)
    left[0] -= len(text) + _VALUE_COST
    if left[0] < 0:
        raise ByteLimitError("The text of a list is too large")
    return text


def to_primitive(value: Value, *, prefer_number: bool = False) -> Value:
    """Return `value` as a primitive; only dates care which kind is preferred."""
    if isinstance(value, (list, Mapping)):
        return _object_to_string(value)
    if isinstance(value, Special):
        if prefer_number or (value.kind == "object" and not value.prefers_text):
            number = value.js_number()
            return number if number == number else value.js_string()  # noqa: PLR0124  NaN
        return value.js_string()
    return value


def to_number(value: Value) -> float:
    """Return what `Number(value)` is."""
    kind = type(value)
    if kind is int:
        return value if -MAX_SAFE <= value <= MAX_SAFE else tidy(value)
    if kind is float:
        return float(value)
    if kind is str:
        return parse_number(value)
    if kind is bool:
        return 1 if value else 0
    return _odd_to_number(value)


def _odd_to_number(value: Value) -> float:
    if value is None:
        return 0
    if value is UNDEFINED:
        return NAN
    if isinstance(value, Special):
        number = value.js_number()
        return number if number == number else parse_number(value.js_string())  # noqa: PLR0124  NaN
    return parse_number(_object_to_string(value))


def to_integer(value: Value) -> float:
    """Return what `ToIntegerOrInfinity(value)` is: an `int`, or an infinity."""
    if type(value) is int:
        return value if -MAX_SAFE <= value <= MAX_SAFE else int(to_double(value))
    number = to_number(value)
    if type(number) is int:
        return number
    if number != number:  # noqa: PLR0124  NaN
        return 0
    return number if math.isinf(number) else int(number)


def to_index(value: Value, size: int, default: int) -> int:
    """Return a position in `size` elements as `slice` takes it: from the end when negative."""
    if value is UNDEFINED:
        return default
    index = to_integer(value)
    if index < 0:
        return 0 if index == -INFINITY else max(size + int(index), 0)
    return size if index == INFINITY else min(int(index), size)


def to_int32(value: Value) -> int:
    """Return what `ToInt32(value)` is."""
    number = to_integer(value)
    if number in (INFINITY, -INFINITY):
        return 0
    wrapped = int(number) % _TWO_32
    return wrapped - _TWO_32 if wrapped >= _TWO_31 else wrapped


def to_uint32(value: Value) -> int:
    """Return what `ToUint32(value)` is."""
    number = to_integer(value)
    return 0 if number in (INFINITY, -INFINITY) else int(number) % _TWO_32


def to_key(value: Value) -> str:
    """Return what `ToPropertyKey(value)` is."""
    return value if type(value) is str else to_js_string(to_primitive_text(value))


def to_primitive_text(value: Value) -> Value:
    """Return `value` as a primitive, text preferred."""
    return value.js_string() if isinstance(value, Special) else value


def require_object(value: Value) -> Value:
    """Return `value`, or raise as `Object.keys(null)` does."""
    if value is None or value is UNDEFINED:
        raise type_error("Cannot convert undefined or null to object")
    return value
