"""Cursors of lists: where a page ended, opaque to clients."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import orjson

from alur_common.security.records import Page
from alur_sdk.errors import InvalidError, Problem

MAX_LIMIT = 500
T = TypeVar("T")


def encode_cursor(values: Sequence[Any]) -> str:
    """Return the cursor for these sort values."""
    return base64.urlsafe_b64encode(orjson.dumps(list(values))).decode().rstrip("=")


def decode_cursor(cursor: str | None, length: int) -> list[Any] | None:
    """Return the sort values, or raise `InvalidError` for a text that no list gave."""
    if cursor is None:
        return None
    try:
        values = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError) as error:
        raise _no_cursor() from error
    if not isinstance(values, list) or len(values) != length:
        raise _no_cursor()
    if not all(isinstance(value, (str, int, float)) for value in values):
        raise _no_cursor()
    return values


def check_limit(limit: int) -> int:
    """Return the limit when it is between 1 and `MAX_LIMIT`, else raise `InvalidError`."""
    if not 1 <= limit <= MAX_LIMIT:
        text = f"must be between 1 and {MAX_LIMIT}"
        raise InvalidError(f"limit {text}", [Problem("limit", "out-of-range", text)])
    return limit


def page_of(found: Sequence[T], limit: int, position: Callable[[T], Sequence[Any]]) -> Page[T]:
    """Return a page of `limit` out of the `limit + 1` that were asked for."""
    items = list(found[:limit])
    more = len(found) > limit
    return Page(items, encode_cursor(position(items[-1])) if more else None)


def _no_cursor() -> InvalidError:
    text = "take it from `nextCursor` of the page before"
    return InvalidError(f"this is no cursor: {text}", [Problem("cursor", "invalid", text)])
