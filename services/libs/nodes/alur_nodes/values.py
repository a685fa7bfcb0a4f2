"""How nodes compare and add JSON values."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from alur_nodes.paths import MISSING
from alur_sdk import Json, Permanent

EXACT = 2**53
UNORDERED = 3
"""The first part of the order key of lists and objects."""


def identity(value: Json) -> Hashable:
    """Return a key that two JSON values share when they are equal; 1 is 1.0, but never `true`.

    What is missing equals what is missing and nothing else.
    """
    kind = type(value)
    if kind is dict:
        return ("o", frozenset((name, identity(child)) for name, child in value.items()))
    if kind is list:
        return ("l", tuple(identity(child) for child in value))
    if kind is bool:
        return ("b", value)
    return ("v", value)  # numbers and strings are never equal to each other


def order_key(value: Json) -> tuple[int, Json]:
    """Return a key that sorts any JSON values: false, true, numbers, strings; all others after.

    Strings go by code point. What cannot be compared keeps its order.
    """
    if isinstance(value, bool):
        return (0, value)
    if isinstance(value, int | float):
        return (1, value)
    if isinstance(value, str):
        return (2, value)
    return (UNORDERED, 0)


def plain(number: float) -> int | float:
    """Return a whole number as one: 2, not 2.0, as JSON written by JavaScript has it."""
    if type(number) is float and number.is_integer() and abs(number) <= EXACT:
        return int(number)
    return number


def numbers(values: Sequence[Json], path: str) -> list[int | float]:
    """Return the numbers among these values, absent ones and nulls left out.

    Raises `Permanent` for anything else: a sum that skips what it cannot add is a wrong sum.
    """
    found = []
    for value in values:
        if value is None or value is MISSING:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Permanent(
                f"`{path}` holds {_kind(value)} where a number is needed", code="bad-data"
            )
        found.append(value)
    return found


def _kind(value: Json) -> str:
    names = {bool: "true or false", str: "text", dict: "an object", list: "a list"}
    return names.get(type(value), "no number")
