"""How a route is declared, and what happens before each: who asks, may they, is it our own page."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from pydantic import BaseModel
from starlette.requests import Request

from alur_common.security.rights import Caller
from alur_gateway.adapters.asgi import CALLER
from alur_gateway.adapters.rest.preconditions import Handler, each_tag
from alur_gateway.domain.errors import CsrfError
from alur_gateway.domain.pages import DEFAULT_LIMIT, MAX_LIMIT
from alur_gateway.domain.rights import PUBLIC, RIGHTS
from alur_gateway.service.use_cases import UseCases
from alur_sdk.items import Json

SESSION_COOKIE = "alur_session"
CSRF_COOKIE = "alur_csrf"
CSRF_HEADER = "x-csrf-token"
HEADERS = {
    "If-Match": "The ETag of the revision that is changed, or a list that holds it, or `*`.",
    "If-None-Match": "`*`: only if it does not exist yet. On a read, an ETag: 304 when it is the newest.",
    "Idempotency-Key": "The same key again answers for the first execution, for at least 24 hours.",
    "Alur-Managed-By": "`kubernetes`: said by its operator, whose workflows nobody else changes.",
    "Last-Event-ID": "The last `id` that was seen; events go on after it.",
}
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Route:
    """One operation. Its name is the handler's, by which the table of rights knows it.

    `body` and `answer` describe it in the OpenAPI document; `also` holds more paths to the same.
    """

    method: str
    path: str
    handler: Handler
    answer: type[BaseModel] | None = None
    status: int = 200
    body: type[BaseModel] | None = None
    tag: str = ""
    also: tuple[str, ...] = ()
    media: str = "application/json"
    headers: tuple[str, ...] = ()
    """Request headers that it heeds; `HEADERS` says what for."""
    others: tuple[tuple[int, type[BaseModel]], ...] = ()
    """Other statuses of success, each with what it answers."""

    @property
    def operation(self) -> str:
        """Return the operation's name."""
        return self.handler.__name__

    def tagged(self, tag: str) -> Route:
        """Return the route under a heading of the description."""
        return replace(self, tag=tag)


def add(router: APIRouter, prefix: str, use: UseCases, routes: Sequence[Route]) -> None:
    """Add the routes. Raises `KeyError` for an operation without a row in the table of rights."""
    for route in routes:
        for path in (route.path, *route.also):
            common: dict[str, Any] = {
                "path": prefix + path,
                "endpoint": each_tag(route.handler)
                if "If-Match" in route.headers
                else route.handler,
                "name": route.operation,
                "dependencies": _guards(use, route.operation),
                "response_model": None,
                "response_class": Response,
            }
            router.add_api_route(
                **common,
                methods=[route.method],
                operation_id=_camel(route.operation) if path == route.path else None,
                include_in_schema=path == route.path,
                status_code=route.status,
                tags=[route.tag],
                responses=_responses(route),
                openapi_extra=_extra(route),
            )
            if (
                route.method == "GET"
            ):  # HEAD is answered alike: the outermost application sends no body
                router.add_api_route(**common, methods=["HEAD"], include_in_schema=False)


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)


def _guards(use: UseCases, operation: str) -> list[Any]:
    if operation in PUBLIC:
        return []
    if operation not in RIGHTS:
        raise KeyError(f"{operation} has no row in the table of rights")

    async def guard(request: Request) -> None:
        caller = await identify(use, request)
        project = request.path_params.get("project") or request.query_params.get("project")
        request.scope[CALLER] = caller
        use.authorize(operation, caller, project)

    return [Depends(guard)]


def _responses(route: Route) -> dict[int | str, dict[str, Any]]:
    described: dict[str, Any] = {"description": "Done."}
    if route.media != "application/json":
        described["content"] = {route.media: {"schema": {"type": "string"}}}
    elif route.answer is not None:
        described["content"] = {"application/json": {"schema": _reference(route.answer)}}
    problem = {"description": "A problem.", "content": {"application/problem+json": _PROBLEM}}
    also: dict[int | str, dict[str, Any]] = {
        status: {
            "description": "Done.",
            "content": {"application/json": {"schema": _reference(answer)}},
        }
        for status, answer in route.others
    }
    return {route.status: described, **also, "default": problem}


_PROBLEM = {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}


def _extra(route: Route) -> dict[str, Any]:
    extra: dict[str, Any] = (
        {} if route.operation in PUBLIC else {"security": [{"token": []}, {"session": []}]}
    )
    if route.body is not None:
        content = {"application/json": {"schema": _reference(route.body)}}
        extra["requestBody"] = {"required": True, "content": content}
    if route.headers:
        extra["parameters"] = [
            {
                "name": name,
                "in": "header",
                "schema": {"type": "string"},
                "description": HEADERS[name],
            }
            for name in route.headers
        ]
    return extra


def _reference(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{model.__name__}"}


async def identify(use: UseCases, request: Request) -> Caller:
    """Return who asks, by token or session; a session's write must come from our own page.

    Raises `UnauthenticatedError` or `CsrfError`.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return await use.registry.authenticate(bearer=token.strip())
    caller = await use.registry.authenticate(cookie=request.cookies.get(SESSION_COOKIE))
    if request.method not in _SAFE:
        check_csrf(request, caller.csrf)
    return caller


def check_csrf(request: Request, wanted: str) -> None:
    """Raise `CsrfError` unless the request repeats what only our own page can read."""
    given = request.headers.get(CSRF_HEADER, "")
    if not wanted or not hmac.compare_digest(given.encode(), wanted.encode()):
        raise CsrfError(f"a write by session repeats the cookie {CSRF_COOKIE} in {CSRF_HEADER}")


def _caller(request: Request) -> Caller:
    caller: Caller = request.scope[CALLER]
    return caller


Who = Annotated[Caller, Depends(_caller)]
"""Who asks, authorized for the operation."""
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="At most so many.")]
Cursor = Annotated[str | None, Query(max_length=2_000, description="`nextCursor` of a page.")]
PAGE_SIZE = DEFAULT_LIMIT


def reply(status: int, value: Json = None, headers: dict[str, str] | None = None) -> Response:
    """Return an answer that carries JSON, or nothing for 204."""
    if status == 204:  # noqa: PLR2004  # the one status without content
        return Response(status_code=204, headers=headers)
    body = orjson.dumps(value)
    return Response(body, status_code=status, headers=headers, media_type="application/json")


def page(items: list[Any], next_cursor: str | None = None) -> Response:
    """Return one page of a list."""
    return reply(200, {"items": items, "nextCursor": next_cursor})
