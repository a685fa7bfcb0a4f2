"""Query parameters: what a route does not know, or knows once and is given twice, is refused, never ignored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from fastapi._compat import ModelField, field_annotation_is_sequence
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.requests import Request

from alur_engine.validation.suggestions import did_you_mean
from alur_gateway.domain.errors import MalformedError
from alur_sdk.errors import Problem


async def only_known_parameters(request: Request) -> None:
    """Raise `MalformedError` that names each query parameter which the route does not declare, or takes but once."""
    if not request.scope["query_string"]:
        return
    route: APIRoute = request.scope["route"]
    declared = {field.alias: field for field in _declared(route.dependant)}
    given = Counter(name for name, _ in request.query_params.multi_items())
    problems = []
    for name, count in given.items():
        if name not in declared:
            said = _said(name, sorted(declared))
            problems.append(Problem(name, "unknown-parameter", said))
        elif count > 1 and not field_annotation_is_sequence(declared[name].field_info.annotation):
            said = f"is given {count} times: give it once"
            problems.append(Problem(name, "repeated", said))
    if problems:
        raise MalformedError(f"{problems[0].path[:80]}: {problems[0].message}", problems)


def _declared(dependant: Dependant) -> Iterator[ModelField]:
    yield from dependant.query_params
    for other in dependant.dependencies:
        yield from _declared(other)


def _said(name: str, known: list[str]) -> str:
    hint = did_you_mean(name, known) or "; this address takes none"
    return f"there is no query parameter of this name{hint}"
