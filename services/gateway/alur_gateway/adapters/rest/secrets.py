"""Credentials and variables over REST. A credential goes in and never comes out."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Annotated

from fastapi import Depends, Query
from fastapi.responses import Response
from starlette.requests import Request

from alur_common.security.records import UseLimits
from alur_gateway.adapters.rest.bodies import body_of
from alur_gateway.adapters.rest.people_models import (
    CredentialBody,
    CredentialInfo,
    CredentialPage,
    CredentialPatch,
    CredentialTypes,
    VariableBody,
    VariableInfo,
    VariableList,
)
from alur_gateway.adapters.rest.preconditions import (
    etag_of,
    precondition_of,
    revision_answer,
)
from alur_gateway.adapters.rest.routing import (
    PAGE_SIZE,
    Cursor,
    Limit,
    Route,
    Who,
    page,
    reply,
)
from alur_gateway.domain.pages import page_of
from alur_gateway.service.use_cases import Precondition, UseCases, stale_when_changed
from alur_sdk.errors import InvalidError, Problem


def _project(
    request: Request,
    asked: Annotated[
        str | None, Query(alias="project", max_length=63, description="The project.")
    ] = None,
) -> str:
    """Return the project of the path, else of the query, else `default`."""
    named: str | None = request.path_params.get("project")
    if named is not None:
        _check_named(asked, named, "project")
    return named or asked or "default"


InProject = Annotated[str, Depends(_project)]
CredentialArg = Annotated[CredentialBody, body_of(CredentialBody)]
PatchArg = Annotated[CredentialPatch, body_of(CredentialPatch)]
VariableArg = Annotated[VariableBody, body_of(VariableBody)]


class SecretRoutes:
    """Handlers around credentials and variables, under their project or with it in the query."""

    def __init__(self, use: UseCases) -> None:
        self._registry = use.registry

    def routes(self) -> list[Route]:
        """Return the routes."""
        secret, var = "/credentials/{name}", "/variables/{name}"
        routes = [
            Route("GET", "/credential-types", self.list_credential_types, CredentialTypes),
            Route("GET", "/credentials", self.list_credentials, CredentialPage),
            Route("GET", secret, self.get_credential, CredentialInfo, headers=("If-None-Match",)),
            Route(
                "PUT",
                secret,
                self.put_credential,
                CredentialInfo,
                200,
                CredentialBody,
                headers=("If-Match", "If-None-Match"),
            ),
            Route(
                "PATCH",
                secret,
                self.patch_credential,
                CredentialInfo,
                200,
                CredentialPatch,
                headers=("If-Match",),
            ),
            Route("DELETE", secret, self.delete_credential, None, 204),
            Route("GET", "/variables", self.list_variables, VariableList),
            Route("GET", var, self.get_variable, VariableInfo, headers=("If-None-Match",)),
            Route("PUT", var, self.put_variable, VariableInfo, 200, VariableBody),
            Route("DELETE", var, self.delete_variable, None, 204),
        ]
        return [_also_in_project(route).tagged("secrets") for route in routes]

    async def list_credential_types(
        self, limit: Limit = PAGE_SIZE, cursor: Cursor = None
    ) -> Response:
        """Return a page of the types of credentials with the JSON Schema of their fields."""
        types = self._registry.credential_types()
        return page(*page_of(types, limit, cursor, key=lambda kind: str(kind["type"])))

    async def list_credentials(
        self, project: InProject, caller: Who, limit: Limit = PAGE_SIZE, cursor: Cursor = None
    ) -> Response:
        """Return a page of credentials, without their secrets."""
        found = await self._registry.list_credentials(caller, project, limit=limit, cursor=cursor)
        return page([credential.shown() for credential in found.items], found.next_cursor)

    async def get_credential(
        self, request: Request, project: InProject, name: str, caller: Who
    ) -> Response:
        """Return what may be seen of a credential."""
        found = await self._registry.get_credential(caller, project, name)
        return revision_answer(request, found.revision, found.shown())

    async def put_credential(
        self,
        request: Request,
        project: InProject,
        name: str,
        caller: Who,
        body: CredentialArg,
    ) -> Response:
        """Keep a credential, sealed. One of this name is replaced, unless `If-None-Match: *` or another `If-Match` is sent."""
        _check_named(body.name, name, "name")
        _check_named(body.project, project, "project")
        condition = precondition_of(request)
        with _stale_when_named(condition):
            kept = await self._registry.set_credential(
                caller,
                project,
                name,
                body.type,
                body.fields,
                domains=body.allowed_domains,
                node_types=body.allowed_node_types,
                if_match=0 if condition.must_be_new else condition.revision,
            )
        return reply(200, kept.shown(), {"etag": etag_of(kept.revision)})

    async def patch_credential(
        self, request: Request, project: InProject, name: str, caller: Who, body: PatchArg
    ) -> Response:
        """Change where a credential may go and who may use it; its secret stays."""
        condition = precondition_of(request)
        limits = UseLimits(_listed(body.allowed_domains), _listed(body.allowed_node_types))
        with _stale_when_named(condition):
            kept = await self._registry.limit_credential(
                caller, project, name, limits, condition.revision
            )
        return reply(200, kept.shown(), {"etag": etag_of(kept.revision)})

    async def delete_credential(self, project: InProject, name: str, caller: Who) -> Response:
        """Delete a credential; what names it fails from now on."""
        await self._registry.delete_credential(caller, project, name)
        return reply(204)

    async def list_variables(
        self, project: InProject, caller: Who, limit: Limit = PAGE_SIZE, cursor: Cursor = None
    ) -> Response:
        """Return a page of the variables of a project, by name."""
        found = await self._registry.list_variables(caller, project, limit=limit, cursor=cursor)
        return page([variable.shown() for variable in found.items], found.next_cursor)

    async def get_variable(
        self, request: Request, project: InProject, name: str, caller: Who
    ) -> Response:
        """Return a variable."""
        found = await self._registry.get_variable(caller, project, name)
        return revision_answer(request, found.revision, found.shown())

    async def put_variable(
        self, project: InProject, name: str, caller: Who, body: VariableArg
    ) -> Response:
        """Keep a variable; expressions read it as `$vars.NAME`."""
        kept = await self._registry.set_variable(caller, project, name, body.value)
        return reply(200, kept.shown(), {"etag": etag_of(kept.revision)})

    async def delete_variable(self, project: InProject, name: str, caller: Who) -> Response:
        """Delete a variable."""
        await self._registry.delete_variable(caller, project, name)
        return reply(204)


def _stale_when_named(condition: Precondition) -> AbstractContextManager[None]:
    """Tell a conflict as 412 where the caller named a condition (RFC 9110, 13.1), else as 409."""
    has_named = condition.must_be_new or condition.revision is not None
    return stale_when_changed() if has_named else nullcontext()


def _listed(given: list[str] | None) -> tuple[str, ...] | None:
    return None if given is None else tuple(given)


def _also_in_project(route: Route) -> Route:
    if route.path == "/credential-types":
        return route
    return replace(route, also=("/projects/{project}" + route.path,))


def _check_named(given: str | None, wanted: str, path: str) -> None:
    if given is not None and given != wanted:
        problem = Problem(path, "mismatch", f"the address says {wanted}")
        raise InvalidError(f"{path}: {problem.message}", [problem])
