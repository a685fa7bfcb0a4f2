"""The methods of what is no JSON value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from alur_engine.expressions.dates import methods as dates
from alur_engine.expressions.dates.value import JsDate
from alur_engine.expressions.intl.values import METHODS as FORMATTERS
from alur_engine.expressions.intl.values import Formatter
from alur_engine.expressions.limits import spend_slots, spend_steps
from alur_engine.expressions.luxon.duration import Duration
from alur_engine.expressions.luxon.duration_methods import DURATIONS
from alur_engine.expressions.luxon.interval import Interval
from alur_engine.expressions.luxon.interval_methods import INTERVALS, until
from alur_engine.expressions.luxon.methods import TIMES
from alur_engine.expressions.luxon.value import DateTime
from alur_engine.expressions.methods.calling import callback, list_of
from alur_engine.expressions.methods.date_helpers import DATES
from alur_engine.expressions.regexes import methods as regexes
from alur_engine.expressions.regexes.value import JsRegExp
from alur_engine.expressions.scope import Scope
from alur_engine.expressions.values import (
    UNDEFINED,
    Function,
    HostView,
    JsIterator,
    JsMap,
    JsSet,
    Native,
    Value,
    present,
)


def view_first(_scope: Scope, view: HostView) -> Value:
    """`$("node").first()`."""
    return present(view.view.first())


def view_last(_scope: Scope, view: HostView) -> Value:
    """`$("node").last()`."""
    return present(view.view.last())


def view_all(scope: Scope, view: HostView) -> Value:
    """`$("node").all()`."""
    items = list(view.view.all())
    spend_slots(scope, len(items))
    return items


def identity(value: Value) -> Value:
    """Return what a `Map` or a `Set` finds `value` by."""
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return (kind, value)
    if kind is int or kind is float:
        return (float, "NaN" if value != value else value)  # noqa: PLR0124  NaN is itself here
    return (object, id(value))


def set_has(_scope: Scope, members: JsSet, value: Value = UNDEFINED) -> bool:
    """`Set.prototype.has`."""
    return identity(value) in members.entries


def set_add(scope: Scope, members: JsSet, value: Value = UNDEFINED) -> JsSet:
    """`Set.prototype.add`."""
    spend_slots(scope, 1)
    members.entries.setdefault(identity(value), value)
    return members


def delete(_scope: Scope, holder: JsSet | JsMap, key: Value = UNDEFINED) -> bool:
    """`delete` of both."""
    return holder.entries.pop(identity(key), UNDEFINED) is not UNDEFINED


def clear(_scope: Scope, holder: JsSet | JsMap) -> Value:
    """`clear` of both."""
    holder.entries.clear()
    return UNDEFINED


def set_values(_scope: Scope, members: JsSet) -> JsIterator:
    """`Set.prototype.values`."""
    return JsIterator(iter(list(members.entries.values())))


def set_for_each(scope: Scope, members: JsSet, function: Value = UNDEFINED) -> Value:
    """`Set.prototype.forEach`."""
    call = callback(function)
    for value in list(members.entries.values()):
        spend_steps(scope, 1)
        call(value, value, members)
    return UNDEFINED


def map_get(_scope: Scope, members: JsMap, key: Value = UNDEFINED) -> Value:
    """`Map.prototype.get`."""
    return members.entries.get(identity(key), (None, UNDEFINED))[1]


def map_has(_scope: Scope, members: JsMap, key: Value = UNDEFINED) -> bool:
    """`Map.prototype.has`."""
    return identity(key) in members.entries


def map_set(
    scope: Scope, members: JsMap, key: Value = UNDEFINED, value: Value = UNDEFINED
) -> JsMap:
    """`Map.prototype.set`."""
    spend_slots(scope, 1)
    members.entries[identity(key)] = (key, value)
    return members


def map_keys(_scope: Scope, members: JsMap) -> JsIterator:
    """`Map.prototype.keys`."""
    return JsIterator(iter([pair[0] for pair in members.entries.values()]))


def map_values(_scope: Scope, members: JsMap) -> JsIterator:
    """`Map.prototype.values`."""
    return JsIterator(iter([pair[1] for pair in members.entries.values()]))


def map_entries(_scope: Scope, members: JsMap) -> JsIterator:
    """`Map.prototype.entries`."""
    return JsIterator(iter([list(pair) for pair in members.entries.values()]))


def map_for_each(scope: Scope, members: JsMap, function: Value = UNDEFINED) -> Value:
    """`Map.prototype.forEach`."""
    call = callback(function)
    for key, value in list(members.entries.values()):
        spend_steps(scope, 1)
        call(value, key, members)
    return UNDEFINED


def iterator_to_array(scope: Scope, iterator: JsIterator) -> Value:
    """`Iterator.prototype.toArray`."""
    return list_of(scope, iterator)


def call_function(_scope: Scope, function: Function, *args: Value) -> Value:
    """`Function.prototype.call`; there is no `this` here."""
    return function.call(*args[1:])


def apply_function(
    scope: Scope, function: Function, _this: Value = UNDEFINED, args: Value = UNDEFINED
) -> Value:
    """`Function.prototype.apply`; there is no `this` here."""
    return function.call(*([] if args is None or args is UNDEFINED else list_of(scope, args)))


METHODS: Final[dict[type, Mapping[str, Native]]] = {
    JsDate: {**DATES, **dates.METHODS},
    DateTime: {**TIMES, "until": until},
    Duration: DURATIONS,
    Interval: INTERVALS,
    Formatter: FORMATTERS,
    JsRegExp: regexes.METHODS,
    HostView: {"first": view_first, "last": view_last, "all": view_all},
    JsSet: {
        "has": set_has,
        "add": set_add,
        "delete": delete,
        "clear": clear,
        "values": set_values,
        "keys": set_values,
        "forEach": set_for_each,
    },
    JsMap: {
        "get": map_get,
        "has": map_has,
        "set": map_set,
        "delete": delete,
        "clear": clear,
        "keys": map_keys,
        "values": map_values,
        "entries": map_entries,
        "forEach": map_for_each,
    },
    JsIterator: {"toArray": iterator_to_array},
    Function: {"call": call_function, "apply": apply_function},
}
