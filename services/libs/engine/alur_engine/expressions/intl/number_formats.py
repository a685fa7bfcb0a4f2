"""`Intl.NumberFormat`: numbers as a locale writes them."""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal, localcontext
from functools import lru_cache
from typing import Final

from alur_engine.expressions.intl.number_options import ROUNDINGS, NumberOptions, number_options
from alur_engine.expressions.intl.plurals import plural_of
from alur_engine.expressions.intl.tables import (
    Table,
    not_supported,
    options_of,
    resolve,
    table_of,
)
from alur_engine.expressions.values import UNDEFINED, Value

Parts = list[tuple[str, str]]
_WHERE: Final = "NumberFormat"
_LEAST_COMPACT, _MOST_COMPACT = 3, 14
_COMPACT_DIGITS: Final = 2
_PRECISION: Final = 400
_HOLE: Final = re.compile(r"(\{[nc]\})")


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """A format that is ready."""

    locale: str
    table: Table
    options: NumberOptions

    def text(self, number: float) -> str:
        """Return the number as text."""
        return "".join(text for _, text in self.parts(number))

    def digits(self, number: float) -> str:
        """Return the digits that are shown, with `.` and without sign."""
        return self._digits(number)[0]

    def parts(self, number: float) -> Parts:
        """Return the number in parts of a type and a text, as `formatToParts` has them."""
        digits, is_zero, shift, exponent = self._digits(number)
        sign = self._sign(number, is_zero=is_zero)
        written = self._written(digits, exponent)
        style = self.options["style"]
        if style == "currency":
            return self._currency(written, digits, shift, sign)
        template = self.table["percent" if style == "percent" else "decimal"][sign]
        if style == "unit":
            return self._unit(written, digits, template)
        if shift is not None:
            written = self._compact(written, digits, shift)
        return self._filled(template, written, "percentSign" if style == "percent" else "literal")

    def _digits(self, number: float) -> tuple[str, bool, int | None, int]:
        """Return the digits, whether they are zero, the shift of compact and the exponent."""
        if not math.isfinite(number):
            return ("nan" if math.isnan(number) else "infinity"), False, None, 0
        plain = self._plain_digits(number)
        if plain is not None:
            return plain, number == 0, None, 0
        with localcontext() as context:
            context.prec = _PRECISION
            exact = abs(Decimal(repr(number)))
            if self.options["style"] == "percent":
                exact = exact.scaleb(2)
            notation = self.options["notation"]
            is_negative = number < 0
            if notation == "compact":
                shift, rounded = self._compacted(exact, is_negative=is_negative)
                return self._shown(rounded), not rounded, shift, 0
            if notation == "standard":
                rounded = self._rounded(exact, is_negative=is_negative)
                return self._shown(rounded), not rounded, None, 0
            exponent, rounded = self._scientific(exact, is_negative=is_negative)
            return self._shown(rounded), not rounded, None, exponent

    def _plain_digits(self, number: float) -> str | None:
        """Return the digits of a number that needs no rounding, as most do not; else nothing."""
        options = self.options
        if options.fraction is None or not options.is_plain:
            return None
        whole, _, fraction = repr(abs(number)).partition(".")
        fraction = "" if fraction == "0" else fraction
        if len(fraction) > options.fraction[1] or "e" in fraction or "e" in whole:
            return None
        fraction = fraction.ljust(options.fraction[0], "0")
        return f"{whole}.{fraction}" if fraction else whole

    def _rounded(self, exact: Decimal, *, is_negative: bool) -> Decimal:
        """Round to the digits asked for; what is cut has no zeros that say nothing."""
        options = self.options
        mode = ROUNDINGS[options.rounding]
        if is_negative:
            mode = {"ROUND_CEILING": "ROUND_FLOOR", "ROUND_FLOOR": "ROUND_CEILING"}.get(mode, mode)
        if options.fraction is not None:
            return exact.quantize(Decimal(1).scaleb(-options.fraction[1]), rounding=mode)
        most = options.significant[1] if options.significant else _COMPACT_DIGITS
        if not exact:
            return exact
        place = exact.adjusted() - most + 1
        if options.significant is None:
            place = min(place, 0)
        return exact.quantize(Decimal(1).scaleb(place), rounding=mode)

    def _compacted(self, exact: Decimal, *, is_negative: bool) -> tuple[int, Decimal]:
        power = exact.adjusted() if exact else 0
        shift = self._shift(power)
        rounded = self._rounded(exact.scaleb(-shift), is_negative=is_negative)
        if rounded and rounded.adjusted() + shift != power:  # it was rounded up to the next power
            shift = self._shift(power + 1)
            rounded = self._rounded(exact.scaleb(-shift), is_negative=is_negative)
        return shift, rounded

    def _shift(self, power: int) -> int:
        if power < _LEAST_COMPACT:
            return 0
        return self._compact_rows()[min(power, _MOST_COMPACT) - _LEAST_COMPACT][0]

    def _scientific(self, exact: Decimal, *, is_negative: bool) -> tuple[int, Decimal]:
        power = exact.adjusted() if exact else 0
        step = 3 if self.options["notation"] == "engineering" else 1
        exponent = power - power % step
        rounded = self._rounded(exact.scaleb(-exponent), is_negative=is_negative)
        if rounded and rounded.adjusted() + exponent != power:
            exponent = power + 1 - (power + 1) % step
            rounded = self._rounded(exact.scaleb(-exponent), is_negative=is_negative)
        return exponent, rounded

    def _shown(self, rounded: Decimal) -> str:
        """Return digits with a point, as many as are asked for."""
        options = self.options
        whole, _, fraction = f"{rounded:f}".partition(".")
        fraction = fraction.rstrip("0")
        if options.fraction is not None:
            fraction = fraction.ljust(options.fraction[0], "0")
        elif options.significant is not None:
            written = len((whole + fraction).lstrip("0")) or 1
            zeros = len(fraction) - len(fraction.lstrip("0")) if whole == "0" else 0
            taken = len(fraction) - zeros if whole == "0" and rounded else written
            fraction += "0" * max(options.significant[0] - taken, 0)
        if options["trailingZeroDisplay"] == "stripIfInteger" and not fraction.strip("0"):
            fraction = ""
        whole = whole.zfill(options.integer_digits)
        return f"{whole}.{fraction}" if fraction else whole

    def _sign(self, number: float, *, is_zero: bool) -> int:
        """Return which of the templates: 0 without a sign, 1 with minus, 2 with plus."""
        display = self.options["signDisplay"]
        is_negative = math.copysign(1, number) < 0 and not math.isnan(number)
        if display == "never" or (display == "negative" and is_zero):
            return 0
        if display == "exceptZero" and (is_zero or math.isnan(number)):
            return 0
        if is_negative:
            return 1
        return 2 if display in {"always", "exceptZero"} else 0

    def _written(self, digits: str, exponent: int) -> Parts:
        symbols = self.table["symbols"]
        if digits in {"nan", "infinity"}:
            return [(digits, symbols[digits])]
        prefix = "currency_" if self.options["style"] == "currency" else ""
        whole, _, fraction = digits.partition(".")
        parts: Parts = []
        for group in self._groups(whole):
            parts += [("group", symbols[f"{prefix}group"])] if parts else []
            parts.append(("integer", group))
        if fraction:
            parts += [("decimal", symbols[f"{prefix}decimal"]), ("fraction", fraction)]
        if self.options["notation"] in {"scientific", "engineering"}:
            parts.append(("exponentSeparator", symbols["exponent"]))
            parts += [("exponentMinusSign", symbols["minus"])] if exponent < 0 else []
            parts.append(("exponentInteger", str(abs(exponent))))
        return parts

    def _groups(self, whole: str) -> list[str]:
        symbols, grouping = self.table["symbols"], self.options.grouping
        is_accounting = self.options["currencySign"] == "accounting" and self.options.currency
        first, *rest = symbols["accounting_sizes" if is_accounting else "sizes"]
        size = rest[0] if rest else first
        least = {"auto": symbols["least"], "min2": 2, "always": 1}.get(grouping, 0)
        if not least or len(whole) < first + least:
            return [whole]
        groups = [whole[-first:]]
        whole = whole[:-first]
        while whole:
            groups.append(whole[-size:])
            whole = whole[:-size]
        return groups[::-1]

    def _filled(self, template: str, written: Parts, kind: str) -> Parts:
        symbols = self.table["symbols"]
        types = {symbols["minus"]: "minusSign", symbols["plus"]: "plusSign"}
        parts: Parts = []
        for piece in _HOLE.split(template):
            if piece == "{n}":
                parts += written
            elif piece:
                parts += _typed(piece, types, kind)
        return parts

    def _compact(self, written: Parts, digits: str, shift: int) -> Parts:
        template = self._compact_template(digits, shift)
        if template == "{n}":
            return written
        if "{n}" not in template:
            return [("compact", template)]
        before, after = template.split("{n}")
        return [*_spaced(before, "compact"), *written, *_spaced(after, "compact")]

    def _compact_template(self, digits: str, shift: int) -> str:
        if not shift:
            return "{n}"
        rows = self._compact_rows()
        power = shift + len(digits.partition(".")[0].lstrip("0") or "0") - 1
        own = rows[min(power, _MOST_COMPACT) - _LEAST_COMPACT][1]
        alike = [own, *(by for size, by in rows if size == shift)]
        names = (f"={digits}", plural_of(self.locale, digits), "other")
        for name in names:
            for by in alike:
                if name in by:
                    return by[name]
        return next(iter(alike[0].values()))

    def _currency(self, written: Parts, digits: str, shift: int | None, sign: int) -> Parts:
        symbol = self._symbol()
        if shift is not None:
            written = self._compact(written, digits, shift)
        is_accounting = self.options["currencySign"] == "accounting"
        styles = self.table["accounting" if is_accounting and not shift else "currency"]
        templates = styles[_is_worded(styles[0][0], symbol)]
        signs = ("", self.table["symbols"]["minus"], self.table["symbols"]["plus"])
        template: str = signs[sign] + templates[0] if shift else templates[sign]
        before, after = template.split("{c}")
        left = self._filled(before, written, "literal")
        return [*left, ("currency", symbol), *self._filled(after, written, "literal")]

    def _compact_rows(self) -> list[tuple[int, dict[str, str]]]:
        # An amount of money has short words only.
        is_money = self.options["style"] == "currency"
        display = "short" if is_money else self.options["compactDisplay"]
        rows: list[tuple[int, dict[str, str]]] = self.table["compact"][display]
        return rows

    def _symbol(self) -> str:
        code, display = self.options.currency, self.options["currencyDisplay"]
        symbols = self.table["currencies"]
        symbol: str = code if display == "code" else symbols["symbol"].get(code, code)
        if display == "narrowSymbol":
            symbol = symbols["narrow"].get(code, symbol)
        return symbol

    def _unit(self, written: Parts, digits: str, template: str) -> Parts:
        names = self.table["units"].get(self.options.unit)
        if names is None:
            raise not_supported(f"the unit `{self.options.unit}`", _WHERE)
        by = names[self.options["unitDisplay"][0]]
        plain = "0" if digits in {"nan", "infinity"} else digits
        whole: str = by.get(plural_of(self.locale, plain)) or by["other"]
        parts: Parts = []
        for piece in _HOLE.split(whole):
            if piece == "{n}":
                parts += self._filled(template, written, "literal")
            else:
                parts += _spaced(piece, "unit")
        return parts


