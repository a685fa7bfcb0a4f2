"""The `Duration` object of Luxon 3, and its arithmetic."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Final

from alur_engine.expressions.luxon.units import UNITS, amount_of, amounts_in, luxon_error, unit_of
from alur_engine.expressions.numbers import NAN, format_number, tidy
from alur_engine.expressions.values import UNDEFINED, Special, Value

INVALID: Final = "Invalid Duration"
_YEAR, _MONTH = 146_097 / 400, 146_097 / 4_800
_DAY_MS: Final = 86_400_000
_CLOCK_MS: Final = {
    "weeks": 7 * _DAY_MS, "days": _DAY_MS, "hours": 3_600_000, "minutes": 60_000, "seconds": 1_000,
    "milliseconds": 1,
}  # fmt: skip
_CASUAL_MS: Final = {"years": 365 * _DAY_MS, "quarters": 91 * _DAY_MS, "months": 30 * _DAY_MS}
_LONGTERM_MS: Final = {
    "years": _YEAR * _DAY_MS, "quarters": _YEAR * _DAY_MS / 4, "months": _MONTH * _DAY_MS,
}  # fmt: skip
_IN_WEEKS: Final = {"years": 52, "quarters": 13, "months": 4}
_IN_MONTHS: Final = {"years": 12, "quarters": 3}


class Duration(Special):
    """Amounts by unit, in the order that they were given; invalid with a `reason`."""

    __slots__ = ("amounts", "explanation", "is_longterm", "locale", "reason")

    def __init__(
        self,
        amounts: Mapping[str, float],
        locale: str | None = None,
        *,
        is_longterm: bool = False,
        reason: str = "",
        explanation: str | None = None,
    ) -> None:
        self.amounts = dict(amounts)
        self.locale = locale
        self.is_longterm = is_longterm
        self.reason = reason
        self.explanation = explanation

    @property
    def is_valid(self) -> bool:
        """Whether it is a length of time at all."""
        return not self.reason

    def get(self, unit: str) -> float:
        """Return the amount of a unit, 0 where it has none."""
        return (self.amounts.get(unit) or 0) if self.is_valid else NAN

    def with_amounts(self, amounts: Mapping[str, float]) -> Duration:
        """Return other amounts in the same locale."""
        return Duration(amounts, self.locale, is_longterm=self.is_longterm)

    def js_number(self) -> float:
        return milliseconds(self.amounts, is_longterm=self.is_longterm) if self.is_valid else NAN

    def js_string(self) -> str:
        return self.iso() if self.is_valid else "null"

    def js_json(self) -> Value:
        return self.iso() if self.is_valid else None

    def iso(self) -> str:
        """Return it as ISO 8601 writes it; it must be valid."""
        get = self.get
        months = get("months") + get("quarters") * 3 if get("months") or get("quarters") else 0
        date = _iso_parts(
            [(get("years"), "Y"), (months, "M"), (get("weeks"), "W"), (get("days"), "D")]
        )
        clock = _iso_parts([(get("hours"), "H"), (get("minutes"), "M")])
        if get("seconds") or get("milliseconds"):
            seconds = get("seconds") + get("milliseconds") / 1000
            clock += f"{format_number(rounded(seconds, 3))}S"
        return f"P{date}T{clock}" if clock else f"P{date}" if date else "PT0S"

    def read(self, name: str) -> Value:
        general = {
            "isValid": self.is_valid,
            "invalidReason": self.reason or None,
            "invalidExplanation": self.explanation,
            "locale": (self.locale or "en-US") if self.is_valid else None,
            "numberingSystem": None,
        }
        if name in general:
            return general[name]
        return self.get(name) if name in UNITS else UNDEFINED


PROPERTIES: Final = (
    "isValid", "invalidReason", "invalidExplanation", "locale", "numberingSystem", *UNITS,
)  # fmt: skip


def _iso_parts(parts: list[tuple[float, str]]) -> str:
    return "".join(f"{format_number(amount)}{letter}" for amount, letter in parts if amount)


def rounded(number: float, digits: int) -> float:
    """Return `Math.round` to decimal places."""
    if not math.isfinite(number):
        return number
    factor = 10**digits
    return tidy(math.floor(number * factor + 0.5) / factor)


def invalid_duration(reason: str, explanation: str | None = None) -> Duration:
    """Return what is no length of time, and why."""
    return Duration({}, reason=reason, explanation=explanation)


def duration_of(amount: Value, unit: Value = UNDEFINED) -> Duration:
    """Return what `plus(…)` is given as a duration: an object, milliseconds, or an amount and its unit."""
    if isinstance(amount, Duration):
        return amount
    if isinstance(amount, (int, float)) and not isinstance(amount, bool):
        return Duration({"milliseconds" if unit is UNDEFINED else unit_of(unit): amount_of(amount)})
    if unit is not UNDEFINED:
        return Duration(amounts_in({unit_of(unit): amount}))
    if isinstance(amount, (Mapping, list, Special)):
        return Duration(amounts_in(amount))
    kind = {str: "string", bool: "boolean"}.get(type(amount), "undefined")
    shown = amount if isinstance(amount, str) else str(amount).lower()
    if amount is None:
        raise luxon_error("Duration.fromObject: argument expected to be an object, got null")
    raise luxon_error(f"Unknown duration argument {shown} of type {kind}")


def factor(larger: str, smaller: str, *, is_longterm: bool) -> float:
    """Return how many of the smaller unit are in the larger one."""
    if larger in _IN_MONTHS and smaller == "months":
        return _IN_MONTHS[larger]
    if larger == "years" and smaller == "quarters":
        return 4
    if larger in _IN_WEEKS and smaller == "weeks" and not is_longterm:
        return _IN_WEEKS[larger]
    return tidy(size_of(larger, is_longterm=is_longterm) / _CLOCK_MS[smaller])


def size_of(unit: str, *, is_longterm: bool) -> float:
    """Return the milliseconds of a unit."""
    long = _LONGTERM_MS if is_longterm else _CASUAL_MS
    return long[unit] if unit in long else _CLOCK_MS[unit]


def milliseconds(amounts: Mapping[str, float], *, is_longterm: bool) -> float:
    """Return the length of all amounts together."""
    total = amounts.get("milliseconds", 0)
    for unit in reversed(UNITS[:-1]):
        if amounts.get(unit):
            total += amounts[unit] * size_of(unit, is_longterm=is_longterm)
    return tidy(total)


def shifted(duration: Duration, units: list[str]) -> Duration:
    """Return the same length in other units: whole amounts, but for the smallest of them."""
    if not duration.is_valid or not units:
        return duration
    longterm = duration.is_longterm
    built: dict[str, float] = {}
    waiting: dict[str, float] = {}
    last = ""
    for unit in UNITS:
        own = duration.amounts.get(unit)
        if unit in units:
            last = unit
            total: float = 0
            for larger, amount in waiting.items():
                total += factor(larger, unit, is_longterm=longterm) * amount
            waiting = dict.fromkeys(waiting, 0)
            total += own or 0
            built[unit] = int(total)
            waiting[unit] = (total * 1000 - built[unit] * 1000) / 1000
        elif own is not None:
            waiting[unit] = own
    for unit, rest in waiting.items():
        if rest:
            built[last] += rest if unit == last else rest / factor(last, unit, is_longterm=longterm)
    return duration.with_amounts(normalized(built, is_longterm=longterm))


def normalized(amounts: Mapping[str, float], *, is_longterm: bool) -> dict[str, float]:
    """Return amounts that carry over into the larger units, and fractions into the smaller ones."""
    made = dict(amounts)
    sign = -1 if milliseconds(made, is_longterm=is_longterm) < 0 else 1
    present = [unit for unit in UNITS if unit in made]
    for larger, smaller in reversed(list(pairwise(present))):
        size = factor(larger, smaller, is_longterm=is_longterm)
        carried = math.floor(made[smaller] * sign / size)
        made[larger] += carried * sign
        made[smaller] -= carried * size * sign
    for larger, smaller in pairwise(present):
        part = math.fmod(made[larger], 1)
        made[larger] -= part
        made[smaller] += part * factor(larger, smaller, is_longterm=is_longterm)
    return {unit: tidy(amount) for unit, amount in made.items()}


def combined(first: Duration, second: Duration, sign: int) -> Duration:
    """Return the sum of two, or their difference."""
    if not first.is_valid:
        return first
    return first.with_amounts(
        {
            unit: tidy(first.get(unit) + sign * second.get(unit))
            for unit in UNITS
            if unit in first.amounts or unit in second.amounts
        }
    )


def negated(duration: Duration) -> Duration:
    """Return the same length backwards."""
    return duration.with_amounts(
        {unit: -amount if amount else 0 for unit, amount in duration.amounts.items()}
    )
