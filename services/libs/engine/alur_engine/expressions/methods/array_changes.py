"""`Array.prototype`: what changes the array, and the ES2023 copies of it.

The compiler sees to it that a changed array is the evaluation's own, never an item's.
"""

from __future__ import annotations

from functools import cmp_to_key
from typing import Final

from alur_engine.expressions import text as utf16
from alur_engine.expressions.convert import to_index, to_integer, to_js_string, to_number
from alur_engine.expressions.limits import spend_slots, spend_steps
from alur_engine.expressions.methods.calling import callback
from alur_engine.expressions.problems import type_error
from alur_engine.expressions.scope import Scope
from alur_engine.expressions.values import UNDEFINED, Native, Value

Array = list[Value]


def push(scope: Scope, array: Array, *values: Value) -> int:
    """`push`."""
    spend_slots(scope, len(values))
    array.extend(values)
    return len(array)


def pop(_scope: Scope, array: Array) -> Value:
    """`pop`."""
    return array.pop() if array else UNDEFINED


def _spend_moved(scope: Scope, count: int) -> None:
    """Charge for moving so many elements to another place in their array."""
    spend_steps(scope, count >> 11)


def shift(scope: Scope, array: Array) -> Value:
    """`shift`."""
    _spend_moved(scope, len(array))
    return array.pop(0) if array else UNDEFINED


def unshift(scope: Scope, array: Array, *values: Value) -> int:
    """`unshift`."""
    _spend_moved(scope, len(array))
    spend_slots(scope, len(values))
    array[:0] = values
    return len(array)


def reverse(scope: Scope, array: Array) -> Array:
    """`reverse`."""
    spend_steps(scope, len(array))
    array.reverse()
    return array


def to_reversed(scope: Scope, array: Array) -> Array:
    """`toReversed`."""
    spend_slots(scope, len(array))
    return array[::-1]


def sort(scope: Scope, array: Array, function: Value = UNDEFINED) -> Array:
    """`sort`: stable; `undefined` stands last and is never compared."""
    array[:] = to_sorted(scope, array, function)
    return array


def to_sorted(scope: Scope, array: Array, function: Value = UNDEFINED) -> Array:
    """`toSorted`."""
    spend_slots(scope, len(array))
    known = [value for value in array if value is not UNDEFINED]
    missing = len(array) - len(known)
    if function is UNDEFINED:
        known.sort(key=lambda value: utf16.widen(to_js_string(value)))
    else:
        known.sort(key=cmp_to_key(_comparator(function)))
    return known + [UNDEFINED] * missing


def _comparator(function: Value) -> Native:
    try:
        call = callback(function)
    except Exception as error:
        raise type_error(
            "The comparison function must be either a function or undefined"
        ) from error

    def compare(left: Value, right: Value) -> int:
        order = to_number(call(left, right))
        return (order > 0) - (order < 0)

    return compare


def splice(scope: Scope, array: Array, *args: Value) -> Array:
    """`splice`."""
    if not args:
        return []
    start = to_index(args[0], len(array), 0)
    rest = len(array) - start
    count = rest if len(args) == 1 else int(min(max(to_integer(args[1]), 0), rest))
    _spend_moved(scope, rest)
    spend_slots(scope, count + len(args))
    removed = array[start : start + count]
    array[start : start + count] = args[2:]
    return removed


def to_spliced(scope: Scope, array: Array, *args: Value) -> Array:
    """`toSpliced`."""
    spend_slots(scope, len(array))
    changed = list(array)
    splice(scope, changed, *args)
    return changed


def fill(
    scope: Scope,
    array: Array,
    value: Value = UNDEFINED,
    start: Value = UNDEFINED,
    end: Value = UNDEFINED,
) -> Array:
    """`fill`."""
    spend_steps(scope, len(array))
    first = to_index(start, len(array), 0)
    for index in range(first, to_index(end, len(array), len(array))):
        array[index] = value
    return array


def copy_within(
    scope: Scope,
    array: Array,
    target: Value = UNDEFINED,
    start: Value = UNDEFINED,
    end: Value = UNDEFINED,
) -> Array:
    """`copyWithin`."""
    spend_steps(scope, len(array))
    place = to_index(target, len(array), 0)
    first = to_index(start, len(array), 0)
    moved = array[first : to_index(end, len(array), len(array))]
    moved = moved[: len(array) - place]
    array[place : place + len(moved)] = moved
    return array


CHANGES: Final[dict[str, Native]] = {
    "copyWithin": copy_within,
    "fill": fill,
    "pop": pop,
    "push": push,
    "reverse": reverse,
    "shift": shift,
    "sort": sort,
    "splice": splice,
    "unshift": unshift,
}
"""What needs an array of the evaluation's own."""

COPIES: Final[dict[str, Native]] = {
    "toReversed": to_reversed,
    "toSorted": to_sorted,
    "toSpliced": to_spliced,
}
