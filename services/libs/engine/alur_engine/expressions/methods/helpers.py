"""Methods that JavaScript lacks and people's expressions use."""

from __future__ import annotations

import re
from typing import Final

from alur_engine.expressions.convert import to_integer, to_js_string, to_key, to_number
from alur_engine.expressions.dates.parsing import parse_time
from alur_engine.expressions.limits import spend_bytes, spend_slots
from alur_engine.expressions.luxon.value import DateTime, invalid
from alur_engine.expressions.luxon.zones import own_zone
from alur_engine.expressions.methods import json_text, mathematics, uris
from alur_engine.expressions.methods.calling import callback
from alur_engine.expressions.methods.helper_functions import is_empty
from alur_engine.expressions.methods.helper_texts import TEXTS
from alur_engine.expressions.methods.json_text import to_json_text
from alur_engine.expressions.numbers import tidy
from alur_engine.expressions.problems import type_error
from alur_engine.expressions.scope import Scope
from alur_engine.expressions.values import UNDEFINED, Native, Undefined, Value

Array = list[Value]
_WORDS_FOR_FALSE: Final = frozenset({"", "0", "false", "no"})
_LAST_SECONDS: Final = 1e11


def empty(_scope: Scope, value: Value) -> bool:
    """`isEmpty`."""
    return is_empty(value)


def not_empty(_scope: Scope, value: Value) -> bool:
    """`isNotEmpty`."""
    return not is_empty(value)


def to_json_string(scope: Scope, value: Value) -> Value:
    """`toJsonString`."""
    return json_text.stringify(scope, value)


def first(_scope: Scope, array: Array) -> Value:
    """`first`."""
    return array[0] if array else UNDEFINED


def last(_scope: Scope, array: Array) -> Value:
    """`last`."""
    return array[-1] if array else UNDEFINED


def _distinct_by(scope: Scope, value: Value, names: tuple[Value, ...]) -> str:
    if names and isinstance(value, dict):
        value = [value.get(to_key(name), UNDEFINED) for name in names]
    return f"{type(value).__name__} {to_json_text(scope, value)}"


def unique(scope: Scope, array: Array, *names: Value) -> Array:
    """`unique`, `removeDuplicates`: by content, or by the members named."""
    spend_slots(scope, len(array))
    kept: dict[str, Value] = {}
    for value in array:
        kept.setdefault(_distinct_by(scope, value, names), value)
    return list(kept.values())


def compact(scope: Scope, array: Array) -> Array:
    """`compact`: without `null`, `undefined`, "" and nothing else that is empty."""
    spend_slots(scope, len(array))
    return [value for value in array if not is_empty(value)]


def pluck(scope: Scope, array: Array, *names: Value) -> Array:
    """`pluck`: one member of each object, or objects of several."""
    spend_slots(scope, len(array) * max(len(names), 1))
    keys = [to_key(name) for name in names]
    rows = [value for value in array if isinstance(value, dict)]
    if len(keys) == 1:
        return [row[keys[0]] for row in rows if keys[0] in row]
    return [{key: row[key] for key in keys if key in row} for row in rows]


def total(scope: Scope, array: Array) -> float:
    """`sum`."""
    spend_slots(scope, len(array))
    result: float = 0
    for value in array:
        result += to_number(value)
    return tidy(result)


def average(scope: Scope, array: Array) -> Value:
    """`average`."""
    return tidy(total(scope, array) / len(array)) if array else 0


def largest(scope: Scope, array: Array) -> float:
    """`max`."""
    return mathematics.largest(scope, *array)


def smallest(scope: Scope, array: Array) -> float:
    """`min`."""
    return mathematics.smallest(scope, *array)


def chunk(scope: Scope, array: Array, size: Value = UNDEFINED) -> Array:
    """`chunk`."""
    width = int(to_integer(size))
    if width < 1:
        raise type_error("chunk(): expected a size above 0")
    spend_slots(scope, len(array))
    return [array[start : start + width] for start in range(0, len(array), width)]


def _minus(scope: Scope, array: Array, other: Value, *, keep: bool) -> Array:
    known = {_distinct_by(scope, value, ()) for value in (other if isinstance(other, list) else [])}
    return [value for value in array if (_distinct_by(scope, value, ()) in known) is keep]


