"""ETags and the conditions on them (RFC 9110, section 13)."""

from __future__ import annotations

import hashlib

import orjson
from fastapi.responses import Response
from starlette.requests import Request

from alur_gateway.domain.errors import StaleError
from alur_gateway.service.use_cases import Precondition
from alur_sdk.items import Json


def etag_of(revision: int) -> str:
    """Return the entity tag of a revision."""
    return f'"{revision}"'


def precondition_of(request: Request) -> Precondition:
    """Return what the caller says to have seen. Raises `StaleError` for a tag that was never ours."""
    if request.headers.get("if-none-match", "").strip() == "*":
        return Precondition(must_be_new=True)
    given = request.headers.get("if-match")
    if given is None:
        return Precondition()
    text = given.strip().removeprefix("W/").strip('"')
    if text == "*":
        return Precondition(any_revision=True)
    if not text.isascii() or not text.isdigit() or len(text) > 18:  # noqa: PLR2004  # fits 64 bits
        raise StaleError(f"no revision has the tag {given[:40]}")
    return Precondition(revision=int(text))


def is_fresh(request: Request, etag: str) -> bool:
    """Whether the caller has what this tag stands for already; `*` is anything (RFC 9110, 13.1.2)."""
    given = request.headers.get("if-none-match", "")
    tags = {tag.strip().removeprefix("W/") for tag in given.split(",")}
    return etag in tags or "*" in tags


def content_answer(request: Request, value: Json) -> Response:
    """Return what changes without a revision of its own, under a tag of its content, or 304."""
    body = orjson.dumps(value)
    etag = f'"{hashlib.blake2b(body, digest_size=16).hexdigest()}"'
    if is_fresh(request, etag):
        return Response(status_code=304, headers={"etag": etag})
    return Response(body, headers={"etag": etag}, media_type="application/json")


def revision_answer(request: Request, revision: int, value: Json) -> Response:
    """Return what has a revision under its tag, or 304."""
    etag = etag_of(revision)
    if is_fresh(request, etag):
        return Response(status_code=304, headers={"etag": etag})
    return Response(orjson.dumps(value), headers={"etag": etag}, media_type="application/json")
