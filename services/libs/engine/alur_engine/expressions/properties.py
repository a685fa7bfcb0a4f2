"""Reading and writing properties: own data, `length`, indexes, and our tables of methods."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final

from alur_engine.expressions import text as utf16
from alur_engine.expressions.convert import to_key
from alur_engine.expressions.limits import spend_slots
from alur_engine.expressions.methods.tables import find_standard, most_arguments
from alur_engine.expressions.problems import range_error, type_error
from alur_engine.expressions.scope import Scope
from alur_engine.expressions.values import UNDEFINED, Function, MatchList, Native, Special, Value

_CLOSED: Final = frozenset({"constructor", "__proto__", "prototype"})
_MISSING: Final = object()
_LONGEST: Final = 10_000_000


def is_plain_name(name: str) -> bool:
    """Whether an object that lacks the member `name` answers `undefined`, as nearly all do."""
    return name not in _CLOSED and find_standard(dict, name) is None


def read_name(s: Scope, value: Value, name: str) -> Value:
    """Return what `value[name]` is; data comes first, so any key of an item can be read."""
    found = _own(value, name)
    if found is not _MISSING:
        return found
    if value is None or value is UNDEFINED:
        text = "null" if value is None else "undefined"
        raise type_error(f"Cannot read properties of {text} (reading '{name}')")
    if name in _CLOSED:
        raise type_error(f"`{name}` cannot be reached from an expression")
    method = find_standard(type(value), name)
    return Function(partial(_called, method, s, value), name) if method is not None else UNDEFINED


def _called(method: Native, s: Scope, value: Value, *given: Value) -> Value:
    return method(s, value, *given[: most_arguments(method, 2)])


def _own(value: Value, name: str) -> Value:
    if isinstance(value, Mapping):
        return value.get(name, _MISSING)
    if isinstance(value, list):
        return _of_list(value, name)
    if isinstance(value, str):
        return utf16.length(value) if name == "length" else _of_units(value, name)
    if isinstance(value, Special):
        found = value.read(name)
        return _MISSING if found is UNDEFINED else found
    return _MISSING


def _of_list(value: list[Value], name: str) -> Value:
    if name == "length":
        return len(value)
    if name.isdigit() and name.isascii():
        return element(value, int(name)) if str(int(name[:12])) == name else _MISSING
    return value.facts.get(name, _MISSING) if isinstance(value, MatchList) else _MISSING


def _of_units(value: str, name: str) -> Value:
    if not (name.isdigit() and name.isascii()) or str(int(name[:12])) != name:
        return _MISSING
    units = utf16.widen(value)
    return units[int(name)] if int(name) < len(units) else _MISSING


def element(values: list[Value], index: int) -> Value:
    """Return one element, or `undefined` beyond the end."""
    return values[index] if 0 <= index < len(values) else UNDEFINED


def read_key(s: Scope, value: Value, key: Value) -> Value:
    """Return what `value[key]` is for a key that is computed."""
    if type(key) is int and type(value) is list:
        return values_at(value, key)
    if type(key) is str and type(value) is dict:
        found = value.get(key, _MISSING)
        if found is not _MISSING:
            return found
    if value is None or value is UNDEFINED:
        return read_name(s, value, to_key(key))
    return read_name(s, value, to_key(key))


def values_at(values: list[Value], index: int) -> Value:
    """Return one element by an index that may be anything."""
    return values[index] if 0 <= index < len(values) else UNDEFINED


def write_key(s: Scope, holder: Value, key: Value, value: Value) -> None:
    """Set a property of an array or an object that is the evaluation's own."""
    name = to_key(key)
    if isinstance(holder, dict):
        if name == "__proto__":
            raise type_error("`__proto__` cannot be set")
        spend_slots(s, 1)
        holder[name] = value
    elif isinstance(holder, list):
        _write_element(s, holder, name, value)
    elif holder is None or holder is UNDEFINED:
        text = "null" if holder is None else "undefined"
        raise type_error(f"Cannot set properties of {text} (setting '{name}')")


def _write_element(s: Scope, holder: list[Value], name: str, value: Value) -> None:
    if name == "length":
        _set_length(s, holder, value)
        return
    if not name.isdigit() or int(name) > _LONGEST:
        raise type_error("An array has no other properties than its elements here")
    missing = int(name) + 1 - len(holder)
    if missing > 0:
        spend_slots(s, missing)
        holder.extend([UNDEFINED] * missing)
    holder[int(name)] = value


def _set_length(s: Scope, holder: list[Value], value: Value) -> None:
    if type(value) is not int or not 0 <= value <= _LONGEST:
        raise range_error("Invalid array length")
    if value > len(holder):
        spend_slots(s, value - len(holder))
        holder.extend([UNDEFINED] * (value - len(holder)))
    del holder[value:]


def delete_key(holder: Value, key: Value) -> bool:
    """Return what `delete holder[key]` is, having done it."""
    if isinstance(holder, dict):
        holder.pop(to_key(key), None)
        return True
    if isinstance(holder, list):
        name = to_key(key)
        if name.isdigit() and int(name) < len(holder):
            holder[int(name)] = UNDEFINED
        return True
    if holder is None or holder is UNDEFINED:
        raise type_error("Cannot convert undefined or null to object")
    return True


def thaw(s: Scope, value: Value) -> Value:
    """Return the evaluation's own copy of data of the scope: the same copy each time."""
    if not isinstance(value, (list, Mapping)):
        return value
    copies = s.thawed
    if copies is None:
        copies = s.thawed = {}
    known = copies.get(id(value))
    if known is not None:
        return known[1]
    spend_slots(s, len(value))
    if isinstance(value, list):
        copied: Value = []
        copies[id(value)] = (value, copied)
        copied.extend(thaw(s, inner) for inner in value)
        return copied
    copied = {}
    copies[id(value)] = (value, copied)
    copied.update((key, thaw(s, inner)) for key, inner in value.items())
    return copied
