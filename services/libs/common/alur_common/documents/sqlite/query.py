"""Filters, sorts and cursors as SQL, with the meaning of `matching`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from alur_common.documents.matching import cursor_values, sort_terms
from alur_common.documents.port import Where

Clause = tuple[str, list[Any]]
_COMPARISONS = {"lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
_NEVER_NULL = ("id", "revision", "updatedAt")


def conditions(where: Sequence[Where]) -> Clause:
    """Return ` AND …` for each condition, and their parameters."""
    text: list[str] = []
    values: list[Any] = []
    for condition in where:
        clause, parameters = _condition(condition)
        text.append(f" AND {clause}")
        values.extend(parameters)
    return "".join(text), values


def _condition(where: Where) -> Clause:
    column = f'"{where.field}"'
    match where.operator:
        case "eq":
            return (
                (f"{column} IS NULL", [])
                if where.value is None
                else (f"{column} = ?", [where.value])
            )
        case "ne":
            return f"{column} IS NOT ?", [where.value]
        case "in":
            return _is_one_of(column, where.value)
        case _:
            return _compares(column, where)


def _is_one_of(column: str, values: Sequence[Any]) -> Clause:
    present = [value for value in values if value is not None]
    # One parameter whatever the length, so the statement stays prepared.
    clause = f"{column} IN (SELECT value FROM json_each(?))"  # noqa: S608 - a checked name
    parameters = [orjson.dumps(present).decode()]
    if len(present) < len(values):
        return f"({clause} OR {column} IS NULL)", parameters
    return clause, parameters


def _compares(column: str, where: Where) -> Clause:
    clause = f"{column} {_COMPARISONS[where.operator]} ?"
    is_text = isinstance(where.value, str)
    # SQLite puts every number before every text; a comparison means values of its own kind.
    if is_text and where.operator in ("lt", "lte"):
        clause = f"({clause} AND typeof({column}) = 'text')"
    elif not is_text and where.operator in ("gt", "gte"):
        clause = f"({clause} AND typeof({column}) <> 'text')"
    return clause, [where.value]


def order(sort: Sequence[str]) -> str:
    """Return the ` ORDER BY …` of a sort; SQLite puts null first, as `matching` does."""
    terms = [
        f'"{field}" DESC' if descends else f'"{field}"' for field, descends in sort_terms(sort)
    ]
    return f" ORDER BY {', '.join(terms)}"


def seeks(sort: Sequence[str], after: Sequence[Any] | None) -> list[Clause]:
    """Return the ` AND …` clauses whose results, one after the other, are what follows the cursor.

    Each bounds the first sort field by itself, so that an index leads straight to the place.
    """
    if after is None:
        return [("", [])]
    cursor = cursor_values(sort, after)
    field, descends, value = cursor[0]
    column = f'"{field}"'
    rest, parameters = _follows(cursor)
    if value is None:
        bound = f" AND {column} IS NULL" if descends else ""
        return [(f"{bound}{rest}", parameters)]
    sign = "<=" if descends else ">="
    clauses: list[Clause] = [(f" AND {column} {sign} ?{rest}", [value, *parameters])]
    if descends and field not in _NEVER_NULL:
        clauses.append((f" AND {column} IS NULL", []))
    return clauses


def _follows(cursor: Sequence[tuple[str, bool, Any]]) -> Clause:
    alternatives: list[str] = []
    values: list[Any] = []
    for position, (field, descends, value) in enumerate(cursor):
        equal = "".join(f'"{name}" IS ? AND ' for name, _, _ in cursor[:position])
        clause, parameters = _beyond(f'"{field}"', value, descends=descends)
        alternatives.append(f"({equal}{clause})")
        values.extend(held for _, _, held in cursor[:position])
        values.extend(parameters)
    return f" AND ({' OR '.join(alternatives)})", values


def _beyond(column: str, value: str | float | None, *, descends: bool) -> Clause:
    if value is None:
        return ("0", []) if descends else (f"{column} IS NOT NULL", [])
    if descends:
        return f"({column} < ? OR {column} IS NULL)", [value]
    return f"{column} > ?", [value]