def _is_worded(template: str, symbol: str) -> bool:
    """Whether a symbol needs a space: where it ends in a letter beside the number."""
    edge = symbol[-1] if template.startswith("{c}") else symbol[0]
    return unicodedata.category(edge)[0] not in "SZ"


def _spaced(text: str, kind: str) -> Parts:
    bare = text.strip()
    if not bare:
        return [("literal", text)] if text else []
    start = text.index(bare)
    end = start + len(bare)
    told = [("literal", text[:start]), (kind, bare), ("literal", text[end:])]
    return [(kind_, part) for kind_, part in told if part]


def _typed(text: str, types: dict[str, str], kind: str) -> Parts:
    for symbol, name in types.items():
        before, found, after = text.partition(symbol)
        if found:
            rest = _typed(after, types, kind) if after else []
            return [*([("literal", before)] if before else []), (name, symbol), *rest]
    return _spaced(text, kind) if kind == "percentSign" else [("literal", text)]


def number_format(locales: Value = UNDEFINED, options: Value = UNDEFINED) -> NumberFormat:
    """Return the format for what is asked; raises as JavaScript does, or says what is not supported."""
    locale, given = resolve(locales), options_of(options)
    return (
        NumberFormat(locale, table_of(locale), number_options(given)) if given else _plain(locale)
    )


@lru_cache(maxsize=16)
def _plain(locale: str) -> NumberFormat:
    return NumberFormat(locale, table_of(locale), number_options({}))


def number_text(number: float, locales: Value = UNDEFINED, options: Value = UNDEFINED) -> str:
    """Return what `toLocaleString` of a number does."""
    return number_format(locales, options).text(number)
