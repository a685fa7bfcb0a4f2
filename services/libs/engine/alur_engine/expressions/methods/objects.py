"""The static members of `Object`, and `Array.from`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from alur_engine.expressions import text as utf16
from alur_engine.expressions.convert import require_object, to_integer, to_js_string, to_key
from alur_engine.expressions.limits import spend_slots
from alur_engine.expressions.methods.calling import callback, list_of
from alur_engine.expressions.methods.json_text import ordered_keys
from alur_engine.expressions.methods.primitives import has_own
from alur_engine.expressions.operators import same_value
from alur_engine.expressions.problems import range_error, type_error
from alur_engine.expressions.scope import Scope
from alur_engine.expressions.values import UNDEFINED, JsIterator, JsMap, JsSet, MatchList, Value

_LONGEST: Final = 2**32 - 1


def own_entries(scope: Scope, value: Value) -> list[tuple[str, Value]]:
    """Return the own members of `value`, in JavaScript's order."""
    require_object(value)
    if isinstance(value, Mapping):
        spend_slots(scope, len(value))
        return [(key, value[key]) for key in ordered_keys(value)]
    if isinstance(value, str):
        value = list(utf16.widen(value))
    if isinstance(value, list):
        spend_slots(scope, len(value))
        facts = value.facts.items() if isinstance(value, MatchList) else ()
        return [*((str(index), element) for index, element in enumerate(value)), *facts]
    return []


def keys(scope: Scope, value: Value = UNDEFINED) -> list[Value]:
    """`Object.keys`."""
    return [key for key, _ in own_entries(scope, value)]


def values(scope: Scope, value: Value = UNDEFINED) -> list[Value]:
    """`Object.values`."""
    return [member for _, member in own_entries(scope, value)]


def entries(scope: Scope, value: Value = UNDEFINED) -> list[Value]:
    """`Object.entries`."""
    return [[key, member] for key, member in own_entries(scope, value)]


def assign(scope: Scope, target: Value = UNDEFINED, *sources: Value) -> Value:
    """`Object.assign`."""
    require_object(target)
    for source in sources:
        if source is None or source is UNDEFINED:
            continue
        for key, member in own_entries(scope, source):
            if isinstance(target, dict):
                target[key] = member
            else:
                _put_element(target, key, member)
    return target


def _put_element(target: Value, key: str, member: Value) -> None:
    if not isinstance(target, list) or not key.isdigit() or int(key) > len(target):
        raise type_error("Only objects can be assigned to")
    target[int(key) : int(key) + 1] = [member]


def pair_of(pair: Value) -> tuple[Value, Value]:
    """Return the first two elements of what should be a pair."""
    if isinstance(pair, list):
        return (
            pair[0] if pair else UNDEFINED,
            pair[1] if len(pair) > 1 else UNDEFINED,
        )
    return pair.get("0", UNDEFINED), pair.get("1", UNDEFINED)


def from_entries(scope: Scope, pairs: Value = UNDEFINED) -> Value:
    """`Object.fromEntries`."""
    made = {}
    for pair in list_of(scope, pairs):
        if not isinstance(pair, (list, dict)):
            raise type_error(f"Iterator value {to_js_string(pair)} is not an entry object")
        key, value = pair_of(pair)
        made[to_key(key)] = value
    spend_slots(scope, len(made))
    return made


def group_by(scope: Scope, items: Value = UNDEFINED, function: Value = UNDEFINED) -> Value:
    """`Object.groupBy`."""
    call = callback(function)
    groups: dict[str, list[Value]] = {}
    for index, item in enumerate(list_of(scope, items)):
        spend_slots(scope, 1)
        groups.setdefault(to_key(call(item, index)), []).append(item)
    return groups


def is_same(_scope: Scope, left: Value = UNDEFINED, right: Value = UNDEFINED) -> bool:
    """`Object.is`."""
    return same_value(left, right)


def frozen(_scope: Scope, value: Value = UNDEFINED) -> Value:
    """`Object.freeze`: nobody else could change it anyway."""
    return value


def owns(scope: Scope, holder: Value = UNDEFINED, key: Value = UNDEFINED) -> bool:
    """`Object.hasOwn`."""
    return has_own(scope, require_object(holder), key)


def array_from(scope: Scope, source: Value = UNDEFINED, function: Value = UNDEFINED) -> list[Value]:
    """`Array.from`."""
    require_object(source)
    if isinstance(source, (list, str, JsIterator, JsSet, JsMap)):
        elements = list(list_of(scope, source))
    else:
        elements = _from_length(scope, source)
    spend_slots(scope, len(elements))
    if function is UNDEFINED:
        return elements
    call = callback(function)
    return [call(element, index) for index, element in enumerate(elements)]


def _from_length(scope: Scope, source: Value) -> list[Value]:
    if not isinstance(source, Mapping):
        return []
    size = to_integer(source.get("length", 0))
    if size > _LONGEST:
        raise range_error("Invalid array length")
    spend_slots(scope, max(int(size), 0))
    return [source.get(str(index), UNDEFINED) for index in range(int(size))]


STATICS: Final[dict[str, Value]] = {
    "assign": assign,
    "entries": entries,
    "freeze": frozen,
    "fromEntries": from_entries,
    "getOwnPropertyNames": keys,
    "groupBy": group_by,
    "hasOwn": owns,
    "is": is_same,
    "keys": keys,
    "values": values,
}
