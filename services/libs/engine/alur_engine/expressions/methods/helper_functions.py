"""The functions that start with `$`: small helpers that JavaScript lacks."""

from __future__ import annotations

from typing import Final

from alur_engine.expressions.convert import truthy
from alur_engine.expressions.methods import mathematics
from alur_engine.expressions.scope import Scope
from alur_engine.expressions.values import UNDEFINED, Native, Value


def choose(
    _scope: Scope, condition: Value = UNDEFINED, yes: Value = UNDEFINED, no: Value = UNDEFINED
) -> Value:
    """`$if(condition, yes, no)`."""
    return yes if truthy(condition) else no


def is_empty(value: Value) -> bool:
    """Whether there is nothing in `value`: `null`, `undefined`, "", [], {}."""
    return (
        value is None or value is UNDEFINED or (isinstance(value, (str, list, dict)) and not value)
    )


def if_empty(_scope: Scope, value: Value = UNDEFINED, default: Value = UNDEFINED) -> Value:
    """`$ifEmpty(value, default)`."""
    return default if is_empty(value) else value


def largest(scope: Scope, *values: Value) -> float:
    """`$max(…)`."""
    return mathematics.largest(scope, *values)


def smallest(scope: Scope, *values: Value) -> float:
    """`$min(…)`."""
    return mathematics.smallest(scope, *values)


def not_empty(_scope: Scope, value: Value = UNDEFINED) -> bool:
    """`$not(value)`."""
    return not truthy(value)


def search(scope: Scope, data: Value = UNDEFINED, query: Value = UNDEFINED) -> Value:
    """`$jmespath(data, query)`."""
    from alur_engine.expressions.methods.queries import answer  # noqa: PLC0415  the library is seldom needed

    return answer(scope, data, query)


FUNCTIONS: Final[dict[str, Native]] = {
    "$if": choose,
    "$ifEmpty": if_empty,
    "$jmespath": search,
    "$max": largest,
    "$min": smallest,
    "$not": not_empty,
}
