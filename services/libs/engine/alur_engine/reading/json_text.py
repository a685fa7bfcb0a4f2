"""JSON as RFC 8259 has it, without the liberties that Python's reader takes."""

from __future__ import annotations

import json
from collections import Counter
from typing import NoReturn

from alur_engine.reading.limits import MAX_DEPTH, RepeatedKeys, unfit_values
from alur_sdk.errors import InvalidError, Problem

_LONGEST_INTEGER = 20


def read_json(text: str) -> object:
    """Return the value; objects with repeated keys come as `RepeatedKeys`.

    Raises `ValueError` when it is no JSON, `InvalidError` when it is and must not be read (NaN, too deep, too large a number).
    """
    try:
        return _DECODER.decode(text)
    except RecursionError:
        message = f"nested more than {MAX_DEPTH} deep"
        raise InvalidError(message, [Problem("", "too-deep", message)]) from None


def repeated_keys(text: bytes) -> list[Problem]:
    """Return the keys that stand twice in an object of this JSON, each with its path; the text is JSON for certain."""
    value = json.loads(text, object_pairs_hook=_object, parse_int=float)
    return [problem for problem in unfit_values(value) if problem.code == "duplicate-key"]


def _object(pairs: list[tuple[str, object]]) -> dict[object, object]:
    found: dict[object, object] = dict(pairs)
    if len(found) == len(pairs):
        return found
    marked = RepeatedKeys(found)
    counted = Counter(name for name, _ in pairs)
    marked.repeated = tuple(name for name, count in counted.items() if count > 1)
    return marked


def _refuse_constant(name: str) -> NoReturn:
    message = f"{name} is no JSON number"
    raise InvalidError(message, [Problem("", "value", message)])


def _integer(text: str) -> int:
    if len(text) > _LONGEST_INTEGER:
        message = "a number beyond 64 bits: write it as text"
        raise InvalidError(message, [Problem("", "value", message)])
    return int(text)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_constant=_refuse_constant, parse_int=_integer
)
