"""How documents become bytes: one rule for every adapter, so that none keeps what another refuses."""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from alur_common.clock import Clock
from alur_common.documents.port import Document
from alur_sdk.errors import InvalidError, Problem, TooLargeError

MAX_DOCUMENT_BYTES = 15 * 1024 * 1024
"""MongoDB ends at 16 MiB a document, so nothing larger is kept anywhere."""
MAX_ID_BYTES = 512

_OPTIONS = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME
_SCALARS = frozenset({str, int, float, bool, type(None)})
_PLAIN = _SCALARS - {int}
_SURROGATE = re.compile("[\ud800-\udfff]")
_INT64 = 1 << 63
_MAX_DEPTH = 250


class Stamps:
    """Times as RFC 3339 text in UTC with milliseconds; the text of a second is made once."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._second = -1
        self._text = ""

    def now(self) -> str:
        """Return the clock's time, such as `2026-01-31T23:59:59.042Z`."""
        moment = self._clock.now()
        second = int(moment)
        if second != self._second:
            self._text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
            self._second = second
        return f"{self._text}.{int((moment - second) * 1000):03d}Z"


def encode(document: Document) -> bytes:
    """Return the document as JSON, or raise `InvalidError` with the path of what JSON cannot hold.

    Raises `TooLargeError` above `MAX_DOCUMENT_BYTES`.
    """
    try:
        encoded = orjson.dumps(document, option=_OPTIONS)
    except TypeError as error:
        raise _refusal(document, str(error)) from error
    # orjson writes NaN and the infinities as null, so only a document with a null can hide one.
    if b"null" in encoded and not _is_finite(document):
        raise _refusal(document, "holds a number that JSON cannot hold")
    if len(encoded) > MAX_DOCUMENT_BYTES:
        message = f"a document may have {MAX_DOCUMENT_BYTES} bytes, this one has {len(encoded)}"
        raise TooLargeError(message, bytes=len(encoded), limit=MAX_DOCUMENT_BYTES)
    return encoded


def _is_finite(document: Document) -> bool:
    """Return whether no number is NaN or infinite; the standard library's encoder looks in C, and stops at the first."""
    try:
        json.dumps(document, allow_nan=False, check_circular=False, default=str)
    except ValueError:
        return False
    return True


def decode(encoded: bytes, revision: int) -> Document:
    """Return the document of these bytes at this revision, which the bytes themselves may not know."""
    document: Document = orjson.loads(encoded)
    document["revision"] = revision
    return document


def key_of(document: Mapping[str, Any]) -> str:
    """Return the document's id, or raise `InvalidError`: text that is not empty and not longer than `MAX_ID_BYTES`."""
    key = document.get("id")
    if type(key) is str and 0 < len(key) <= MAX_ID_BYTES:
        return key
    problem = Problem("id", "invalid", f"must be text of 1 to {MAX_ID_BYTES} characters")
    raise InvalidError(f"id: {problem.message}", [problem])


def field_values(fields: Sequence[str], document: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return the values of the declared fields, None where absent; raises `InvalidError` when one is no scalar."""
    values = tuple(map(document.get, fields))
    # Text, the usual case, needs no further look; a number may be too large.
    if not _PLAIN.issuperset(map(type, values)) and not all(map(_is_indexable, values)):
        raise _unindexable(fields, values)
    return values


def _is_indexable(value: object) -> bool:
    if type(value) is int:
        return -_INT64 <= value < _INT64
    return type(value) in _SCALARS


def _unindexable(fields: Sequence[str], values: Iterable[Any]) -> InvalidError:
    problems = []
    for field, value in zip(fields, values, strict=True):
        if not _is_indexable(value):
            text = "a declared field must be null, text, a boolean or a number within 64 bits"
            problems.append(Problem(field, "invalid", text))
    return InvalidError(f"{problems[0].path}: {problems[0].message}", problems)


def _refusal(document: Document, reason: str) -> InvalidError:
    problem = find_problem(document) or Problem("", "invalid", reason)
    where = f"{problem.path}: " if problem.path else ""
    return InvalidError(f"{where}{problem.message}", [problem])


def find_problem(document: object) -> Problem | None:
    """Return the first value that JSON cannot hold, with its path, or None; never recurses."""
    pending: list[tuple[str, int, object]] = [("", 0, document)]
    while pending:
        path, depth, value = pending.pop()
        message = _fault(value, depth)
        if message is not None:
            return Problem(path, "invalid", message)
        if isinstance(value, dict):
            pending.extend(
                (f"{path}.{key}" if path else key, depth + 1, child) for key, child in value.items()
            )
        elif isinstance(value, (list, tuple)):
            pending.extend(
                (f"{path}[{index}]", depth + 1, child) for index, child in enumerate(value)
            )
    return None


def _fault(value: object, depth: int) -> str | None:
    if isinstance(value, str):
        return "holds a lone surrogate, which is no text" if _SURROGATE.search(value) else None
    if isinstance(value, float):
        return None if math.isfinite(value) else f"is {value}, which JSON cannot hold"
    if isinstance(value, int):
        return None if -_INT64 <= value < 2 * _INT64 else "is an integer of more than 64 bits"
    if isinstance(value, dict):
        return _key_fault(value, depth)
    if isinstance(value, (list, tuple)):
        return f"is nested deeper than {_MAX_DEPTH} levels" if depth > _MAX_DEPTH else None
    return None if value is None else f"is a {type(value).__name__}, which JSON cannot hold"


def _key_fault(value: dict[Any, Any], depth: int) -> str | None:
    if depth > _MAX_DEPTH:
        return f"is nested deeper than {_MAX_DEPTH} levels"
    for key in value:
        if not isinstance(key, str):
            return f"has the name {key!r}, which is no text"
        if _SURROGATE.search(key):
            return "has a name that holds a lone surrogate, which is no text"
    return None
