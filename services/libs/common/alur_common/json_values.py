"""Reading JSON from strangers: nothing that is no JSON, nothing too deep."""

from __future__ import annotations

from typing import Any

import orjson

from alur_sdk.items import Json

MAX_DEPTH = 200
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_QUICK_PASSES = 6


class TooDeepError(ValueError):
    """It nests deeper than allowed."""


def parse_json(body: bytes) -> Json:
    """Return the value; raises `ValueError` for what is no JSON, `TooDeepError` for what nests deeper than `MAX_DEPTH`.

    NaN, lone surrogates, invalid UTF-8 and whatever else RFC 8259 does not know are refused.
    """
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise ValueError(f"no JSON: {error.msg} at {place}") from error
    if len(body) > MAX_DEPTH and _may_be_deep(body) and is_deeper(value, MAX_DEPTH):
        raise TooDeepError(f"nested deeper than {MAX_DEPTH} levels")
    return value


def _may_be_deep(body: bytes) -> bool:
    """Return False when the brackets alone show that nothing is deep; costs about a microsecond a KB."""
    brackets = body.translate(None, _NO_BRACKETS)
    for _ in range(_QUICK_PASSES):
        if len(brackets) <= MAX_DEPTH:
            return False
        brackets = brackets.replace(b"[]", b"").replace(b"{}", b"")
    return len(brackets) > MAX_DEPTH


def is_deeper(value: Json, limit: int) -> bool:
    """Whether lists and objects nest deeper than `limit`; never recurses."""
    level: list[Any] = [value]
    for _ in range(limit + 1):
        deeper: list[Any] = []
        for one in level:
            if isinstance(one, dict):
                deeper.extend(child for child in one.values() if isinstance(child, dict | list))
            elif isinstance(one, list):
                deeper.extend(child for child in one if isinstance(child, dict | list))
        if not deeper:
            return False
        level = deeper
    return True
