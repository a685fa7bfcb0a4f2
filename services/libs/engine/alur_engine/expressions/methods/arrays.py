"""`Array.prototype`: what does not change the array. ECMAScript 2023, section 23.1.3.

Holes do not exist here: an array without values holds `undefined`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import compress, count, islice, repeat
from operator import is_
from typing import Final

from alur_engine.expressions.convert import join_list, to_index, to_integer, to_js_string
from alur_engine.expressions.limits import spend_slots, spend_steps
from alur_engine.expressions.methods.calling import callback, or_default, test
from alur_engine.expressions.numbers import INFINITY, MAX_SAFE
from alur_engine.expressions.operators import strict_equal
from alur_engine.expressions.problems import range_error, type_error
from alur_engine.expressions.scope import Scope
from alur_engine.expressions.values import UNDEFINED, JsIterator, Native, Value

Array = list[Value]


def at(_scope: Scope, array: Array, index: Value = UNDEFINED) -> Value:
    """`at`."""
    position = to_integer(index)
    position = position + len(array) if position < 0 else position
    return array[int(position)] if 0 <= position < len(array) else UNDEFINED


def concat(scope: Scope, array: Array, *others: Value) -> Array:
    """`concat`."""
    spend_slots(
        scope,
        len(array) + sum(len(other) if isinstance(other, list) else 1 for other in others),
    )
    joined = list(array)
    for other in others:
        if isinstance(other, list):
            joined.extend(other)
        else:
            joined.append(other)
    return joined


def entries(_scope: Scope, array: Array) -> JsIterator:
    """`entries`."""
    return JsIterator([index, value] for index, value in enumerate(array))


def keys(_scope: Scope, array: Array) -> JsIterator:
    """`keys`."""
    return JsIterator(iter(range(len(array))))


def values(_scope: Scope, array: Array) -> JsIterator:
    """`values`."""
    return JsIterator(iter(array))


def _each(array: Array) -> Iterator[tuple[int, Value]]:
    """Go through what is there now: what a callback adds is not visited."""
    return islice(enumerate(array), len(array))


def every(_scope: Scope, array: Array, function: Value = UNDEFINED) -> bool:
    """`every`."""
    holds = test(function)
    return all(holds(value, index, array) for index, value in _each(array))


def some(_scope: Scope, array: Array, function: Value = UNDEFINED) -> bool:
    """`some`."""
    holds = test(function)
    return any(holds(value, index, array) for index, value in _each(array))


def filter_(scope: Scope, array: Array, function: Value = UNDEFINED) -> Array:
    """`filter`."""
    holds = test(function)
    spend_slots(scope, len(array))
    return [value for index, value in _each(array) if holds(value, index, array)]


def map_(scope: Scope, array: Array, function: Value = UNDEFINED) -> Array:
    """`map`: as long as the array was, also when the function has shortened that."""
    call = callback(function)
    length = len(array)
    spend_slots(scope, length)
    made = [call(value, index, array) for index, value in _each(array)]
    return made if len(made) == length else [*made, *[UNDEFINED] * (length - len(made))]


def for_each(scope: Scope, array: Array, function: Value = UNDEFINED) -> Value:
    """`forEach`."""
    call = callback(function)
    spend_slots(scope, len(array))
    for index, value in _each(array):
        call(value, index, array)
    return UNDEFINED


def find(_scope: Scope, array: Array, function: Value = UNDEFINED) -> Value:
    """`find`."""
    holds = test(function)
    for index, value in _each(array):
        if holds(value, index, array):
            return value
    return UNDEFINED


def find_index(_scope: Scope, array: Array, function: Value = UNDEFINED) -> int:
    """`findIndex`."""
    holds = test(function)
    for index, value in _each(array):
        if holds(value, index, array):
            return index
    return -1


def find_last(_scope: Scope, array: Array, function: Value = UNDEFINED) -> Value:
    """`findLast`."""
    return _last_that(array, function)[1]


def find_last_index(_scope: Scope, array: Array, function: Value = UNDEFINED) -> int:
    """`findLastIndex`."""
    return _last_that(array, function)[0]


def _last_that(array: Array, function: Value) -> tuple[int, Value]:
    holds = test(function)
    for index in range(len(array) - 1, -1, -1):
        value = array[index] if index < len(array) else UNDEFINED
        if holds(value, index, array):
            return index, value
    return -1, UNDEFINED


def flat(scope: Scope, array: Array, depth: Value = UNDEFINED) -> Array:
    """`flat`."""
    levels = to_integer(or_default(depth, 1))
    return _flatten(scope, array, levels)


def _flatten(scope: Scope, array: Array, levels: float) -> Array:
    spend_slots(scope, len(array))
    if levels < 1:
        return list(array)
    flattened: Array = []
    for value in array:
        if isinstance(value, list):
            flattened.extend(_flatten(scope, value, levels - 1))
        else:
            flattened.append(value)
    return flattened


def flat_map(scope: Scope, array: Array, function: Value = UNDEFINED) -> Array:
    """`flatMap`."""
    call = callback(function)
    spend_slots(scope, len(array))
    flattened: Array = []
    for index, value in _each(array):
        made = call(value, index, array)
        # Flattened at once: a later call may change what this one answered.
        if isinstance(made, list):
            spend_slots(scope, len(made))
            flattened.extend(made)
        else:
            flattened.append(made)
    return flattened


def includes(
    scope: Scope, array: Array, sought: Value = UNDEFINED, start: Value = UNDEFINED
) -> bool:
    """`includes`."""
    first = to_index(start, len(array), 0)
    if _is_nan(sought):
        spend_steps(scope, len(array) >> 1)
        return any(map(_is_nan, islice(array, first, None)))
    return _find_equal(scope, array, sought, first) >= 0


def _is_nan(value: Value) -> bool:
    """Whether it is what `includes` finds and `indexOf` does not."""
    return type(value) is float and value != value  # noqa: PLR0124  NaN


def _find_equal(scope: Scope, array: Array, sought: Value, start: int) -> int:
    """Return the first place from `start` on of what is strictly equal to `sought`, else -1."""
    kind = type(sought)
    if kind is str:
        spend_steps(scope, len(array) * len(sought) >> 16)
        found = _find_like(array, sought, start)
    elif (kind is int or kind is float) and -MAX_SAFE < sought < MAX_SAFE:
        # `True` is like 1 to Python.
        found = _find_like(array, sought, start)
        while found >= 0 and type(array[found]) is bool:
            found = _find_like(array, sought, found + 1)
    elif kind is int or kind is float:
        spend_steps(scope, len(array))
        found = _first_that(strict_equal, array, sought, start)
    else:
        found = _first_that(is_, array, sought, start)
    spend_steps(scope, 1 + ((len(array) if found < 0 else found) - start >> 6))
    return found


def _find_like(array: Array, sought: Value, start: int) -> int:
    try:
        return array.index(sought, start)
    except ValueError:
        return -1


def _first_that(
    holds: Callable[[Value, Value], bool], array: Array, sought: Value, start: int
) -> int:
    rest = map(holds, islice(array, start, None), repeat(sought))
    return next(compress(count(start), rest), -1)


def index_of(
    scope: Scope, array: Array, sought: Value = UNDEFINED, start: Value = UNDEFINED
) -> int:
    """`indexOf`."""
    if _is_nan(sought):
        return -1
    return _find_equal(scope, array, sought, to_index(start, len(array), 0))


def last_index_of(scope: Scope, array: Array, sought: Value = UNDEFINED, *start: Value) -> int:
    """`lastIndexOf`."""
    first = to_integer(start[0]) if start else len(array) - 1
    first = first + len(array) if first < 0 else min(first, len(array) - 1)
    if first < 0 or _is_nan(sought):
        return -1
    found = _find_equal(scope, array[int(first) :: -1], sought, 0)
    return int(first) - found if found >= 0 else -1


def join(scope: Scope, array: Array, separator: Value = UNDEFINED) -> str:
    """`join`."""
    glue = "," if separator is UNDEFINED else to_js_string(separator)
    spend_steps(scope, 1 + len(array))
    return join_list(array, glue)


def to_string(scope: Scope, array: Array) -> str:
    """`toString`."""
    return join(scope, array)


def reduce(_scope: Scope, array: Array, function: Value = UNDEFINED, *start: Value) -> Value:
    """`reduce`."""
    return _fold(callback(function), array, iter(range(len(array))), start)


def reduce_right(_scope: Scope, array: Array, function: Value = UNDEFINED, *start: Value) -> Value:
    """`reduceRight`."""
    return _fold(callback(function), array, iter(range(len(array) - 1, -1, -1)), start)


def _fold(call: Native, array: Array, order: Iterator[int], start: tuple[Value, ...]) -> Value:
    if start:
        total = start[0]
    elif not array:
        raise type_error("Reduce of empty array with no initial value")
    else:
        total = array[next(order)]
    for index in order:
        if index < len(array):
            total = call(total, array[index], index, array)
    return total


def slice_(scope: Scope, array: Array, start: Value = UNDEFINED, end: Value = UNDEFINED) -> Array:
    """`slice`."""
    cut = array[to_index(start, len(array), 0) : to_index(end, len(array), len(array))]
    spend_slots(scope, len(cut))
    return list(cut)


def with_(scope: Scope, array: Array, index: Value = UNDEFINED, value: Value = UNDEFINED) -> Array:
    """`with`."""
    position = to_integer(index)
    position = position + len(array) if position < 0 else position
    if not 0 <= position < len(array) or position == INFINITY:
        raise range_error("Invalid index : " + to_js_string(index))
    spend_slots(scope, len(array))
    changed = list(array)
    changed[int(position)] = value
    return changed


METHODS: Final[dict[str, Native]] = {
    "at": at,
    "concat": concat,
    "entries": entries,
    "every": every,
    "filter": filter_,
    "find": find,
    "findIndex": find_index,
    "findLast": find_last,
    "findLastIndex": find_last_index,
    "flat": flat,
    "flatMap": flat_map,
    "forEach": for_each,
    "includes": includes,
    "indexOf": index_of,
    "join": join,
    "keys": keys,
    "lastIndexOf": last_index_of,
    "map": map_,
    "reduce": reduce,
    "reduceRight": reduce_right,
    "slice": slice_,
    "some": some,
    "toString": to_string,
    "values": values,
    "with": with_,
}
