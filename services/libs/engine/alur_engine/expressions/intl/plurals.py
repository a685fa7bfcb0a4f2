"""Plural categories of cardinal numbers. CLDR's rules, for the languages that are supported."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

_MILLION: Final = 1_000_000


class Operands:
    """What the rules ask of a number as it is written: `n`, `i`, `v`, `f` and `t` of UTS 35."""

    __slots__ = ("f", "i", "n", "t", "v")

    def __init__(self, digits: str) -> None:
        whole, _, fraction = digits.partition(".")
        self.i = int(whole or "0")
        self.v = len(fraction)
        self.f = int(fraction or "0")
        stripped = fraction.rstrip("0")
        self.t = int(stripped or "0")
        self.n = float(digits)


def _one_if_whole(x: Operands) -> str:
    return "one" if x.i == 1 and x.v == 0 else "other"


def _one_if_one(x: Operands) -> str:
    return "one" if x.n == 1 else "other"


def _many(x: Operands, otherwise: str) -> str:
    is_millions = x.i != 0 and x.i % _MILLION == 0 and x.v == 0
    return "many" if otherwise == "other" and is_millions else otherwise


def _spanish(x: Operands) -> str:
    return _many(x, _one_if_one(x))


def _italian(x: Operands) -> str:
    return _many(x, _one_if_whole(x))


def _french(x: Operands) -> str:
    return _many(x, "one" if x.i in (0, 1) else "other")


def _danish(x: Operands) -> str:
    return "one" if x.n == 1 or (x.t != 0 and x.i in (0, 1)) else "other"


def _east_slavic(x: Operands) -> str:
    if x.v:
        return "other"
    ten, hundred = x.i % 10, x.i % 100
    if ten == 1 and hundred != 11:  # noqa: PLR2004  CLDR's rule
        return "one"
    return "few" if 2 <= ten <= 4 and not 12 <= hundred <= 14 else "many"  # noqa: PLR2004  CLDR's rule


def _polish(x: Operands) -> str:
    if x.i == 1 and not x.v:
        return "one"
    told = _east_slavic(x)
    return "many" if told == "one" else told


def _czech(x: Operands) -> str:
    if x.v:
        return "many"
    return {1: "one", 2: "few", 3: "few", 4: "few"}.get(x.i, "other")


def _romanian(x: Operands) -> str:
    if x.i == 1 and not x.v:
        return "one"
    hundred = x.n % 100
    is_few = x.v != 0 or x.n == 0 or (x.n != 1 and 1 <= hundred <= 19)  # noqa: PLR2004  CLDR's rule
    return "few" if is_few else "other"


_RULES: Final[dict[str, Callable[[Operands], str]]] = {
    **dict.fromkeys(("en", "de", "nl", "sv", "fi"), _one_if_whole),
    **dict.fromkeys(("nb", "no", "hu", "tr", "el"), _one_if_one),
    "it": _italian,
    "es": _spanish,
    **dict.fromkeys(("fr", "pt"), _french),
    "da": _danish,
    **dict.fromkeys(("ru", "uk"), _east_slavic),
    "pl": _polish,
    "cs": _czech,
    "ro": _romanian,
}


def plural_of(locale: str, digits: str) -> str:
    """Return the category of a number, given by its digits with `.` and without sign."""
    language = locale.partition("-")[0]
    if locale == "pt-PT":
        language = "it"
    rule = _RULES.get(language)
    return rule(Operands(digits)) if rule else "other"
