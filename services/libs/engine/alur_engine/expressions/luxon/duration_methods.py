"""The methods of `Duration`."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

from alur_engine.expressions.convert import to_js_string, truthy
from alur_engine.expressions.intl.number_formats import number_text
from alur_engine.expressions.intl.phrases import list_format
from alur_engine.expressions.limits import spend_steps
from alur_engine.expressions.luxon.duration import (
    INVALID,
    Duration,
    combined,
    duration_of,
    negated,
    normalized,
    shifted,
)
from alur_engine.expressions.luxon.formats import tokens_of
from alur_engine.expressions.luxon.iso import iso_clock
from alur_engine.expressions.luxon.units import UNITS, amount_of, amounts_in, option, unit_of
from alur_engine.expressions.luxon.value import DateTime
from alur_engine.expressions.methods.calling import callback
from alur_engine.expressions.numbers import NAN
from alur_engine.expressions.scope import Scope
from alur_engine.expressions.values import UNDEFINED, Value

_LETTERS: Final = {
    "S": "milliseconds", "s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks",
    "M": "months", "y": "years",
}  # fmt: skip
_ALL: Final = [unit for unit in UNITS if unit != "quarters"]
_DAY_MS: Final = 86_400_000


def shift_to(_scope: Scope, duration: Duration, *units: Value) -> Duration:
    """`shiftTo`: by the casual lengths of the units."""
    return shifted(duration, [unit_of(name) for name in units])


def shift_to_all(_scope: Scope, duration: Duration) -> Duration:
    """`shiftToAll`."""
    return shifted(duration, _ALL)


def as_unit(_scope: Scope, duration: Duration, unit: Value = UNDEFINED) -> float:
    """`as`."""
    if not duration.is_valid:
        return NAN
    name = unit_of(unit)
    return shifted(duration, [name]).get(name)


def get(_scope: Scope, duration: Duration, unit: Value = UNDEFINED) -> float:
    """`get`."""
    return duration.get(unit_of(unit))


def change(_scope: Scope, duration: Duration, values: Value = UNDEFINED) -> Duration:
    """`set`."""
    if not duration.is_valid:
        return duration
    return duration.with_amounts({**duration.amounts, **amounts_in(values)})


def to_object(_scope: Scope, duration: Duration) -> Value:
    """`toObject`."""
    return dict(duration.amounts) if duration.is_valid else {}


def duration_text(_scope: Scope, duration: Duration) -> Value:
    """`toISO`, `toJSON` and `toString`."""
    return duration.js_json()


def to_millis(_scope: Scope, duration: Duration) -> float:
    """`toMillis` and `valueOf`."""
    return duration.js_number()


def _sum(sign: int) -> Callable[[Scope, Duration, Value], Duration]:
    def combine(_scope: Scope, duration: Duration, other: Value = UNDEFINED) -> Duration:
        return combined(duration, duration_of(other), sign) if duration.is_valid else duration

    return combine


def negate(_scope: Scope, duration: Duration) -> Duration:
    """`negate`."""
    return negated(duration) if duration.is_valid else duration


def normalize(_scope: Scope, duration: Duration) -> Duration:
    """`normalize`."""
    if not duration.is_valid:
        return duration
    return duration.with_amounts(normalized(duration.amounts, is_longterm=duration.is_longterm))


def rescale(scope: Scope, duration: Duration) -> Duration:
    """`rescale`."""
    if not duration.is_valid:
        return duration
    return remove_zeros(scope, shifted(normalize(scope, duration), _ALL))


def remove_zeros(_scope: Scope, duration: Duration) -> Duration:
    """`removeZeros`."""
    return duration.with_amounts({unit: n for unit, n in duration.amounts.items() if n})


def map_units(_scope: Scope, duration: Duration, function: Value = UNDEFINED) -> Duration:
    """`mapUnits`."""
    if not duration.is_valid:
        return duration
    call = callback(function)
    return duration.with_amounts(
        {unit: amount_of(call(amount, unit)) for unit, amount in duration.amounts.items()}
    )


def equals(_scope: Scope, duration: Duration, other: Value = UNDEFINED) -> bool:
    """`equals`."""
    if not isinstance(other, Duration) or not (duration.is_valid and other.is_valid):
        return False
    alike = (duration.locale or "en-US") == (other.locale or "en-US")
    return alike and all(duration.get(unit) == other.get(unit) for unit in UNITS)


def reconfigure(_scope: Scope, duration: Duration, options: Value = UNDEFINED) -> Duration:
    """`reconfigure`."""
    locale = option(options, "locale")
    accuracy = option(options, "conversionAccuracy")
    return Duration(
        duration.amounts,
        to_js_string(locale) if truthy(locale) else duration.locale,
        is_longterm=duration.is_longterm if accuracy is UNDEFINED else accuracy == "longterm",
        reason=duration.reason,
    )


def to_format(
    scope: Scope, duration: Duration, pattern: Value = UNDEFINED, options: Value = UNDEFINED
) -> str:
    """`toFormat`."""
    if not duration.is_valid:
        return INVALID
    text = to_js_string(pattern)
    spend_steps(scope, len(text))
    tokens = tokens_of(text)
    units = [_LETTERS[text[0]] for is_text, text in tokens if not is_text and text[0] in _LETTERS]
    made = shifted(duration, units)
    shown = _amounts(made, options)
    pieces = [
        text if is_text or text[0] not in _LETTERS else shown(_LETTERS[text[0]], len(text))
        for is_text, text in tokens
    ]
    return "".join(pieces)


def _amounts(made: Duration, options: Value) -> Callable[[str, int], str]:
    """Return what writes the amount of a unit to so many digits, its sign as `signMode` says."""
    floors = truthy(option(options, "floor", True)) and truthy(option(options, "round", True))
    mode = option(options, "signMode", "auto")
    largest = next(iter(made.amounts), "")
    locale: Value = made.locale or UNDEFINED

    def show(unit: str, digits: int) -> str:
        amount, sign = made.get(unit), "always" if mode == "all" else "auto"
        if mode == "negativeLargestOnly" and unit != largest:
            amount, sign = (-amount if made.js_number() < 0 else amount), "never"
        asked = {"useGrouping": False, "minimumIntegerDigits": digits, "signDisplay": sign}
        return number_text(math.floor(amount) if floors else amount, locale, asked)

    return show


def to_human(_scope: Scope, duration: Duration, options: Value = UNDEFINED) -> str:
    """`toHuman`."""
    if not duration.is_valid:
        return INVALID
    given = dict(options) if isinstance(options, dict) else {}
    locale: Value = duration.locale or UNDEFINED
    show_zeros = option(options, "showZeros", True) is not False
    style = option(options, "listStyle", "narrow")
    shown = []
    for unit in UNITS:
        if unit not in duration.amounts or not (duration.amounts[unit] or show_zeros):
            continue
        asked = {"style": "unit", "unitDisplay": "long", **given, "unit": unit[:-1]}
        shown.append(number_text(duration.amounts[unit], locale, asked))
    kinds = {"type": "conjunction", "style": style}
    kinds |= {name: given[name] for name in ("type", "style") if name in given}
    return list_format(locale, kinds).text(shown)


def to_iso_time(_scope: Scope, duration: Duration, options: Value = UNDEFINED) -> Value:
    """`toISOTime`."""
    ms = duration.js_number()
    if not 0 <= ms < _DAY_MS:
        return None
    start = "T" if truthy(option(options, "includePrefix", False)) else ""
    given = options if isinstance(options, dict) else {}
    return start + iso_clock(DateTime(ms, "UTC"), {**given, "includeOffset": False})


DURATIONS: Final[dict[str, Any]] = {
    "as": as_unit, "equals": equals, "get": get, "mapUnits": map_units, "minus": _sum(-1),
    "negate": negate, "normalize": normalize, "plus": _sum(1), "reconfigure": reconfigure,
    "removeZeros": remove_zeros, "rescale": rescale, "set": change, "shiftTo": shift_to,
    "shiftToAll": shift_to_all, "toFormat": to_format, "toHuman": to_human, "toISO": duration_text,
    "toISOTime": to_iso_time, "toJSON": duration_text, "toMillis": to_millis, "toObject": to_object,
    "toString": duration_text, "valueOf": to_millis,
}  # fmt: skip
