"""What is asked of `Intl.NumberFormat`, checked. ECMA-402, section 15 with NumberFormat v3."""

from __future__ import annotations

import decimal
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from alur_engine.expressions.convert import to_js_string, to_number, truthy
from alur_engine.expressions.intl.tables import chosen, common, not_supported
from alur_engine.expressions.problems import range_error, type_error
from alur_engine.expressions.values import UNDEFINED, Value

_WHERE: Final = "NumberFormat"
_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "style": ("decimal", "percent", "currency", "unit"),
    "currencyDisplay": ("symbol", "narrowSymbol", "code", "name"),
    "currencySign": ("standard", "accounting"),
    "unitDisplay": ("short", "narrow", "long"),
    "notation": ("standard", "scientific", "engineering", "compact"),
    "compactDisplay": ("short", "long"),
    "signDisplay": ("auto", "never", "always", "exceptZero", "negative"),
    "roundingPriority": ("auto", "morePrecision", "lessPrecision"),
    "trailingZeroDisplay": ("auto", "stripIfInteger"),
}
ROUNDINGS: Final = {
    "halfExpand": decimal.ROUND_HALF_UP, "ceil": decimal.ROUND_CEILING, "floor": decimal.ROUND_FLOOR,
    "expand": decimal.ROUND_UP, "trunc": decimal.ROUND_DOWN, "halfEven": decimal.ROUND_HALF_EVEN,
    "halfTrunc": decimal.ROUND_HALF_DOWN,
}  # fmt: skip
_OTHER_ROUNDINGS: Final = ("halfCeil", "halfFloor")
_LIMITS: Final = {
    "minimumIntegerDigits": (1, 21),
    "minimumFractionDigits": (0, 20),
    "maximumFractionDigits": (0, 20),
    "minimumSignificantDigits": (1, 21),
    "maximumSignificantDigits": (1, 21),
}
KNOWN_OPTIONS: Final = frozenset(
    {*_WORDS, *_LIMITS, "roundingMode", "roundingIncrement", "useGrouping", "currency", "unit",
     "numberingSystem", "localeMatcher"}
)  # fmt: skip
_CURRENCY: Final = re.compile(r"[A-Za-z]{3}\Z", re.ASCII)
_UNIT: Final = re.compile(r"[a-z]+(?:-[a-z]+)*\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class NumberOptions:
    """The options after all defaults; `digits` are integer, fraction and significant ones."""

    words: Mapping[str, str]
    grouping: str
    integer_digits: int
    fraction: tuple[int, int] | None
    significant: tuple[int, int] | None
    rounding: str
    currency: str = ""
    unit: str = ""

    @property
    def is_plain(self) -> bool:
        """Whether the digits are those of the number itself, but for rounding."""
        words = self.words
        return (
            self.integer_digits == 1
            and words["notation"] == "standard"
            and words["style"] != "percent"
            and words["trailingZeroDisplay"] == "auto"
        )

    def __getitem__(self, name: str) -> str:
        return self.words[name]


def number_options(given: Mapping[str, Value]) -> NumberOptions:
    """Return the options; raises as JavaScript does, or says what is not supported."""
    options = dict(given)
    # What a style needs is asked for before the other words are looked at.
    _need(options, chosen(options, "style", _WORDS["style"], _WHERE, "decimal"))
    words = {name: chosen(options, name, known, _WHERE, known[0]) for name, known in _WORDS.items()}
    words["unitDisplay"] = chosen(options, "unitDisplay", _WORDS["unitDisplay"], _WHERE, "short")
    currency, unit = _currency(options, words), _unit(options, words)
    _refuse(options, words)
    numbers = {name: _whole(options, name, *limits) for name, limits in _LIMITS.items()}
    significant = _significant(numbers)
    fraction = None if significant else _fraction(numbers, words, currency)
    modes = (*ROUNDINGS, *_OTHER_ROUNDINGS)
    mode = chosen(options, "roundingMode", modes, _WHERE, "halfExpand")
    if mode in _OTHER_ROUNDINGS:
        raise not_supported(f"the rounding `{mode}`", _WHERE)
    return NumberOptions(
        words, _grouping(options, words), numbers["minimumIntegerDigits"] or 1, fraction, significant,
        mode, currency, unit,
    )  # fmt: skip


def _need(options: dict[str, Value], style: str) -> None:
    if style == "currency" and options.get("currency", UNDEFINED) is UNDEFINED:
        raise type_error("Currency code is required with currency style.")
    if style == "unit" and options.get("unit", UNDEFINED) is UNDEFINED:
        raise type_error("Required unit missing")


def _currency(options: dict[str, Value], words: Mapping[str, str]) -> str:
    value = options.get("currency", UNDEFINED)
    if value is UNDEFINED:
        return ""
    code = to_js_string(value)
    if not _CURRENCY.match(code):
        raise range_error(f"Invalid currency code : {code}")
    if words["style"] == "currency" and words["currencyDisplay"] == "name":
        raise not_supported("the currency's name (`currencyDisplay: 'name'`)", _WHERE)
    return code.upper() if words["style"] == "currency" else ""


def _unit(options: dict[str, Value], words: Mapping[str, str]) -> str:
    value = options.get("unit", UNDEFINED)
    if value is UNDEFINED:
        return ""
    unit = to_js_string(value)
    if not _UNIT.match(unit):
        raise range_error(f"Invalid unit argument for Intl.NumberFormat() '{unit}'")
    return unit if words["style"] == "unit" else ""


def _refuse(options: dict[str, Value], words: Mapping[str, str]) -> None:
    increment = options.get("roundingIncrement", UNDEFINED)
    if increment is not UNDEFINED and to_number(increment) != 1:
        raise not_supported("the option `roundingIncrement`", _WHERE)
    style, notation = words["style"], words["notation"]
    has_words = notation == "compact" and style == "currency"
    if notation != "standard" and style != "decimal" and not has_words:
        raise not_supported(f"the notation `{notation}` with the style `{style}`", _WHERE)
    if words["roundingPriority"] != "auto":
        raise not_supported("the option `roundingPriority`", _WHERE)
    system = options.get("numberingSystem", UNDEFINED)
    if system is not UNDEFINED and system != "latn":
        raise not_supported(f"the numberingSystem `{to_js_string(system)}`", _WHERE)


def _whole(options: dict[str, Value], name: str, low: int, high: int) -> int | None:
    value = options.get(name, UNDEFINED)
    if value is UNDEFINED:
        return None
    number = to_number(value)
    if not low <= number <= high:
        raise range_error(f"{name} value is out of range.")
    return int(number)


def _significant(numbers: Mapping[str, int | None]) -> tuple[int, int] | None:
    least, most = numbers["minimumSignificantDigits"], numbers["maximumSignificantDigits"]
    if least is None and most is None:
        return None
    low = 1 if least is None else least
    high = 21 if most is None else most
    if low > high:
        raise range_error("maximumSignificantDigits value is out of range.")
    return low, high


def _fraction(
    numbers: Mapping[str, int | None], words: Mapping[str, str], currency: str
) -> tuple[int, int] | None:
    least, most = numbers["minimumFractionDigits"], numbers["maximumFractionDigits"]
    if least is None and most is None and words["notation"] == "compact":
        return None
    low, high = (0, 0) if words["style"] == "percent" else (0, 3)
    if currency:
        low = high = common()["currency_digits"].get(currency, 2)
    if least is None and most is None:
        return low, high
    if least is None:
        assert most is not None  # noqa: S101  one of them is given
        return min(low, most), most
    if most is None:
        return least, max(high, least)
    if least > most:
        raise range_error("maximumFractionDigits value is out of range.")
    return least, most


def _grouping(options: dict[str, Value], words: Mapping[str, str]) -> str:
    usual = "min2" if words["notation"] == "compact" else "auto"
    value = options.get("useGrouping", UNDEFINED)
    if value is UNDEFINED or value in ("true", "false", "auto"):
        return usual
    if value is True:
        return "always"
    if not truthy(value):
        return "false"
    return chosen(options, "useGrouping", ("min2", "auto", "always"), _WHERE)
