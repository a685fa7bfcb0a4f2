"""The description of the REST interface (OpenAPI 3.1)."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from alur_gateway.adapters.rest.models import ProblemDocument
from alur_gateway.adapters.rest.routing import SESSION_COOKIE, Route

DESCRIPTION = (
    "Workflows, executions and all around them. Errors are problems (RFC 9457) whose `errors` name each "
    "fault with its path. Lists are paged by cursors. Changes of workflows carry `If-Match`."
)
_SECURITY = {
    "token": {"type": "http", "scheme": "bearer", "description": "`alur token create` makes one."},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": SESSION_COOKIE,
        "description": "A browser's session; its writes repeat the cookie `alur_csrf` in `X-CSRF-Token`.",
    },
}


def describe(app: FastAPI, routes: Sequence[Route]) -> dict[str, Any]:
    """Return the description: the framework's routes, and our models for bodies and answers."""
    described = get_openapi(
        title=app.title,
        version=version("alur-gateway"),
        openapi_version="3.1.0",
        description=DESCRIPTION,
        routes=app.routes,
    )
    for path in described["paths"].values():
        for operation in path.values():
            operation["responses"].pop("422", None)
    components = described.setdefault("components", {})
    components["schemas"] = _schemas(routes)
    components["securitySchemes"] = _SECURITY
    return described


def _schemas(routes: Sequence[Route]) -> dict[str, Any]:
    models: dict[str, tuple[type[BaseModel], JsonSchemaMode]] = {
        ProblemDocument.__name__: (ProblemDocument, "validation")
    }
    for route in routes:
        for model in (route.body, route.answer, *(answer for _, answer in route.others)):
            if model is not None:
                models[model.__name__] = (model, "validation")
    _, schema = models_json_schema(
        list(models.values()), ref_template="#/components/schemas/{model}"
    )
    schemas: dict[str, Any] = schema["$defs"]
    return dict(sorted(schemas.items()))
