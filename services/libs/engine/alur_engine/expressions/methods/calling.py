"""What the built-in functions share: callbacks, iteration and missing arguments."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from alur_engine.expressions import text as utf16
from alur_engine.expressions.convert import to_js_string, truthy
from alur_engine.expressions.limits import spend_slots
from alur_engine.expressions.problems import not_a_function, type_error
from alur_engine.expressions.scope import Scope
from alur_engine.expressions.values import (
    UNDEFINED,
    Function,
    JsIterator,
    JsMap,
    JsSet,
    Native,
    Value,
)

_SHOWN: Final = 40


def callback(value: Value) -> Native:
    """Return what calls the function `value`, or raise as JavaScript does."""
    if isinstance(value, Function):
        return value.call
    raise not_a_function(describe(value))


def test(value: Value) -> Callable[..., bool]:
    """Return what calls the function `value` and tells whether it answered something true."""
    call = callback(value)

    def is_true(*args: Value) -> bool:
        answer = call(*args)
        return answer if answer is True or answer is False else truthy(answer)

    return is_true


def describe(value: Value) -> str:
    """Return how an error message names `value`."""
    if isinstance(value, str):
        return f'"{value[:_SHOWN]}"'
    if isinstance(value, dict):
        return "#<Object>"
    return to_js_string(value)[:_SHOWN]


def list_of(scope: Scope, value: Value) -> list[Value]:
    """Return what iterating over `value` gives; a list is returned as it is."""
    if isinstance(value, list):
        return value
    if isinstance(value, str):
        spend_slots(scope, len(value))
        return list(utf16.narrow(value))
    found = _iterable(value)
    if found is None:
        raise type_error(f"{describe(value)} is not iterable")
    spend_slots(scope, len(found) if isinstance(found, list) else 1)
    return _take(scope, found)


def _take(scope: Scope, found: Iterable[Value]) -> list[Value]:
    if isinstance(found, list):
        return found
    taken = []
    for value in found:
        spend_slots(scope, 1)
        taken.append(value)
    return taken


def _iterable(value: Value) -> Iterable[Value] | None:
    if isinstance(value, JsIterator):
        return value.rest
    if isinstance(value, JsSet):
        return list(value.entries.values())
    if isinstance(value, JsMap):
        return [list(pair) for pair in value.entries.values()]
    return list(value) if isinstance(value, tuple) else None


def or_default(value: Value, default: Value) -> Value:
    """Return `value`, or `default` where the argument was not given."""
    return default if value is UNDEFINED else value
