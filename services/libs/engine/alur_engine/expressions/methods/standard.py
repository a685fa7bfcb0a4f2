"""The standard globals: functions, kinds with their static members, and namespaces."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from alur_engine.expressions import text as utf16
from alur_engine.expressions.convert import to_integer, to_js_string, to_number, truthy
from alur_engine.expressions.dates import functions as dates
from alur_engine.expressions.intl import values as intl
from alur_engine.expressions.limits import spend_bytes, spend_slots, spend_steps
from alur_engine.expressions.luxon import functions as luxon
from alur_engine.expressions.methods import helper_functions, json_text, mathematics, objects, uris
from alur_engine.expressions.methods.calling import list_of
from alur_engine.expressions.methods.specials import identity
from alur_engine.expressions.numbers import INFINITY, MAX_SAFE, NAN, parse_float, parse_int
from alur_engine.expressions.problems import range_error, type_error
from alur_engine.expressions.regexes.value import JsRegExp, make_regexp
from alur_engine.expressions.scope import Scope
from alur_engine.expressions.values import (
    UNDEFINED,
    JsError,
    JsMap,
    JsSet,
    Native,
    Special,
    Value,
)

_MAX_LENGTH: Final = 2**32 - 1
_UNIT: Final = 0xFFFF
_LAST_POINT: Final = 0x10FFFF


def number(_scope: Scope, *value: Value) -> float:
    """`Number(value)`."""
    return to_number(value[0]) if value else 0


def string(_scope: Scope, *value: Value) -> str:
    """`String(value)`."""
    return to_js_string(value[0]) if value else ""


def boolean(_scope: Scope, value: Value = UNDEFINED) -> bool:
    """`Boolean(value)`."""
    return truthy(value)


def object_(_scope: Scope, value: Value = UNDEFINED) -> Value:
    """`Object(value)`; a primitive stays one."""
    return {} if value is None or value is UNDEFINED else value


def is_nan(_scope: Scope, value: Value = UNDEFINED) -> bool:
    """`isNaN(value)`."""
    number_ = to_number(value)
    return number_ != number_  # noqa: PLR0124  only NaN differs from itself


def is_finite(_scope: Scope, value: Value = UNDEFINED) -> bool:
    """`isFinite(value)`."""
    return -INFINITY < to_number(value) < INFINITY


def parse_integer(scope: Scope, text: Value = UNDEFINED, radix: Value = UNDEFINED) -> float:
    """`parseInt(text, radix)`."""
    base = to_integer(radix)
    written = to_js_string(text)
    spend_steps(scope, len(written) >> 2)
    return parse_int(written, int(base) if abs(base) != INFINITY else 0)


def parse_floating(_scope: Scope, text: Value = UNDEFINED) -> float:
    """`parseFloat(text)`."""
    return parse_float(to_js_string(text))


def array(scope: Scope, *values: Value) -> list[Value]:
    """`Array(…)`: one number is a length."""
    if len(values) == 1 and type(values[0]) in (int, float):
        size = values[0]
        if not 0 <= size <= _MAX_LENGTH or size != int(size):
            raise range_error("Invalid array length")
        spend_slots(scope, int(size))
        return [UNDEFINED] * int(size)
    return list(values)


def array_of(_scope: Scope, *values: Value) -> list[Value]:
    """`Array.of(…)`."""
    return list(values)


def is_array(_scope: Scope, value: Value = UNDEFINED) -> bool:
    """`Array.isArray(value)`."""
    return isinstance(value, list)


def is_integer(_scope: Scope, value: Value = UNDEFINED) -> bool:
    """`Number.isInteger(value)`."""
    return type(value) is int or (type(value) is float and value.is_integer())


def is_safe_integer(scope: Scope, value: Value = UNDEFINED) -> bool:
    """`Number.isSafeInteger(value)`."""
    return is_integer(scope, value) and -MAX_SAFE < value < MAX_SAFE


def is_number_nan(_scope: Scope, value: Value = UNDEFINED) -> bool:
    """`Number.isNaN(value)`."""
    return type(value) is float and value != value  # noqa: PLR0124  only NaN differs from itself


def is_number_finite(_scope: Scope, value: Value = UNDEFINED) -> bool:
    """`Number.isFinite(value)`."""
    return type(value) in (int, float) and -INFINITY < value < INFINITY


def from_char_code(scope: Scope, *codes: Value) -> str:
    """`String.fromCharCode(…)`."""
    spend_bytes(scope, len(codes))
    units = (to_integer(code) for code in codes)
    return utf16.narrow(
        "".join(chr(int(unit) & _UNIT if abs(unit) != INFINITY else 0) for unit in units)
    )


def from_code_point(scope: Scope, *codes: Value) -> str:
    """`String.fromCodePoint(…)`."""
    spend_bytes(scope, len(codes))
    for code in codes:
        point = to_number(code)
        if not 0 <= point <= _LAST_POINT or point != int(point):
            raise range_error(f"Invalid code point {to_js_string(code)}")
    return utf16.narrow("".join(chr(int(to_number(code))) for code in codes))


def make_set(scope: Scope, values: Value = UNDEFINED) -> JsSet:
    """`new Set(values)`."""
    made = JsSet()
    if values is not None and values is not UNDEFINED:
        for value in list_of(scope, values):
            made.entries.setdefault(identity(value), value)
        spend_slots(scope, len(made.entries))
    return made


def make_map(scope: Scope, pairs: Value = UNDEFINED) -> JsMap:
    """`new Map(pairs)`."""
    made = JsMap()
    if pairs is not None and pairs is not UNDEFINED:
        for pair in list_of(scope, pairs):
            if not isinstance(pair, (list, dict)):
                raise type_error(f"Iterator value {to_js_string(pair)} is not an entry object")
            key, value = objects.pair_of(pair)
            made.entries[identity(key)] = (key, value)
        spend_slots(scope, len(made.entries))
    return made


def make_error(_scope: Scope, message: Value = UNDEFINED) -> JsError:
    """`Error(message)`."""
    return JsError("Error", "" if message is UNDEFINED else to_js_string(message))


def make_type_error(_scope: Scope, message: Value = UNDEFINED) -> JsError:
    """`TypeError(message)`."""
    return JsError("TypeError", "" if message is UNDEFINED else to_js_string(message))


def make_range_error(_scope: Scope, message: Value = UNDEFINED) -> JsError:
    """`RangeError(message)`."""
    return JsError("RangeError", "" if message is UNDEFINED else to_js_string(message))


def regexp(scope: Scope, pattern: Value = UNDEFINED, flags: Value = UNDEFINED) -> JsRegExp:
    """`RegExp(pattern, flags)`."""
    spend_bytes(scope, len(pattern) if isinstance(pattern, str) else 1)
    if isinstance(pattern, JsRegExp):
        return make_regexp(
            pattern.source, pattern.flags if flags is UNDEFINED else to_js_string(flags)
        )
    source = "" if pattern is UNDEFINED else to_js_string(pattern)
    return make_regexp(source, "" if flags is UNDEFINED else to_js_string(flags))


def new_object(scope: Scope, value: Value = UNDEFINED) -> Value:
    """`new Object(value)`."""
    if isinstance(value, (str, int, float)) and not isinstance(value, Special):
        raise type_error("Objects around primitives do not exist here")
    return object_(scope, value)


FUNCTIONS: Final[dict[str, Native]] = {
    "Array": array,
    "Boolean": boolean,
    "Date": dates.date_text,
    "DateTime": luxon.not_callable,
    "Duration": luxon.not_callable,
    "Error": make_error,
    "Interval": luxon.not_callable,
    "Map": make_map,
    "Number": number,
    "Object": object_,
    "RangeError": make_range_error,
    "RegExp": regexp,
    "Set": make_set,
    "String": string,
    "TypeError": make_type_error,
    "isFinite": is_finite,
    "isNaN": is_nan,
    "parseFloat": parse_floating,
    "parseInt": parse_integer,
    **uris.FUNCTIONS,
    **helper_functions.FUNCTIONS,
}

KINDS: Final[dict[str, dict[str, Value]]] = {
    "Array": {"from": objects.array_from, "isArray": is_array, "of": array_of},
    "Date": {"UTC": dates.utc, "now": dates.now, "parse": dates.parse},
    "DateTime": luxon.DATETIME,
    "Duration": luxon.DURATION,
    "Interval": luxon.INTERVAL,
    "Number": {
        "EPSILON": 2.0**-52,
        "MAX_SAFE_INTEGER": MAX_SAFE - 1,
        "MAX_VALUE": 1.7976931348623157e308,
        "MIN_SAFE_INTEGER": 1 - MAX_SAFE,
        "MIN_VALUE": 5e-324,
        "NEGATIVE_INFINITY": -INFINITY,
        "NaN": NAN,
        "POSITIVE_INFINITY": INFINITY,
        "isFinite": is_number_finite,
        "isInteger": is_integer,
        "isNaN": is_number_nan,
        "isSafeInteger": is_safe_integer,
        "parseFloat": parse_floating,
        "parseInt": parse_integer,
    },
    "Object": objects.STATICS,
    "String": {
        "fromCharCode": from_char_code,
        "fromCodePoint": from_code_point,
    },
}

NAMESPACES: Final[dict[str, dict[str, Value]]] = {
    "Intl": {
        name: make if name in intl.CALLABLE else intl.not_callable
        for name, make in intl.MAKERS.items()
    },
    "JSON": {"parse": json_text.parse, "stringify": json_text.stringify},
    "Math": mathematics.MEMBERS,
}

MAKERS: Final[Mapping[str, Native]] = {
    "Array": array,
    "Date": dates.new_date,
    "Error": make_error,
    "Map": make_map,
    "Object": new_object,
    "RangeError": make_range_error,
    "RegExp": regexp,
    "Set": make_set,
    "TypeError": make_type_error,
    **{f"Intl.{name}": make for name, make in intl.MAKERS.items()},
}
"""What `new` makes, by the text that names it."""

CONSTANTS: Final[Mapping[str, Value]] = {
    "Infinity": INFINITY,
    "NaN": NAN,
    "undefined": UNDEFINED,
}
