"""Answers: what goes back to an HTTP caller, before any framework."""

from __future__ import annotations

from typing import NamedTuple

import orjson

from alur_gateway.domain.errors import headers_of, problem_of
from alur_sdk.errors import AlurError
from alur_sdk.items import Json

Header = tuple[bytes, bytes]
JSON = (b"content-type", b"application/json")
PROBLEM = (b"content-type", b"application/problem+json")
NOSNIFF = (b"x-content-type-options", b"nosniff")


class Answer(NamedTuple):
    """Status, headers without `Content-Length`, and the whole body."""

    status: int
    headers: list[Header]
    body: bytes = b""


def json_answer(status: int, value: Json, headers: list[Header] | None = None) -> Answer:
    """Return an answer that carries JSON."""
    return Answer(status, [JSON, *(headers or ())], orjson.dumps(value))


def problem_answer(
    error: AlurError, instance: str, trace_id: str, headers: list[Header] | None = None
) -> Answer:
    """Return an answer that tells an error (RFC 9457)."""
    problem = problem_of(error, instance, trace_id)
    return Answer(
        problem["status"],
        [PROBLEM, NOSNIFF, *headers_of(error), *(headers or ())],
        orjson.dumps(problem),
    )
