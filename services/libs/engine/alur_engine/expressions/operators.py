"""JavaScript's operators on any two values; the compiler takes short cuts for the common kinds."""

from __future__ import annotations

import math
from typing import Final

from alur_engine.expressions import text as utf16
from alur_engine.expressions.convert import (
    to_int32,
    to_js_string,
    to_key,
    to_number,
    to_primitive,
    to_uint32,
    truthy,
)
from alur_engine.expressions.limits import spend_bytes
from alur_engine.expressions.numbers import (
    INFINITY,
    MAX_SAFE,
    NAN,
    copysign,
    parse_number,
    tidy,
    to_double,
)
from alur_engine.expressions.problems import type_error
from alur_engine.expressions.scope import Scope
from alur_engine.expressions.values import UNDEFINED, Special, Value

FREE_TEXT: Final = 64
"""Text up to this long is not charged when it is joined."""

_NUMBERS: Final = (int, float)
_SHIFT: Final = 31


def concat(scope: Scope, left: str, right: str) -> str:
    """Return `left + right`."""
    joined = utf16.join_two(left, right)
    if len(joined) > FREE_TEXT:
        spend_bytes(scope, len(joined))
    return joined


def add(scope: Scope, left: Value, right: Value) -> Value:
    """Return what `left + right` is."""
    kinds = type(left), type(right)
    if kinds == (str, str):
        return concat(scope, left, right)
    left, right = to_primitive(left), to_primitive(right)
    if type(left) is str or type(right) is str:
        return concat(scope, to_js_string(left), to_js_string(right))
    return tidy_sum(to_number(left), to_number(right))


def tidy_sum(left: float, right: float) -> float:
    """Return the sum of two doubles."""
    total = left + right
    if type(total) is int and not -MAX_SAFE <= total <= MAX_SAFE:
        return to_double(total)
    return total


def subtract(left: Value, right: Value) -> float:
    """Return what `left - right` is."""
    total = _numeric(left) - _numeric(right)
    if type(total) is int and not -MAX_SAFE <= total <= MAX_SAFE:
        return to_double(total)
    return total


def multiply(left: Value, right: Value) -> float:
    """Return what `left * right` is."""
    first, second = _numeric(left), _numeric(right)
    product = first * second
    if type(product) is int:
        if product:
            return product if -MAX_SAFE <= product <= MAX_SAFE else to_double(product)
        return -0.0 if (first < 0) != (second < 0) else 0
    return product


def divide(left: Value, right: Value) -> float:
    """Return what `left / right` is."""
    first, second = _numeric(left), _numeric(right)
    if second:
        return tidy(first / second)
    if first == 0 or first != first:  # noqa: PLR0124  NaN
        return NAN
    return INFINITY * copysign(float(first)) * copysign(float(second))


def remainder(left: Value, right: Value) -> float:
    """Return what `left % right` is: the sign is that of `left`."""
    first, second = _numeric(left), _numeric(right)
    if second == 0 or math.isinf(first) or first != first or second != second:  # noqa: PLR0124  NaN
        return NAN
    return tidy(math.fmod(first, second))


def power(left: Value, right: Value) -> float:
    """Return what `left ** right` is."""
    base, exponent = float(_numeric(left)), float(_numeric(right))
    if exponent != exponent or (abs(base) == 1 and math.isinf(exponent)):  # noqa: PLR0124  NaN
        return NAN
    try:
        return tidy(math.pow(base, exponent))
    except OverflowError:
        odd = exponent % 2 == 1
        return -INFINITY if base < 0 and odd else INFINITY
    except ValueError:
        return _odd_power(base, exponent)


def _odd_power(base: float, exponent: float) -> float:
    if base == 0:
        return -INFINITY if copysign(base) < 0 and exponent % 2 == 1 else INFINITY
    return NAN


def _numeric(value: Value) -> float:
    return value if type(value) is float else to_number(to_primitive(value, prefer_number=True))


def negate(value: Value) -> float:
    """Return what `-value` is."""
    number = _numeric(value)
    return -number if number else -float(number)


def to_numeric(value: Value) -> float:
    """Return what `+value` is."""
    return _numeric(value)


