"""Mistakes that show in the arguments themselves, so that saving can say them: a wrong locale, option or unit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from alur_engine.expressions.compiler.context import Context
from alur_engine.expressions.compiler.literals import literal_of
from alur_engine.expressions.compiler.tree import Node, child, children
from alur_engine.expressions.intl import collation, date_formats, number_options
from alur_engine.expressions.intl.cases import upper
from alur_engine.expressions.intl.number_formats import number_format
from alur_engine.expressions.intl.values import MAKERS
from alur_engine.expressions.luxon.units import field_of, unit_of
from alur_engine.expressions.problems import MistakeError
from alur_engine.expressions.scope import Scope
from alur_engine.expressions.values import UNDEFINED, Value
from alur_sdk.errors import ExpressionError

UNKNOWN: Final = object()
"""An argument, or a member of one, that the source does not say."""
_DATES: Final = date_formats.KNOWN_OPTIONS
_ANY: Final = _DATES | number_options.KNOWN_OPTIONS
_OF_KINDS: Final[Mapping[str, frozenset[str]]] = {
    "DateTimeFormat": _DATES,
    "NumberFormat": number_options.KNOWN_OPTIONS,
    "Collator": collation.KNOWN_OPTIONS,
}
_KEEP_TIMES: Final = frozenset(
    {"plus", "minus", "set", "setZone", "setLocale", "startOf", "endOf", "toUTC", "toLocal",
     "reconfigure"}
)  # fmt: skip
_UNIT_AT: Final = {
    "startOf": 0,
    "endOf": 0,
    "diffNow": 0,
    "as": 0,
    "diff": 1,
    "diffTo": 1,
    "hasSame": 1,
}
_AMOUNTS: Final = frozenset({"plus", "minus"})
_FIELDS_OF: Final[Mapping[tuple[str, str], Callable[[Value], str]]] = {
    ("Duration", "fromObject"): unit_of,
    ("DateTime", "fromObject"): field_of,
}


def check_method(context: Context, node: Node, holder: Node, name: str) -> None:
    """Refuse a call `holder.name(…)` whose arguments are wrong for whatever it is called on."""
    check = _CHECKS.get(name)
    if check is not None or name in _UNIT_AT or name in _AMOUNTS:
        places, values = _arguments(context, node)
        if check is not None:
            _told(context, places, lambda: check(values, is_time=_is_time(context, holder)))
        else:
            _told(context, places, lambda: _check_units(name, values))


def check_static(context: Context, node: Node, kind: str, name: str) -> None:
    """Refuse a call `kind.name(…)`, or `new kind.name(…)`, whose arguments are wrong."""
    read = _FIELDS_OF.get((kind, name))
    if kind != "Intl" and read is None:
        return
    places, values = _arguments(context, node)
    if read is not None:
        _told(context, places, lambda: _check_names(values[:1], read))
    elif name in MAKERS:
        _told(context, places, lambda: _check_maker(name, values))


def _arguments(context: Context, node: Node) -> tuple[list[Node], list[Value]]:
    found = node.child_by_field_name("arguments")
    places = children(found) if found is not None else []
    return places, [literal_of(context, place, UNKNOWN) for place in places]


def _told(context: Context, places: list[Node], check: Callable[[], None]) -> None:
    try:
        check()
    except ExpressionError as error:
        at = places[-1] if places else None
        offset = context.source.offset(at) if at is not None else 0
        raise MistakeError(offset, error.message) from error


def _is_known(value: Value) -> bool:
    if value is UNKNOWN:
        return False
    if isinstance(value, dict):
        return all(_is_known(member) for member in value.values())
    return all(map(_is_known, value)) if isinstance(value, list) else True


def _check_options(values: list[Value], at: int, known: frozenset[str], where: str) -> None:
    options = values[at] if at < len(values) else UNDEFINED
    for name in options if isinstance(options, dict) else ():
        if name not in known:
            raise ExpressionError(f"there is no option `{name}` of {where}")


def _check_maker(name: str, values: list[Value]) -> None:
    if name in _OF_KINDS:
        _check_options(values, 1, _OF_KINDS[name], f"Intl.{name}")
    if all(map(_is_known, values)):
        MAKERS[name](Scope(), *values[:2])
    elif values and _is_known(values[0]):
        _known_locale(values[0])


def _known_locale(locales: Value) -> None:
    number_format(locales)


def _check_locale_string(values: list[Value], *, is_time: bool) -> None:
    if is_time:
        _check_options(values, 0, _DATES, "toLocaleString")
        if values and isinstance(values[0], dict) and _is_known(values[0]):
            date_formats.date_format(UNDEFINED, values[0], "UTC")
        return
    _check_options(values, 1, _ANY, "toLocaleString")
    if values and not isinstance(values[0], dict) and _is_known(values[0]):
        _known_locale(values[0])
        if all(map(_is_known, values)):
            _check_either(values)


def _check_either(values: list[Value]) -> None:
    """Raise where the options are wrong for numbers and for times: which it is, the data says."""
    if len(values) < 2:  # noqa: PLR2004  a locale and options
        return
    try:
        number_format(*values[:2])
    except ExpressionError as error:
        try:
            date_formats.date_format(values[0], values[1], "UTC", "any", "any")
        except ExpressionError:
            raise error from None


def _date_check(kind: date_formats.Kind) -> Callable[..., None]:
    def check(values: list[Value], *, is_time: bool) -> None:
        del is_time
        _check_options(values, 1, _DATES, f"toLocale{kind.title()}String")
        if all(map(_is_known, values)):
            locales, options, *_ = [*values, UNDEFINED, UNDEFINED]
            date_formats.date_format(locales, options, "UTC", kind, kind)
        elif _is_known(values[0]):
            _known_locale(values[0])

    return check


def _check_order(values: list[Value], *, is_time: bool) -> None:
    del is_time
    _check_options(values, 2, collation.KNOWN_OPTIONS, "localeCompare")
    if all(map(_is_known, values[1:])):
        collation.collator(*values[1:3])


def _check_case(values: list[Value], *, is_time: bool) -> None:
    del is_time
    if values and _is_known(values[0]):
        upper("", values[0])


def _check_units(name: str, values: list[Value]) -> None:
    if name in _AMOUNTS:
        _check_names(values[:1], unit_of)
        units = values[1:2]
    else:
        at = _UNIT_AT[name]
        units = values[at : at + 1]
    for unit in units:
        for each in unit if isinstance(unit, list) else [unit]:
            if isinstance(each, str):
                unit_of(each)


def _check_names(values: list[Value], read: Callable[[Value], str]) -> None:
    for fields in values:
        for name in fields if isinstance(fields, dict) else ():
            read(name)


def _is_time(context: Context, node: Node) -> bool:
    """Whether an expression is a time of Luxon's for certain."""
    if node.type == "identifier":
        return context.is_global(node) and context.read(node) in {"$now", "$today"}
    if node.type != "call_expression":
        return False
    callee = child(node, "function")
    if callee.type != "member_expression":
        return False
    holder, name = child(callee, "object"), context.read(child(callee, "property"))
    if holder.type == "identifier" and context.read(holder) == "DateTime":
        return context.is_global(holder) and name.startswith(("from", "now", "local", "utc"))
    return name in _KEEP_TIMES and _is_time(context, holder)


_CHECKS: Final[Mapping[str, Callable[..., None]]] = {
    "localeCompare": _check_order,
    "toLocaleDateString": _date_check("date"),
    "toLocaleLowerCase": _check_case,
    "toLocaleString": _check_locale_string,
    "toLocaleTimeString": _date_check("time"),
    "toLocaleUpperCase": _check_case,
}
