"""What filters, sorts and cursors mean, written in Python: the meaning that every adapter must match."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from functools import cmp_to_key
from typing import Any

from alur_common.documents.port import Collection, Document, Where
from alur_sdk.errors import InvalidError, Problem

KEPT_FIELDS = ("id", "revision", "updatedAt")
"""The fields that every collection has without declaring them."""
MAX_LIMIT = 10_000
_ORDERED: Mapping[str, Callable[[Any, Any], bool]] = {
    "lt": operator.lt,
    "lte": operator.le,
    "gt": operator.gt,
    "gte": operator.ge,
}


def check_query(collection: Collection, where: Sequence[Where], sort: Sequence[str] = ()) -> None:
    """Raise `InvalidError` unless all fields are declared and the values fit their operators."""
    for condition in where:
        _check_field(collection, condition.field)
        if condition.operator == "in" and not isinstance(
            condition.value, (list, tuple, set, frozenset)
        ):
            raise _invalid(condition.field, "`in` takes a list of values")
        if condition.operator in _ORDERED and condition.value is None:
            raise _invalid(condition.field, f"`{condition.operator}` does not compare with null")
    for term in sort:
        _check_field(collection, term.removeprefix("-"))


def check_limit(limit: int) -> None:
    """Raise `InvalidError` unless the limit is between 1 and `MAX_LIMIT`."""
    if not 0 < limit <= MAX_LIMIT:
        raise _invalid("limit", f"must be between 1 and {MAX_LIMIT}")


def sort_terms(sort: Sequence[str]) -> list[tuple[str, bool]]:
    """Return (field, descends) of each term, ending in `id`, which breaks ties."""
    terms = [(term.removeprefix("-"), term.startswith("-")) for term in sort]
    if not any(field == "id" for field, _ in terms):
        terms.append(("id", False))
    return terms


def cursor_values(sort: Sequence[str], after: Sequence[Any]) -> list[tuple[str, bool, Any]]:
    """Return (field, descends, value) of a keyset cursor, or raise `InvalidError` when it does not fit the sort."""
    terms = sort_terms(sort)
    if len(after) < len(terms):
        raise _invalid("after", f"must hold {len(terms)} values, as the sort has")
    return [
        (field, descends, value) for (field, descends), value in zip(terms, after, strict=False)
    ]


def matches(document: Mapping[str, Any], where: Sequence[Where]) -> bool:
    """Whether all conditions hold."""
    return all(_holds(document.get(condition.field), condition) for condition in where)


def _holds(value: object, condition: Where) -> bool:
    wanted = condition.value
    match condition.operator:
        case "eq":
            return bool(value == wanted)
        case "ne":
            return bool(value != wanted)
        case "in":
            return value in wanted
        case _:
            if value is None or isinstance(value, str) is not isinstance(wanted, str):
                return False
            return _ORDERED[condition.operator](value, wanted)


def compare(left: object, right: object) -> int:
    """Order two field values: null, then numbers, then text by code point."""
    return (_rank(left) > _rank(right)) - (_rank(left) < _rank(right))


def _rank(value: object) -> tuple[int, Any]:
    if value is None:
        return (0, 0)
    return (2, value) if isinstance(value, str) else (1, value)


def ordered(documents: list[Document], sort: Sequence[str]) -> list[Document]:
    """Return the documents in the order of `sort`."""
    terms = sort_terms(sort)

    def order(left: Document, right: Document) -> int:
        for field, descends in terms:
            result = compare(left.get(field), right.get(field))
            if result:
                return -result if descends else result
        return 0

    return sorted(documents, key=cmp_to_key(order))


def is_after(document: Mapping[str, Any], cursor: Sequence[tuple[str, bool, Any]]) -> bool:
    """Whether the document comes after the cursor in the order of the sort."""
    for field, descends, value in cursor:
        result = compare(document.get(field), value)
        if result:
            return (result < 0) is descends
    return False


def _check_field(collection: Collection, field: str) -> None:
    if field not in collection.fields and field not in KEPT_FIELDS:
        raise _invalid(field, f"is no declared field of {collection.name}")


def _invalid(path: str, message: str) -> InvalidError:
    return InvalidError(f"{path}: {message}", [Problem(path, "invalid", message)])
