"""`Number.prototype`, `Boolean.prototype` and `Object.prototype`."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Final

from alur_engine.expressions.convert import to_integer, to_js_string, to_key
from alur_engine.expressions.intl.number_formats import number_text
from alur_engine.expressions.numbers import INFINITY, format_number, shortest
from alur_engine.expressions.problems import range_error
from alur_engine.expressions.scope import Scope
from alur_engine.expressions.values import UNDEFINED, Native, Special, Value

_LARGEST_FIXED: Final = 1e21
_MOST_DIGITS: Final = 100
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
_PRECISION: Final = 1200
"""Enough decimal places for any double, exactly."""


def _checked(value: Value, low: int, high: int, message: str) -> int:
    digits = to_integer(value)
    if not low <= digits <= high:
        raise range_error(message)
    return int(digits)


def to_fixed(_scope: Scope, number: float, digits: Value = UNDEFINED) -> str:
    """`toFixed`: of two equally near the larger, after the exact value of the double."""
    places = _checked(
        digits, 0, _MOST_DIGITS, "toFixed() digits argument must be between 0 and 100"
    )
    if not math.isfinite(number) or abs(number) >= _LARGEST_FIXED:
        return format_number(number)
    rounded = _round(abs(number), -places)
    sign = "-" if number < 0 else ""
    return f"{sign}{rounded:f}"


def _round(number: float, exponent: int) -> Decimal:
    with localcontext() as context:
        context.prec = _PRECISION
        return Decimal(number).quantize(Decimal(1).scaleb(exponent), rounding=ROUND_HALF_UP)


def to_precision(_scope: Scope, number: float, digits: Value = UNDEFINED) -> str:
    """`toPrecision`."""
    if digits is UNDEFINED or not math.isfinite(number):
        return format_number(number)
    places = _checked(digits, 1, _MOST_DIGITS, "toPrecision() argument must be between 1 and 100")
    text, exponent = _significant(abs(number), places)
    sign = "-" if number < 0 else ""
    if not -6 <= exponent < places:  # noqa: PLR2004  the limit of the specification
        return sign + _exponential(text, exponent)
    if exponent < 0:
        return f"{sign}0.{'0' * (-exponent - 1)}{text}"
    whole, fraction = text[: exponent + 1], text[exponent + 1 :]
    return f"{sign}{whole}.{fraction}" if fraction else sign + whole


def to_exponential(_scope: Scope, number: float, digits: Value = UNDEFINED) -> str:
    """`toExponential`."""
    if not math.isfinite(number):
        return format_number(number)
    places = _checked(digits, 0, _MOST_DIGITS, "toExponential() argument must be between 0 and 100")
    if digits is UNDEFINED:
        text, point = shortest(abs(number)) if number else ("0", 1)
        exponent = point - 1
    else:
        text, exponent = _significant(abs(number), places + 1)
    return ("-" if number < 0 else "") + _exponential(text, exponent)


def _significant(number: float, places: int) -> tuple[str, int]:
    if number == 0:
        return "0" * places, 0
    exponent = Decimal(number).adjusted()
    rounded = _round(number, exponent - places + 1)
    exponent = rounded.adjusted()
    return "".join(map(str, rounded.as_tuple().digits))[:places], exponent


def _exponential(digits: str, exponent: int) -> str:
    fraction = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{digits[0]}{fraction}e{'-' if exponent < 0 else '+'}{abs(exponent)}"


def number_to_string(_scope: Scope, number: float, radix: Value = UNDEFINED) -> str:
    """`toString` of a number; fractions in another radix to the digits that tell them apart."""
    base = 10 if radix is UNDEFINED else to_integer(radix)
    if not 2 <= base <= 36:  # noqa: PLR2004  the radixes there are
        raise range_error("toString() radix must be between 2 and 36")
    if base == 10 or not math.isfinite(number):  # noqa: PLR2004  the usual one
        return format_number(number)
    whole = int(abs(number))
    text = _whole_digits(whole, int(base)) + _fraction_digits(abs(number), int(base))
    return "-" + text if number < 0 else text


def _whole_digits(whole: int, base: int) -> str:
    digits = ""
    while whole:
        whole, digit = divmod(whole, base)
        digits = _DIGITS[digit] + digits
    return digits or "0"


def _fraction_digits(number: float, base: int) -> str:
    """Return the fraction's digits as V8 does: until they name this double and no other."""
    fraction = float(number) - math.floor(number)
    delta = max(0.5 * (math.nextafter(float(number), INFINITY) - float(number)), 5e-324)
    if fraction < delta:
        return ""
    digits: list[int] = []
    while fraction >= delta:
        fraction *= base
        delta *= base
        digits.append(int(fraction))
        fraction -= digits[-1]
        if (fraction > 0.5 or (fraction == 0.5 and digits[-1] & 1)) and fraction + delta > 1:  # noqa: PLR2004  the half
            digits[-1] += 1
            break
    return "." + "".join(_DIGITS[digit] for digit in digits)


def to_locale_string(
    _scope: Scope, number: float, locales: Value = UNDEFINED, options: Value = UNDEFINED
) -> str:
    """`toLocaleString` of a number."""
    return number_text(number, locales, options)


def itself(_scope: Scope, value: Value) -> Value:
    """`valueOf`."""
    return value


def text_of(_scope: Scope, value: Value) -> str:
    """`toString`."""
    return to_js_string(value)


def has_own(_scope: Scope, holder: Value, key: Value = UNDEFINED) -> bool:
    """`hasOwnProperty`."""
    name = to_key(key)
    if isinstance(holder, dict):
        return name in holder
    if isinstance(holder, (list, str)):
        return name == "length" or (name.isdigit() and int(name) < len(holder))
    return isinstance(holder, Special) and holder.read(name) is not UNDEFINED


NUMBERS: Final[dict[str, Native]] = {
    "toExponential": to_exponential,
    "toFixed": to_fixed,
    "toLocaleString": to_locale_string,
    "toPrecision": to_precision,
    "toString": number_to_string,
    "valueOf": itself,
}
BOOLEANS: Final[dict[str, Native]] = {"toString": text_of, "valueOf": itself}
OBJECTS: Final[dict[str, Native]] = {
    "hasOwnProperty": has_own,
    "propertyIsEnumerable": has_own,
    "toLocaleString": text_of,
    "toString": text_of,
    "valueOf": itself,
}