def difference(scope: Scope, array: Array, other: Value = UNDEFINED) -> Array:
    """`difference`: what only the first has."""
    return _minus(scope, array, other, keep=False)


def intersection(scope: Scope, array: Array, other: Value = UNDEFINED) -> Array:
    """`intersection`: what both have."""
    return unique(scope, _minus(scope, array, other, keep=True))


def joined(scope: Scope, array: Array, other: Value = UNDEFINED) -> Array:
    """`union`, `append`: both, each value once."""
    return unique(scope, [*array, *(other if isinstance(other, list) else [])])


def append(scope: Scope, array: Array, *values: Value) -> Array:
    """`append`."""
    spend_slots(scope, len(array))
    return [*array, *values]


def smart_join(
    scope: Scope, array: Array, key: Value = UNDEFINED, value: Value = UNDEFINED
) -> Value:
    """`smartJoin`: an object of one member by another."""
    spend_slots(scope, len(array))
    key_name, value_name = to_key(key), to_key(value)
    rows = [row for row in array if isinstance(row, dict) and key_name in row]
    return {to_key(row[key_name]): row.get(value_name, UNDEFINED) for row in rows}


def group_by(scope: Scope, array: Array, by: Value = UNDEFINED) -> Value:
    """`groupBy`: by a member's name or a function."""
    groups: dict[str, Array] = {}
    call = callback(by) if not isinstance(by, str) else None
    for value in array:
        spend_slots(scope, 1)
        member = value.get(by, UNDEFINED) if isinstance(value, dict) and call is None else UNDEFINED
        groups.setdefault(to_key(member if call is None else call(value)), []).append(value)
    return groups


def object_values(_scope: Scope, holder: dict[str, Value]) -> Array:
    """`values` of an object."""
    return list(holder.values())


def object_keys(_scope: Scope, holder: dict[str, Value]) -> Array:
    """`keys` of an object."""
    return json_text.ordered_keys(holder)


def has_field(_scope: Scope, holder: dict[str, Value], name: Value = UNDEFINED) -> bool:
    """`hasField`."""
    return to_key(name) in holder


def remove_field(scope: Scope, holder: dict[str, Value], name: Value = UNDEFINED) -> Value:
    """`removeField`."""
    spend_slots(scope, len(holder))
    return {key: value for key, value in holder.items() if key != to_key(name)}


def keep_fields(scope: Scope, holder: dict[str, Value], text: Value = UNDEFINED) -> Value:
    """`keepFieldsContaining`."""
    spend_slots(scope, len(holder))
    part = to_js_string(text)
    return {k: v for k, v in holder.items() if isinstance(v, str) and part in v}


def remove_fields(scope: Scope, holder: dict[str, Value], text: Value = UNDEFINED) -> Value:
    """`removeFieldsContaining`."""
    spend_slots(scope, len(holder))
    part = to_js_string(text)
    return {k: v for k, v in holder.items() if not (isinstance(v, str) and part in v)}


def merge(scope: Scope, holder: dict[str, Value], other: Value = UNDEFINED) -> Value:
    """`merge`: the first one's members win."""
    spend_slots(scope, len(holder))
    return {**(other if isinstance(other, dict) else {}), **holder}


def compact_object(scope: Scope, holder: dict[str, Value]) -> Value:
    """`compact` of an object."""
    spend_slots(scope, len(holder))
    return {key: value for key, value in holder.items() if not is_empty(value)}


def url_encoded(scope: Scope, holder: dict[str, Value]) -> str:
    """`urlEncode` of an object: a query string."""
    spend_slots(scope, 8 * len(holder))
    pairs = [
        f"{uris.encode_component(scope, key)}={uris.encode_component(scope, value)}"
        for key, value in holder.items()
    ]
    return "&".join(pairs).replace("%20", "+")


def to_boolean(_scope: Scope, value: Value) -> bool:
    """`toBoolean`: "false", "no", "0", "" and 0 are false."""
    if isinstance(value, str):
        return value.strip().lower() not in _WORDS_FOR_FALSE
    return bool(value == value and value)  # noqa: PLR0124  NaN is false