def bit_and(left: Value, right: Value) -> int:
    """Return what `left & right` is."""
    return to_int32(left) & to_int32(right)


def bit_or(left: Value, right: Value) -> int:
    """Return what `left | right` is."""
    return to_int32(left) | to_int32(right)


def bit_xor(left: Value, right: Value) -> int:
    """Return what `left ^ right` is."""
    return to_int32(left) ^ to_int32(right)


def bit_not(value: Value) -> int:
    """Return what `~value` is."""
    return ~to_int32(value)


def shift_left(left: Value, right: Value) -> int:
    """Return what `left << right` is."""
    return to_int32(to_int32(left) << (to_uint32(right) & _SHIFT))


def shift_right(left: Value, right: Value) -> int:
    """Return what `left >> right` is."""
    return to_int32(left) >> (to_uint32(right) & _SHIFT)


def shift_right_zero(left: Value, right: Value) -> int:
    """Return what `left >>> right` is."""
    return to_uint32(left) >> (to_uint32(right) & _SHIFT)


def strict_equal(left: Value, right: Value) -> bool:
    """Return what `left === right` is."""
    kind = type(left)
    if kind is str:
        return bool(left == right)
    if kind is int or kind is float:
        return type(right) in _NUMBERS and to_number(left) == to_number(right)
    return left is right


def loose_equal(left: Value, right: Value) -> bool:
    """Return what `left == right` is."""
    if left is None or left is UNDEFINED:
        return right is None or right is UNDEFINED
    if right is None or right is UNDEFINED:
        return False
    left_object, right_object = is_object(left), is_object(right)
    if left_object and right_object:
        return left is right
    if left_object or right_object:
        return loose_equal(to_primitive(left), to_primitive(right))
    if type(left) is type(right):
        return strict_equal(left, right)
    return to_number(left) == to_number(right)


def same_value_zero(left: Value, right: Value) -> bool:
    """Return whether `includes`, `Map` and `Set` take the two for the same."""
    if left != left and right != right:  # noqa: PLR0124  NaN is itself here
        return type(left) is float and type(right) is float
    return strict_equal(left, right)


def same_value(left: Value, right: Value) -> bool:
    """Return what `Object.is(left, right)` is."""
    if left == 0 and right == 0 and type(left) in _NUMBERS and type(right) in _NUMBERS:
        return copysign(float(left)) == copysign(float(right))
    return same_value_zero(left, right)


def is_object(value: Value) -> bool:
    """Whether `value` is no primitive."""
    return isinstance(value, (list, dict, Special))


def less(left: Value, right: Value) -> bool:
    """Return what `left < right` is."""
    left = to_primitive(left, prefer_number=True)
    right = to_primitive(right, prefer_number=True)
    if type(left) is str and type(right) is str:
        return text_before(left, right)
    return bool(_as_number(left) < _as_number(right))


def less_or_equal(left: Value, right: Value) -> bool:
    """Return what `left <= right` is, which is false for NaN."""
    left = to_primitive(left, prefer_number=True)
    right = to_primitive(right, prefer_number=True)
    if type(left) is str and type(right) is str:
        return not text_before(right, left)
    return bool(_as_number(left) <= _as_number(right))


def _as_number(value: Value) -> float:
    return parse_number(value) if type(value) is str else to_number(value)


def text_before(left: str, right: str) -> bool:
    """Whether `left` sorts before `right` by code units."""
    if left.isascii() or right.isascii():
        return left < right
    return utf16.widen(left) < utf16.widen(right)


def contains(key: Value, holder: Value) -> bool:
    """Return what `key in holder` is."""
    if isinstance(holder, dict):
        return to_key(key) in holder
    if isinstance(holder, list):
        name = to_key(key)
        return name == "length" or (name.isdigit() and int(name) < len(holder))
    if isinstance(holder, Special):
        return holder.read(to_key(key)) is not UNDEFINED
    raise type_error(
        f"Cannot use 'in' operator to search for '{to_js_string(key)}' in {to_js_string(holder)}"
    )


def negation(value: Value) -> bool:
    """Return what `!value` is."""
    return not truthy(value)
