"""`Math`. ECMAScript 2023, section 21.3."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from typing import Final

from alur_engine.expressions.convert import to_int32, to_number, to_uint32
from alur_engine.expressions.numbers import INFINITY, NAN, copysign, tidy
from alur_engine.expressions.operators import power
from alur_engine.expressions.scope import Scope
from alur_engine.expressions.values import UNDEFINED, Native, Value
from alur_sdk.errors import ExpressionError

_BITS: Final = 32


def _of_one(function: Callable[[float], float]) -> Native:
    def call(_scope: Scope, value: Value = UNDEFINED) -> float:
        number = to_number(value)
        try:
            return tidy(function(float(number)))
        except ValueError:
            return NAN
        except OverflowError:
            return INFINITY

    return call


def floor(_scope: Scope, value: Value = UNDEFINED) -> float:
    """`Math.floor`."""
    number = to_number(value)
    if type(number) is int or not math.isfinite(number):
        return number
    return tidy(float(math.floor(number))) if number else number


def ceil(_scope: Scope, value: Value = UNDEFINED) -> float:
    """`Math.ceil`."""
    number = to_number(value)
    if type(number) is int or not math.isfinite(number):
        return number
    return tidy(math.copysign(float(math.ceil(number)), number))


def trunc(_scope: Scope, value: Value = UNDEFINED) -> float:
    """`Math.trunc`."""
    number = to_number(value)
    if type(number) is int or not math.isfinite(number):
        return number
    return tidy(math.copysign(float(math.trunc(number)), number))


def round_(_scope: Scope, value: Value = UNDEFINED) -> float:
    """`Math.round`: half goes up."""
    number = to_number(value)
    if type(number) is int or not math.isfinite(number):
        return number
    whole = math.floor(number)
    if number - whole >= 0.5:  # noqa: PLR2004  the half
        whole += 1
    return tidy(math.copysign(float(whole), number)) if whole == 0 else tidy(float(whole))


def absolute(_scope: Scope, value: Value = UNDEFINED) -> float:
    """`Math.abs`."""
    return tidy(abs(to_number(value)))


def sign(_scope: Scope, value: Value = UNDEFINED) -> float:
    """`Math.sign`."""
    number = to_number(value)
    if not number or number != number:  # noqa: PLR0124  NaN and both zeros are themselves
        return number
    return 1 if number > 0 else -1


def largest(_scope: Scope, *values: Value) -> float:
    """`Math.max`."""
    best: float = -INFINITY
    for number in [to_number(value) for value in values]:
        if number != number or best != best:  # noqa: PLR0124  NaN wins
            best = NAN
        elif number > best or (number == best == 0 and copysign(float(number)) > 0):
            best = number
    return best


def smallest(_scope: Scope, *values: Value) -> float:
    """`Math.min`."""
    best: float = INFINITY
    for number in [to_number(value) for value in values]:
        if number != number or best != best:  # noqa: PLR0124  NaN wins
            best = NAN
        elif number < best or (number == best == 0 and copysign(float(number)) < 0):
            best = number
    return best


def hypot(_scope: Scope, *values: Value) -> float:
    """`Math.hypot`."""
    return tidy(math.hypot(*[float(to_number(value)) for value in values]))


def pow_(_scope: Scope, base: Value = UNDEFINED, exponent: Value = UNDEFINED) -> float:
    """`Math.pow`."""
    return power(base, exponent)


def atan2(_scope: Scope, y: Value = UNDEFINED, x: Value = UNDEFINED) -> float:
    """`Math.atan2`."""
    return tidy(math.atan2(float(to_number(y)), float(to_number(x))))


def random(scope: Scope) -> float:
    """`Math.random`: from the scope's own source, so that a run can be repeated."""
    if scope.random is None:
        raise ExpressionError("`Math.random()` has no source of randomness here")
    return scope.random()


def imul(_scope: Scope, left: Value = UNDEFINED, right: Value = UNDEFINED) -> int:
    """`Math.imul`."""
    return to_int32((to_int32(left) * to_int32(right)) % 2**_BITS)


def clz32(_scope: Scope, value: Value = UNDEFINED) -> int:
    """`Math.clz32`."""
    return _BITS - to_uint32(value).bit_length()


def fround(_scope: Scope, value: Value = UNDEFINED) -> float:
    """`Math.fround`."""
    number = float(to_number(value))
    try:
        return tidy(float(struct.unpack("f", struct.pack("f", number))[0]))
    except OverflowError:
        return math.copysign(INFINITY, number)


def _log(function: Callable[[float], float]) -> Callable[[float], float]:
    return lambda number: -INFINITY if number == 0 else function(number)


def _cube_root(number: float) -> float:
    root = math.cbrt(number)
    # The C library's root of an exact cube can be off by one in its last place.
    whole = float(round(root)) if math.isfinite(root) else root
    return whole if whole**3 == number else root


def _log1p(number: float) -> float:
    return -INFINITY if number == -1 else math.log1p(number)


def _sinh(number: float) -> float:
    try:
        return math.sinh(number)
    except OverflowError:
        return math.copysign(INFINITY, number)


def _atanh(number: float) -> float:
    return math.copysign(INFINITY, number) if abs(number) == 1 else math.atanh(number)


MEMBERS: Final[dict[str, Value]] = {
    "E": math.e,
    "LN10": math.log(10),
    "LN2": math.log(2),
    "LOG10E": 0.4342944819032518,
    "LOG2E": 1.4426950408889634,
    "PI": math.pi,
    "SQRT1_2": math.sqrt(0.5),
    "SQRT2": math.sqrt(2),
    "abs": absolute,
    "acos": _of_one(math.acos),
    "acosh": _of_one(math.acosh),
    "asin": _of_one(math.asin),
    "asinh": _of_one(math.asinh),
    "atan": _of_one(math.atan),
    "atan2": atan2,
    "atanh": _of_one(_atanh),
    "cbrt": _of_one(_cube_root),
    "ceil": ceil,
    "clz32": clz32,
    "cos": _of_one(math.cos),
    "cosh": _of_one(math.cosh),
    "exp": _of_one(math.exp),
    "expm1": _of_one(math.expm1),
    "floor": floor,
    "fround": fround,
    "hypot": hypot,
    "imul": imul,
    "log": _of_one(_log(math.log)),
    "log10": _of_one(_log(math.log10)),
    "log1p": _of_one(_log1p),
    "log2": _of_one(_log(math.log2)),
    "max": largest,
    "min": smallest,
    "pow": pow_,
    "random": random,
    "round": round_,
    "sign": sign,
    "sin": _of_one(math.sin),
    "sinh": _of_one(_sinh),
    "sqrt": _of_one(math.sqrt),
    "tan": _of_one(math.tan),
    "tanh": _of_one(math.tanh),
    "trunc": trunc,
}