def is_even(_scope: Scope, number: float) -> bool:
    """`isEven`."""
    return number % 2 == 0


def is_odd(_scope: Scope, number: float) -> bool:
    """`isOdd`."""
    return number % 2 == 1


def is_whole(_scope: Scope, number: float) -> bool:
    """`isInteger`."""
    return float(number).is_integer()


def round_to(scope: Scope, number: float, places: Value = UNDEFINED) -> float:
    """`round`, to decimal places."""
    factor = 10 ** int(max(min(to_integer(places), 15), 0))
    return tidy(mathematics.round_(scope, number * factor) / factor)


def floor(scope: Scope, number: float) -> float:
    """`floor`."""
    return mathematics.floor(scope, number)


def ceil(scope: Scope, number: float) -> float:
    """`ceil`."""
    return mathematics.ceil(scope, number)


def absolute(scope: Scope, number: float) -> float:
    """`abs`."""
    return mathematics.absolute(scope, number)


def number_to_time(scope: Scope, number: float, unit: Value = UNDEFINED) -> DateTime:
    """`toDateTime` of a number: milliseconds, or what `unit` says: `s`, `us`."""
    factor = {"s": 1000.0, "us": 0.001}.get(unit if isinstance(unit, str) else "", 1.0)
    return DateTime(number * factor, own_zone(scope))


def text_to_time(scope: Scope, text: str) -> DateTime:
    """`toDateTime` of text."""
    if re.fullmatch(r"\d{1,16}", text, re.ASCII):
        seconds = float(text)
        ms = seconds if seconds > _LAST_SECONDS else seconds * 1000
        return DateTime(ms, own_zone(scope))
    ms = parse_time(text, scope.time_zone)
    told = f'the input "{text}" can\'t be parsed'
    return DateTime(ms, own_zone(scope)) if ms == ms else invalid("unparsable", told)  # noqa: PLR0124  NaN


def parse_json(scope: Scope, text: str) -> Value:
    """`parseJson`."""
    spend_bytes(scope, len(text))
    return json_text.parse(scope, text)


def itself(_scope: Scope, value: Value) -> Value:
    """What a value already is."""
    return value


_ANY: Final[dict[str, Native]] = {
    "isEmpty": empty,
    "isNotEmpty": not_empty,
    "toJsonString": to_json_string,
}

ARRAYS: Final[dict[str, Native]] = {
    **_ANY,
    "append": append,
    "average": average,
    "chunk": chunk,
    "compact": compact,
    "difference": difference,
    "first": first,
    "groupBy": group_by,
    "intersection": intersection,
    "last": last,
    "max": largest,
    "min": smallest,
    "pluck": pluck,
    "removeDuplicates": unique,
    "smartJoin": smart_join,
    "sum": total,
    "union": joined,
    "unique": unique,
}
STRINGS: Final[dict[str, Native]] = {
    **_ANY,
    **TEXTS,
    "parseJson": parse_json,
    "toBoolean": to_boolean,
    "toDate": text_to_time,
    "toDateTime": text_to_time,
}
NUMBERS: Final[dict[str, Native]] = {
    "abs": absolute,
    "ceil": ceil,
    "floor": floor,
    "isEven": is_even,
    "isInteger": is_whole,
    "isOdd": is_odd,
    "round": round_to,
    "toBoolean": to_boolean,
    "toDateTime": number_to_time,
    "toJsonString": to_json_string,
    "toNumber": itself,
}
BOOLEANS: Final[dict[str, Native]] = {
    "toBoolean": itself,
    "toInt": lambda _scope, value: int(value),
    "toNumber": lambda _scope, value: int(value),
    "toJsonString": to_json_string,
}
OBJECTS: Final[dict[str, Native]] = {
    **_ANY,
    "compact": compact_object,
    "hasField": has_field,
    "keepFieldsContaining": keep_fields,
    "keys": object_keys,
    "merge": merge,
    "removeField": remove_field,
    "removeFieldsContaining": remove_fields,
    "urlEncode": url_encoded,
    "values": object_values,
}
NOTHING: Final[dict[type, dict[str, Native]]] = {
    kind: {"isEmpty": empty, "isNotEmpty": not_empty} for kind in (type(None), Undefined)
}
