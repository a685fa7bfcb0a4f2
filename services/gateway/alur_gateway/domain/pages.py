"""Cursors: where a page ended, opaque to the caller."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import orjson

from alur_sdk.errors import InvalidError, Problem

DEFAULT_LIMIT = 50
MAX_LIMIT = 500
T = TypeVar("T")


def encode_cursor(values: list[Any]) -> str:
    """Return a cursor that holds these values."""
    return base64.urlsafe_b64encode(orjson.dumps(values)).decode().rstrip("=")


def decode_cursor(cursor: str, kinds: tuple[tuple[type, ...], ...]) -> list[Any]:
    """Return the values of a cursor, or raise `InvalidError` when it was not made by `encode_cursor`."""
    try:
        values = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError) as error:
        raise _bad_cursor() from error
    if not isinstance(values, list) or len(values) != len(kinds):
        raise _bad_cursor()
    if not all(isinstance(value, kind) for value, kind in zip(values, kinds, strict=True)):
        raise _bad_cursor()
    return values


def page_of(
    items: Sequence[T], limit: int, cursor: str | None, *, key: Callable[[T], str]
) -> tuple[list[T], str | None]:
    """Return a page of a whole list, in the order of `key`, and the cursor of the next one."""
    after = "" if cursor is None else decode_cursor(cursor, ((str,),))[0]
    found = sorted((item for item in items if key(item) > after), key=key)
    following = encode_cursor([key(found[limit - 1])]) if len(found) > limit else None
    return found[:limit], following


def _bad_cursor() -> InvalidError:
    problem = Problem("cursor", "invalid", "no cursor of this list: take it from nextCursor")
    return InvalidError(problem.message, [problem])
