"""All methods by the name and the type of the receiver: whatever is not here cannot be called."""

from __future__ import annotations

from collections.abc import Mapping
from functools import wraps
from typing import Final

from alur_engine.expressions.convert import to_js_string
from alur_engine.expressions.dates.value import JsDate
from alur_engine.expressions.intl.values import Formatter
from alur_engine.expressions.limits import spend_slots, spend_steps
from alur_engine.expressions.luxon.duration import Duration
from alur_engine.expressions.luxon.interval import Interval
from alur_engine.expressions.luxon.value import DateTime
from alur_engine.expressions.methods import (
    array_changes,
    arrays,
    helpers,
    primitives,
    searching,
    specials,
    strings,
)
from alur_engine.expressions.scope import Scope
from alur_engine.expressions.values import UNDEFINED, MatchList, Native, Special, Value


def list_to_locale_string(
    scope: Scope, array: list[Value], locales: Value = UNDEFINED, options: Value = UNDEFINED
) -> str:
    """`toLocaleString` of an array: that of its elements, with commas between them."""
    spend_slots(scope, len(array))
    return ",".join(_localized(scope, value, locales, options) for value in array)


def _localized(scope: Scope, value: Value, locales: Value, options: Value) -> str:
    if value is None or value is UNDEFINED:
        return ""
    method = find_method(type(value), "toLocaleString")
    if method is None:
        return to_js_string(value)
    return str(trimmed(method, 2, 2)(scope, value, locales, options))


def most_arguments(method: Native, taken: int) -> int | None:
    """Return how many arguments beyond the first `taken` a native can take, `None` for any."""
    code = method.__code__
    takes_all = bool(code.co_flags & 0x04)
    return None if takes_all else code.co_argcount - taken


def weighed(method: Native, of_call: int, of_character: int) -> Native:
    """Return a method that is charged steps for each call and for each character of the texts that it is given."""
    most = most_arguments(method, 2)

    @wraps(method)  # what it comes to is read off it, for the editor
    def call(scope: Scope, *given: Value) -> Value:
        size = sum(len(value) for value in given if type(value) is str)
        spend_steps(scope, of_call + of_character * size)
        return method(scope, given[0], *given[1:][:most])

    return call


_QUICK: Final = frozenset({"isEmpty", "isNotEmpty", "toBoolean", "toJsonString", "parseJson"})
"""Helpers of texts that take no time, or charge it themselves."""
_SLOW: Final = frozenset({JsDate, DateTime, Duration, Interval, Formatter})
"""What is calculated and written in many steps of Python's, whatever is asked of it."""

_TEXT_HELPERS: Final = {
    name: method if name in _QUICK else weighed(method, 1, 1)
    for name, method in helpers.STRINGS.items()
}
_SPECIALS: Final = {
    kind: {name: weighed(method, 16, 8) for name, method in methods.items()}
    if kind in _SLOW
    else methods
    for kind, methods in specials.METHODS.items()
}
_ARRAYS: Final = {
    **helpers.ARRAYS,
    **primitives.OBJECTS,
    "toLocaleString": list_to_locale_string,
    **arrays.METHODS,
    **array_changes.COPIES,
    **array_changes.CHANGES,
}
_NUMBERS: Final = {
    **helpers.NUMBERS,
    **primitives.OBJECTS,
    **primitives.NUMBERS,
    "toLocaleString": weighed(primitives.NUMBERS["toLocaleString"], 32, 8),
}

BY_TYPE: Final[dict[type, Mapping[str, Native]]] = {
    str: {**_TEXT_HELPERS, **primitives.OBJECTS, **strings.METHODS, **searching.METHODS},
    list: _ARRAYS,
    MatchList: _ARRAYS,
    int: _NUMBERS,
    float: _NUMBERS,
    bool: {**helpers.BOOLEANS, **primitives.OBJECTS, **primitives.BOOLEANS},
    dict: {**helpers.OBJECTS, **primitives.OBJECTS},
    **{kind: {**primitives.OBJECTS, **methods} for kind, methods in _SPECIALS.items()},
    **helpers.NOTHING,
}

HELPERS: Final[dict[type, frozenset[str]]] = {
    str: frozenset(helpers.STRINGS) - set(strings.METHODS),
    list: frozenset(helpers.ARRAYS) - set(arrays.METHODS),
    int: frozenset(helpers.NUMBERS),
    float: frozenset(helpers.NUMBERS),
    bool: frozenset(helpers.BOOLEANS),
    dict: frozenset(helpers.OBJECTS),
}
"""The methods that JavaScript lacks."""

CALLED_AND_READ: Final = frozenset({"isWeekend"})
"""What is a property of Luxon's times, and a method as well."""

CHANGING: Final = frozenset(array_changes.CHANGES)
"""The methods that change their receiver, which may not be an item's data."""


def find_standard(kind: type[Value], name: str) -> Native | None:
    """Return a method that JavaScript has too: only those can be read as values.

    Else a member that data lacks would not be `undefined` for bearing a helper's name.
    """
    helping = HELPERS.get(kind)
    return None if helping is not None and name in helping else find_method(kind, name)


def find_method(kind: type[Value], name: str) -> Native | None:
    """Return the method, which takes the scope, the receiver and its arguments."""
    methods = BY_TYPE.get(kind)
    if methods is None and issubclass(kind, Special):
        methods = primitives.OBJECTS
    return methods.get(name) if methods is not None else None


def trimmed(method: Native, count: int, taken: int) -> Native:
    """Return `method`, or what drops the last of `count` arguments if it takes fewer."""
    most = most_arguments(method, taken)
    if most is None or count <= most:
        return method

    def call(*args: Value) -> Value:
        return method(*args[: taken + most])

    return call


def methods_named(name: str, count: int) -> dict[type, Native]:
    """Return the methods called `name` by the receiver's type, ready for `count` arguments.

    Objects are left out: their own members come first.
    """
    return {
        kind: trimmed(methods[name], count, 2)
        for kind, methods in BY_TYPE.items()
        if name in methods and kind is not dict
    }
