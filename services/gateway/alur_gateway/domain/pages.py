"""Cursors: where a page ended, opaque to the caller."""

from __future__ import annotations

import base64
import binascii
from typing import Any

import orjson

from alur_sdk.errors import InvalidError, Problem

DEFAULT_LIMIT = 50
MAX_LIMIT = 500


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


def _bad_cursor() -> InvalidError:
    problem = Problem("cursor", "invalid", "no cursor of this list: take it from nextCursor")
    return InvalidError(problem.message, [problem])
