"""Query parameters: what a route does not know is refused, never ignored."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.requests import Request

from alur_engine.validation.suggestions import did_you_mean
from alur_gateway.domain.errors import MalformedError
from alur_sdk.errors import Problem


async def only_known_parameters(request: Request) -> None:
    """Raise `MalformedError` that names each query parameter which the route does not declare."""
    if not request.scope["query_string"]:
        return
    route: APIRoute = request.scope["route"]
    known = sorted(set(_declared(route.dependant)))
    problems = [
        Problem(name, "unknown-parameter", _said(name, known))
        for name in dict.fromkeys(request.query_params)
        if name not in known
    ]
    if problems:
        raise MalformedError(f"{problems[0].path[:80]}: {problems[0].message}", problems)


def _declared(dependant: Dependant) -> Iterator[str]:
    yield from (field.alias for field in dependant.query_params)
    for other in dependant.dependencies:
        yield from _declared(other)


def _said(name: str, known: list[str]) -> str:
    hint = did_you_mean(name, known) or "; this address takes none"
    return f"there is no query parameter of this name{hint}"
