"""Numbers as text and back, after ECMAScript's `Number::toString` and `StringToNumber`."""

from __future__ import annotations

import math
import re
from typing import Final

MAX_SAFE: Final = 2**53
NAN: Final = math.nan
INFINITY: Final = math.inf
SPACE: Final = (
    "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
"""What JavaScript takes for white space or the end of a line."""

_DECIMAL: Final = re.compile(
    r"[+-]?(?:[0-9]+\.?[0-9]*(?:[eE][+-]?[0-9]+)?|\.[0-9]+(?:[eE][+-]?[0-9]+)?)\Z"
)
_DECIMAL_START: Final = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_RADIX: Final = {"0x": 16, "0o": 8, "0b": 2}
_DIGITS: Final = {
    16: re.compile(r"[0-9a-fA-F]+\Z"),
    8: re.compile(r"[0-7]+\Z"),
    2: re.compile(r"[01]+\Z"),
}
_BIGGEST_PLAIN: Final = 21
_SMALLEST_PLAIN: Final = -7
_MOST_DIGITS: Final = 1100
"""More digits than the largest double has in any radix."""
_INFINITIES: Final = {"Infinity": INFINITY, "+Infinity": INFINITY, "-Infinity": -INFINITY}


def tidy(number: float) -> int | float:
    """Return `number` as an `int` where it is one, but for -0: the form in which it is fastest."""
    if type(number) is int:
        return number if -MAX_SAFE <= number <= MAX_SAFE else to_double(number)
    if number.is_integer() and -MAX_SAFE <= number <= MAX_SAFE and (number or copysign(number) > 0):
        return int(number)
    return number


def copysign(number: float) -> float:
    """Return 1 with the sign of `number`, which tells -0 from 0."""
    return math.copysign(1.0, number)


def to_double(number: int) -> float:
    """Return the double nearest to `number`."""
    try:
        return float(number)
    except OverflowError:
        return INFINITY if number > 0 else -INFINITY


def format_number(number: float) -> str:
    """Return what `String(number)` is in JavaScript."""
    if type(number) is int:
        if -MAX_SAFE <= number <= MAX_SAFE:
            return str(number)
        number = to_double(number)
    if number != number:  # noqa: PLR0124  only NaN differs from itself
        return "NaN"
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    if number == 0:
        return "0"
    digits, point = shortest(abs(number))
    return ("-" if number < 0 else "") + _place(digits, point)


def shortest(number: float) -> tuple[str, int]:
    """Return the shortest digits of a positive finite double, and where its point stands."""
    mantissa, _, exponent = repr(float(number)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    zeros = len(whole + fraction) - len(digits)
    point = len(whole) - zeros + int(exponent or 0)
    return digits.rstrip("0"), point


def _place(digits: str, point: int) -> str:
    if len(digits) <= point <= _BIGGEST_PLAIN:
        return digits + "0" * (point - len(digits))
    if 0 < point <= _BIGGEST_PLAIN:
        return f"{digits[:point]}.{digits[point:]}"
    if _SMALLEST_PLAIN < point - 1 < 0 or point == 0:
        return "0." + "0" * -point + digits
    rest = "." + digits[1:] if len(digits) > 1 else ""
    return f"{digits[0]}{rest}e{'+' if point > 0 else '-'}{abs(point - 1)}"


def parse_number(text: str) -> float:
    """Return what `Number(text)` is in JavaScript."""
    text = text.strip(SPACE)
    if not text:
        return 0
    if _DECIMAL.match(text):
        return read_decimal(text)
    radix = _RADIX.get(text[:2].lower())
    if radix and _DIGITS[radix].match(text, 2):
        return tidy(int(text[2:], radix))
    return _INFINITIES.get(text, NAN)


def read_decimal(text: str) -> float:
    """Return the number of a decimal literal that is known to be well formed."""
    if len(text) <= 15 and text.isdigit():  # noqa: PLR2004  fifteen digits are always exact
        return int(text)
    return tidy(float(text))


def parse_float(text: str) -> float:
    """Return what `parseFloat(text)` is in JavaScript."""
    text = text.lstrip(SPACE)
    if found := _DECIMAL_START.match(text):
        return tidy(float(found[0]))
    for name, value in _INFINITIES.items():
        if text.startswith(name):
            return value
    return NAN


def parse_int(text: str, radix: int = 0) -> float:
    """Return what `parseInt(text, radix)` is in JavaScript; 0 means that the text tells."""
    text = text.strip(SPACE)
    sign = -1 if text[:1] == "-" else 1
    text = text[1:] if text[:1] in ("-", "+") else text
    if radix in (0, 16) and text[:2].lower() == "0x":
        text, radix = text[2:], 16
    radix = radix or 10
    if not 2 <= radix <= 36:  # noqa: PLR2004  the radixes there are
        return NAN
    digits = _leading_digits(text, radix)
    if not digits:
        return NAN
    if not digits.strip("0"):
        return -0.0 if sign < 0 else 0
    return tidy(sign * _read_digits(digits.lstrip("0"), radix))


def _read_digits(digits: str, radix: int) -> float:
    if len(digits) > _MOST_DIGITS:
        return INFINITY
    return float(digits) if radix == 10 else int(digits, radix)  # noqa: PLR2004  the usual one


def _leading_digits(text: str, radix: int) -> str:
    end = 0
    for char in text:
        if not (char.isascii() and char.isalnum() and int(char, 36) < radix):
            break
        end += 1
    return text[:end]
