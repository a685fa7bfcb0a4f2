"""Puts the REST interface together."""

from __future__ import annotations

from typing import Any

from fastapi import Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.routing import Match

from alur_engine.schema import workflow_schema
from alur_gateway.adapters.asgi import REFUSED, App
from alur_gateway.adapters.rest.bodies import path_of
from alur_gateway.adapters.rest.executions import ExecutionRoutes
from alur_gateway.adapters.rest.openapi import describe
from alur_gateway.adapters.rest.people import PeopleRoutes
from alur_gateway.adapters.rest.queries import only_known_parameters
from alur_gateway.adapters.rest.routing import Route, add, reply
from alur_gateway.adapters.rest.secrets import SecretRoutes
from alur_gateway.adapters.rest.security import SecurityRoutes
from alur_gateway.adapters.rest.sessions import SessionRoutes
from alur_gateway.adapters.rest.tools import ToolRoutes
from alur_gateway.adapters.rest.workflows import WorkflowRoutes
from alur_gateway.domain.answers import problem_answer
from alur_gateway.domain.errors import InternalError, MethodError
from alur_gateway.service.use_cases import UseCases
from alur_sdk.errors import AlurError, InvalidError, NotFoundError, Problem

PREFIX = "/api/v1"
_NOT_FOUND, _NOT_ALLOWED = 404, 405


def create(use_cases: UseCases, *, max_document_bytes: int, secure: bool) -> App:
    """Return the application that answers everything under `/api/v1`."""
    app, routes = _routed(use_cases, secure=secure)
    app.state.max_body_bytes = max_document_bytes
    _serve_description(app, routes)
    app.add_exception_handler(AlurError, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _not_routed)
    app.add_exception_handler(Exception, _unexpected)
    return app


def description(use_cases: UseCases) -> dict[str, Any]:
    """Return the OpenAPI document of the interface."""
    return describe(*_routed(use_cases, secure=False))


def _routed(use_cases: UseCases, *, secure: bool) -> tuple[FastAPI, list[Route]]:
    app = FastAPI(
        title="Alur",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        dependencies=[Depends(only_known_parameters)],
    )
    routes = routes_of(use_cases, secure=secure)
    add(app.router, PREFIX, use_cases, routes)
    return app, routes


def routes_of(use_cases: UseCases, *, secure: bool) -> list[Route]:
    """Return all routes."""
    return [
        *WorkflowRoutes(use_cases).routes(),
        *ExecutionRoutes(use_cases).routes(),
        *ToolRoutes(use_cases).routes(),
        *SecretRoutes(use_cases).routes(),
        *PeopleRoutes(use_cases).routes(),
        *SecurityRoutes(use_cases).routes(),
        *SessionRoutes(use_cases, secure=secure).routes(),
    ]


def _serve_description(app: FastAPI, routes: list[Route]) -> None:
    made: dict[str, Any] = {}

    async def get_openapi() -> Response:
        """Return the description of this interface (OpenAPI 3.1)."""
        if not made:
            made.update(describe(app, routes))
        return reply(200, made)

    async def get_workflow_schema() -> Response:
        """Return the JSON Schema of the workflow document, for editors of text."""
        return reply(200, workflow_schema())

    for path, serve in (
        (f"{PREFIX}/openapi.json", get_openapi),
        (f"{PREFIX}/workflow.schema.json", get_workflow_schema),
    ):
        app.add_api_route(path, serve, methods=["GET", "HEAD"], include_in_schema=False)


async def _refused(request: Request, error: Exception) -> Response:
    if not isinstance(error, AlurError):
        raise error
    request.scope[REFUSED] = error
    trace_id = request.scope.get("alur.trace", "")
    status, headers, body = problem_answer(error, request.url.path, trace_id)
    shown = {name.decode(): value.decode() for name, value in headers}
    return Response(body, status_code=status, headers=shown)


async def _unexpected(request: Request, _error: Exception) -> Response:
    """Answer; the framework raises the error again, and the outermost application logs it."""
    return await _refused(request, InternalError.unexpected())


async def _invalid(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    problems = [
        Problem(path_of(fault["loc"][1:]), fault["type"].replace("_", "-"), fault["msg"])
        for fault in error.errors()
    ]
    message = f"{problems[0].path}: {problems[0].message}" if problems else "invalid"
    return await _refused(request, InvalidError(message, problems))


async def _not_routed(request: Request, error: Exception) -> Response:
    if isinstance(error, HTTPException) and error.status_code == _NOT_ALLOWED:
        allow = ", ".join(_methods_at(request))
        return await _refused(request, MethodError(f"this address takes {allow}", allow))
    if isinstance(error, HTTPException) and error.status_code == _NOT_FOUND:
        return await _refused(request, NotFoundError("there is nothing at this address"))
    raise error


def _methods_at(request: Request) -> list[str]:
    """Return all methods of an address: the framework names those of its first route alone."""
    matching = [r for r in request.app.routes if r.matches(request.scope)[0] is not Match.NONE]
    return sorted({method for route in matching for method in route.methods})
