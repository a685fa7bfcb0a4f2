"""Reading what REST callers send: bounded, strict, and every fault with its path."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from fastapi import Depends
from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from alur_engine.reading import MAX_REPORTED, read_documents, repeated_keys
from alur_engine.validation import unknown_field
from alur_gateway.adapters.asgi import CALLER, read_whole
from alur_gateway.domain.errors import MalformedError, MediaTypeError
from alur_gateway.domain.json_values import read_json
from alur_sdk.errors import InvalidError, Problem
from alur_sdk.items import Json

M = TypeVar("M", bound=BaseModel)
LARGE_BYTES = 128 * 1024
"""Above this, documents are read in a thread, so that others do not wait."""
STRANGERS_BYTES = 8 * 1024
"""What a caller may send who has not said who it is: far more than a sign-in link needs."""
_YAML = frozenset({"application/yaml", "application/x-yaml", "text/yaml"})

_NO_OBJECT = frozenset({"model_type", "model_attributes_type", "dict_type"})
"""What pydantic calls it where an object should stand; its own words name our classes."""


async def raw_body(request: Request) -> bytes:
    """Return the whole body as it came; asked for again, the same."""
    known: bytes | None = request.scope.get("alur.body")
    if known is None:
        headers = dict(request.scope["headers"])
        is_known = CALLER in request.scope
        limit: int = request.app.state.max_body_bytes if is_known else STRANGERS_BYTES
        known = await read_whole(request.receive, headers, limit)
        request.scope["alur.body"] = known
    return known


def media_type(request: Request) -> str:
    """Return the media type of the body in lower case."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def json_body(request: Request) -> Json:
    """Return the body's JSON value. Nothing at all is an empty object.

    Names that repeat within an object are refused, not overwritten.
    """
    kind = media_type(request)
    body = await raw_body(request)
    if not body:
        return {}
    if kind != "application/json" and not kind.endswith("+json"):
        raise MediaTypeError(f"send application/json, not {kind or 'a body without a type'}")
    value = read_json(body)
    if len(body) > LARGE_BYTES:
        repeated = await asyncio.to_thread(repeated_keys, body)
    else:
        repeated = repeated_keys(body)
    if repeated:
        raise MalformedError(f"{repeated[0].path}: {repeated[0].message}", repeated)
    return value


async def document_body(request: Request) -> object:
    """Return the workflow document of the body: JSON, or one document of YAML."""
    kind = media_type(request)
    body = await raw_body(request)
    if kind not in _YAML:
        await json_body(request)
    if not body:
        raise MalformedError("send a workflow document", [Problem("", "required", "a document")])
    if len(body) > LARGE_BYTES:
        return await asyncio.to_thread(_document, body)
    return _document(body)


def _document(body: bytes) -> object:
    try:
        documents = read_documents(body)
    except InvalidError as error:
        raise MalformedError(error.message, error.problems) from error
    if len(documents) != 1:
        raise MalformedError("send one document", [Problem("", "documents", "exactly one")])
    return documents[0]


def body_of(model: type[M]) -> Callable[[Request], Awaitable[M]]:
    """Return a dependency that reads the body as this model, or raises `InvalidError` as `checked` does."""

    async def read(request: Request) -> M:
        return checked(model, await json_body(request))

    return Depends(read)  # type: ignore[no-any-return]  # what FastAPI takes for a parameter's source


def checked(model: type[M], value: Json) -> M:
    """Return the value as this model, or raise `InvalidError` with every fault, the first hundred, and its path."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False, include_context=False)
        problems = [
            Problem(
                path_of(fault["loc"]),
                fault["type"].replace("_", "-"),
                _told(model, fault["type"], fault["loc"]) or fault["msg"],
            )
            for fault in faults[:MAX_REPORTED]
        ]
        first = problems[0]
        where = f"{first.path}: " if first.path else ""
        raise InvalidError(f"{where}{first.message}", problems) from error


def _told(model: type[BaseModel], kind: str, location: tuple[int | str, ...]) -> str | None:
    """Return what is said of a fault in the words of a document, None for other faults."""
    if kind == "extra_forbidden":
        return unknown_field(model, location)
    if kind in _NO_OBJECT:
        return "a JSON object is needed here"
    return f"`{location[-1]}` is missing" if kind == "missing" else None


def path_of(location: tuple[int | str, ...]) -> str:
    """Return a path such as `input[0].name`."""
    path = ""
    for part in location:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else part
    return path
