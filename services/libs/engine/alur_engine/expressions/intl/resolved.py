"""`resolvedOptions`: what a format came to."""

from __future__ import annotations

from typing import Final

from alur_engine.expressions.intl.collation import Collator
from alur_engine.expressions.intl.date_formats import DateFormat
from alur_engine.expressions.intl.number_formats import NumberFormat
from alur_engine.expressions.intl.phrases import ListFormat, PluralRules, RelativeFormat
from alur_engine.expressions.values import Value

_PARTS: Final = ("weekday", "year", "month", "day", "hour", "minute", "second", "timeZoneName")
_LETTERS: Final = {"y": "year", "d": "day", "m": "minute", "s": "second", "M": "month"}
_HOURS: Final = {"K": "h11", "h": "h12", "H": "h23", "k": "h24"}


def resolved_date(made: DateFormat) -> dict[str, Value]:
    """Return the options of a format of dates."""
    told: dict[str, Value] = {
        "locale": made.locale, "calendar": "gregory", "numberingSystem": "latn", "timeZone": made.zone,
    }  # fmt: skip
    codes = made.pieces[1::2]
    hour = next((code for code in codes if code[0] in _HOURS), "")
    if hour:
        cycle = _HOURS[hour[0]]
        told |= {"hourCycle": cycle, "hour12": cycle in {"h11", "h12"}}
    if "dateStyle" in made.wanted or "timeStyle" in made.wanted:
        styles = ("dateStyle", "timeStyle")
        return told | {name: made.wanted[name] for name in styles if name in made.wanted}
    shown = dict(made.wanted)
    for code in codes:
        name = "hour" if code[0] in _HOURS else _LETTERS.get(code[0], "")
        if name in shown and not code[-1].isdigit():
            shown[name] = "2-digit" if len(code) > 1 else "numeric"
    told |= {name: shown[name] for name in _PARTS if name in shown}
    return told | ({"fractionalSecondDigits": made.digits} if made.digits else {})


def resolved_number(made: NumberFormat) -> dict[str, Value]:
    """Return the options of a format of numbers."""
    options = made.options
    told: dict[str, Value] = {
        "locale": made.locale, "numberingSystem": "latn", "style": options["style"],
    }  # fmt: skip
    if options["style"] == "currency":
        names = ("currencyDisplay", "currencySign")
        told |= {"currency": options.currency} | {name: options[name] for name in names}
    if options["style"] == "unit":
        told |= {"unit": options.unit, "unitDisplay": options["unitDisplay"]}
    told["minimumIntegerDigits"] = options.integer_digits
    low, high = options.fraction or (0, 0)
    if options.significant:
        low, high = options.significant
        told |= {"minimumSignificantDigits": low, "maximumSignificantDigits": high}
    else:
        told |= {"minimumFractionDigits": low, "maximumFractionDigits": high}
        if not options.fraction:
            told |= {"minimumSignificantDigits": 1, "maximumSignificantDigits": 2}
    grouping: Value = False if options.grouping == "false" else options.grouping
    told |= {"useGrouping": grouping, "notation": options["notation"]}
    if options["notation"] == "compact":
        told["compactDisplay"] = options["compactDisplay"]
    priority = "auto" if options.fraction or options.significant else "morePrecision"
    return told | {
        "signDisplay": options["signDisplay"], "roundingMode": options.rounding, "roundingIncrement": 1,
        "trailingZeroDisplay": options["trailingZeroDisplay"], "roundingPriority": priority,
    }  # fmt: skip


def resolved_collator(made: Collator) -> dict[str, Value]:
    """Return the options of an order."""
    first = "upper" if made.upper_first else "false"
    return {
        "locale": made.locale, "usage": "sort", "sensitivity": made.sensitivity,
        "ignorePunctuation": False, "collation": "default", "numeric": made.numeric,
        "caseFirst": first,
    }  # fmt: skip


def resolved_plain(made: RelativeFormat | ListFormat | PluralRules) -> dict[str, Value]:
    """Return the options of the others."""
    if isinstance(made, RelativeFormat):
        numeric = "auto" if made.is_auto else "always"
        return {"locale": made.locale, "style": made.style, "numeric": numeric}
    if isinstance(made, ListFormat):
        return {"locale": made.locale, "type": made.type, "style": made.style}
    return {"locale": made.shown.locale, "type": "cardinal"}
