"""Filters, sorts and cursors as MongoDB has them, with the meaning of `matching`.

A declared field that is null is left out of what is stored, and a boolean is stored as the number that it equals:
so MongoDB's null, its order of kinds and its comparisons within a kind are those of the port.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from alur_common.documents.matching import cursor_values, sort_terms
from alur_common.documents.port import Where

Filter = dict[str, Any]
NOTHING: Filter = {"_id": {"$in": []}}


def name_of(field: str) -> str:
    """Return the name of a field in what is stored."""
    return "_id" if field == "id" else field


def kept_value(value: Any) -> Any:  # noqa: ANN401  # a scalar
    """Return the value as it is stored and compared."""
    return int(value) if isinstance(value, bool) else value


def conditions(where: Sequence[Where]) -> Filter:
    """Return the filter for all conditions."""
    found: Filter = {}
    for one in where:
        name, condition = name_of(one.field), {f"${one.operator}": _value(one)}
        held = found.get(name, {})
        if held.keys().isdisjoint(condition):
            found[name] = {**held, **condition}
        else:
            found = {"$and": [found, {name: condition}]}
    return found


def _value(where: Where) -> Any:  # noqa: ANN401  # a scalar, or a list of them
    if where.operator == "in":
        return [kept_value(value) for value in where.value]
    return kept_value(where.value)


def both(first: Filter, second: Filter) -> Filter:
    """Return the filter for what both let through: flat where it can be, for not every server looks for indexes in `$and`."""
    if first.keys().isdisjoint(second):
        return {**first, **second}
    return {"$and": [first, second]}


def order(sort: Sequence[str]) -> list[tuple[str, int]]:
    """Return the sort; MongoDB puts what is absent first, as `matching` does null."""
    return [(name_of(field), -1 if descends else 1) for field, descends in sort_terms(sort)]


def following(sort: Sequence[str], after: Sequence[Any] | None) -> Filter:
    """Return the filter for what comes after the cursor."""
    if after is None:
        return {}
    cursor = [(name_of(f), d, kept_value(v)) for f, d, v in cursor_values(sort, after)]
    alternatives: list[Filter] = []
    for position, (name, descends, value) in enumerate(cursor):
        equal = {held_name: held for held_name, _, held in cursor[:position]}
        beyond = _beyond(name, value, descends=descends)
        if beyond is not None:
            alternatives.append(both(equal, beyond))
    return {"$or": alternatives} if alternatives else NOTHING


def _beyond(name: str, value: Any, *, descends: bool) -> Filter | None:  # noqa: ANN401  # a scalar
    """Return what comes after one value; null comes before numbers, and those before text."""
    if value is None:
        return None if descends else {name: {"$ne": None}}
    if descends:
        lower: list[Filter] = [{name: {"$lt": value}}]
        if name != "_id":
            lower.append({name: None})
            if isinstance(value, str):
                lower.append({name: {"$type": "number"}})
        return lower[0] if len(lower) == 1 else {"$or": lower}
    if isinstance(value, str):
        return {name: {"$gt": value}}
    return {"$or": [{name: {"$gt": value}}, {name: {"$type": "string"}}]}
