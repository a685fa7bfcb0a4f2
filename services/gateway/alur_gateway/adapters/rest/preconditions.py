"""ETags and the conditions on them (RFC 9110, section 13)."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import wraps
from typing import Any

import orjson
from fastapi.responses import Response
from starlette.requests import Request

from alur_gateway.domain.errors import MalformedError, StaleError
from alur_gateway.service.use_cases import Precondition
from alur_sdk.items import Json

Handler = Callable[..., Awaitable[Response]]
MOST_TAGS = 10
"""So many revisions may be named: each is a change that is tried."""
_SEEN = "alur.seen"
"""Where a request holds the revision that is tried."""


def etag_of(revision: int) -> str:
    """Return the entity tag of a revision."""
    return f'"{revision}"'


def each_tag(handler: Handler) -> Handler:
    """Return the handler of a route that heeds `If-Match`, which may name several revisions.

    It is tried with one after the other: a change of what is at another revision is refused and changes nothing.
    """

    @wraps(handler)
    async def tried(**given: Any) -> Response:
        request: Request = given["request"]
        seen: list[int | None] = [*_revisions(request)]
        *others, last = seen or [None]
        for revision in others:
            request.scope[_SEEN] = revision
            with suppress(StaleError):
                return await handler(**given)
        request.scope[_SEEN] = last
        return await handler(**given)

    return tried


def precondition_of(request: Request) -> Precondition:
    """Return what the caller says to have seen, of several the one that is tried.

    Raises `StaleError` for a tag that was never ours.
    """
    if request.headers.get("if-none-match", "").strip() == "*":
        return Precondition(must_be_new=True)
    given = _if_match(request)
    if given is None:
        return Precondition()
    if given == "*":
        return Precondition(any_revision=True)
    revision: int | None = request.scope[_SEEN]
    if revision is None:
        raise StaleError(f"no revision has the tag {given[:40]}")
    return Precondition(revision=revision)


def _if_match(request: Request) -> str | None:
    lines = request.headers.getlist("if-match")
    return ",".join(lines).strip() if lines else None


def _revisions(request: Request) -> list[int]:
    """Return those whose tags `If-Match` names, the newest first; raises `MalformedError` for too many."""
    tags = (_if_match(request) or "").split(",")
    texts = {tag.strip().removeprefix("W/").strip('"') for tag in tags}
    numbers = (text for text in texts if text.isascii() and text.isdigit())
    revisions = sorted({int(text) for text in numbers if len(text) <= 18}, reverse=True)  # noqa: PLR2004  # fits 64 bits
    if len(revisions) > MOST_TAGS:
        raise MalformedError(f"If-Match names {len(revisions)} revisions: at most {MOST_TAGS}")
    return revisions


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
