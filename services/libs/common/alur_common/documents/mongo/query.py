"""Filters, sorts and cursors as MongoDB has them, with the meaning of `matching`. A field that is null is left out there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from alur_common.documents.matching import cursor_values, sort_terms
from alur_common.documents.port import Where

Filter = dict[str, Any]
NOTHING: Filter = {"_id": {"$in": []}}


def name_of(field: str) -> str:
    """Return the name of a field in the stored document."""
    return "_id" if field == "id" else field


def conditions(where: Sequence[Where]) -> Filter:
    """Return the filter for all conditions."""
    clauses = [{name_of(w.field): {f"${w.operator}": _value(w)}} for w in where]
    return {"$and": clauses} if clauses else {}


def _value(where: Where) -> Any:  # noqa: ANN401  # any scalar, or a list of them
    return list(where.value) if where.operator == "in" else where.value


def order(sort: Sequence[str]) -> list[tuple[str, int]]:
    """Return the sort; MongoDB puts what is absent first, as `matching` does null."""
    return [(name_of(field), -1 if descends else 1) for field, descends in sort_terms(sort)]


def following(sort: Sequence[str], after: Sequence[Any] | None) -> Filter:
    """Return the filter for what comes after the cursor."""
    if after is None:
        return {}
    cursor = cursor_values(sort, after)
    alternatives: list[Filter] = []
    for position, (field, descends, value) in enumerate(cursor):
        equal = {name_of(name): held for name, _, held in cursor[:position]}
        beyond = _beyond(name_of(field), value, descends=descends)
        if beyond is not None:
            alternatives.append({"$and": [equal, beyond]} if equal else beyond)
    return {"$or": alternatives} if alternatives else NOTHING


def _beyond(name: str, value: Any, *, descends: bool) -> Filter | None:  # noqa: ANN401  # a scalar
    """Return what comes after one value; MongoDB compares within a kind, and numbers come before text."""
    if value is None:
        return None if descends else {name: {"$ne": None}}
    if descends:
        lower: list[Filter] = [{name: {"$lt": value}}, {name: None}]
        if isinstance(value, str):
            lower.append({name: {"$type": "number"}})
        return {"$or": lower}
    if isinstance(value, str):
        return {name: {"$gt": value}}
    return {"$or": [{name: {"$gt": value}}, {name: {"$type": "string"}}]}
