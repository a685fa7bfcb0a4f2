"""Credentials and variables over REST. A credential goes in and never comes out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from typing import Annotated

from fastapi import Depends, Query
from fastapi.responses import Response
from starlette.requests import Request

from alur_common.security.records import Credential, UseLimits, Variable
from alur_gateway.adapters.rest.bodies import body_of
from alur_gateway.adapters.rest.people_models import (
    CredentialBody,
    CredentialInfo,
    CredentialPage,
    CredentialPatch,
    CredentialTypes,
    NewCredential,
    NewVariable,
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
from alur_sdk.errors import ConflictError, ExistsError, InvalidError, Problem


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
NewCredentialArg = Annotated[NewCredential, body_of(NewCredential)]
NewVariableArg = Annotated[NewVariable, body_of(NewVariable)]


class SecretRoutes:
    """Handlers around credentials and variables, under their project or with it in the query."""

    def __init__(self, use: UseCases) -> None:
        self._registry = use.registry

    def routes(self) -> list[Route]:
        """Return the routes."""
        routes = [*self._credentials(), *self._variables()]
        return [_also_in_project(route).tagged("secrets") for route in routes]

    def _credentials(self) -> list[Route]:
        one = "/credentials/{name}"
        return [
            Route("GET", "/credential-types", self.list_credential_types, CredentialTypes),
            Route("GET", "/credentials", self.list_credentials, CredentialPage),
            Route(
                "POST", "/credentials", self.create_credential, CredentialInfo, 201, NewCredential
            ),
            Route("GET", one, self.get_credential, CredentialInfo, headers=("If-None-Match",)),
            Route(
                "PUT",
                one,
                self.put_credential,
                CredentialInfo,
                200,
                CredentialBody,
                headers=("If-Match", "If-None-Match"),
                others=((201, CredentialInfo),),
            ),
            Route(
                "PATCH",
                one,
                self.patch_credential,
                CredentialInfo,
                200,
                CredentialPatch,
                headers=("If-Match",),
            ),
            Route("DELETE", one, self.delete_credential, None, 204, headers=("If-Match",)),
        ]

    def _variables(self) -> list[Route]:
        var = "/variables/{name}"
        return [
            Route("GET", "/variables", self.list_variables, VariableList),
            Route("POST", "/variables", self.create_variable, VariableInfo, 201, NewVariable),
            Route("GET", var, self.get_variable, VariableInfo, headers=("If-None-Match",)),
            Route(
                "PUT",
                var,
                self.put_variable,
                VariableInfo,
                200,
                VariableBody,
                headers=("If-Match", "If-None-Match"),
                others=((201, VariableInfo),),
            ),
            Route("DELETE", var, self.delete_variable, None, 204, headers=("If-Match",)),
        ]

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

    async def create_credential(
        self, project: InProject, caller: Who, body: NewCredentialArg
    ) -> Response:
        """Keep a new credential, sealed; one of this name is not replaced but told (409)."""
        _check_named(body.project, project, "project")
        with _exists(body.name):
            kept = await self._registry.set_credential(
                caller,
                project,
                body.name,
                body.type,
                body.fields,
                domains=body.allowed_domains,
                node_types=body.allowed_node_types,
                if_match=0,
            )
        return _kept(kept, f"/api/v1/projects/{project}/credentials/{kept.name}")

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
                if_match=_expected(condition),
            )
        return _kept(kept)

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

    async def delete_credential(
        self, request: Request, project: InProject, name: str, caller: Who
    ) -> Response:
        """Delete a credential; what names it fails from now on. With `If-Match` only that revision."""
        condition = precondition_of(request)
        with _stale_when_named(condition):
            await self._registry.delete_credential(
                caller, project, name, if_match=_expected(condition)
            )
        return reply(204)

    async def list_variables(
        self, project: InProject, caller: Who, limit: Limit = PAGE_SIZE, cursor: Cursor = None
    ) -> Response:
        """Return a page of the variables of a project, by name."""
        found = await self._registry.list_variables(caller, project, limit=limit, cursor=cursor)
        return page([variable.shown() for variable in found.items], found.next_cursor)

    async def create_variable(
        self, project: InProject, caller: Who, body: NewVariableArg
    ) -> Response:
        """Keep a new variable; one of this name is not replaced but told (409)."""
        with _exists(body.name):
            kept = await self._registry.set_variable(
                caller, project, body.name, body.value, if_match=0
            )
        return _kept(kept, f"/api/v1/projects/{project}/variables/{kept.name}")

    async def get_variable(
        self, request: Request, project: InProject, name: str, caller: Who
    ) -> Response:
        """Return a variable."""
        found = await self._registry.get_variable(caller, project, name)
        return revision_answer(request, found.revision, found.shown())

    async def put_variable(
        self, request: Request, project: InProject, name: str, caller: Who, body: VariableArg
    ) -> Response:
        """Keep a variable; expressions read it as `$vars.NAME`. With `If-None-Match: *` only a new one, with `If-Match` only that revision."""
        condition = precondition_of(request)
        with _stale_when_named(condition):
            kept = await self._registry.set_variable(
                caller, project, name, body.value, if_match=_expected(condition)
            )
        return _kept(kept)

    async def delete_variable(
        self, request: Request, project: InProject, name: str, caller: Who
    ) -> Response:
        """Delete a variable. With `If-Match` only that revision."""
        condition = precondition_of(request)
        with _stale_when_named(condition):
            await self._registry.delete_variable(
                caller, project, name, if_match=_expected(condition)
            )
        return reply(204)


def _stale_when_named(condition: Precondition) -> AbstractContextManager[None]:
    """Tell a conflict as 412 where the caller named a condition (RFC 9110, 13.1), else as 409."""
    has_named = condition.must_be_new or condition.revision is not None
    return stale_when_changed() if has_named else nullcontext()


def _expected(condition: Precondition) -> int | None:
    """Return the revision that is asked for; 0 is that of what does not exist."""
    return 0 if condition.must_be_new else condition.revision


@contextmanager
def _exists(name: str) -> Iterator[None]:
    """Tell that one of this name is there already as other lists do."""
    try:
        yield
    except ConflictError as error:
        raise ExistsError(f"{name} exists already: PUT replaces it") from error


def _kept(kept: Credential | Variable, location: str | None = None) -> Response:
    """Answer 201 for what was not there before (RFC 9110, 9.3.4): its revisions begin with 1."""
    status = 201 if kept.revision == 1 else 200
    headers = {"etag": etag_of(kept.revision)} | ({"location": location} if location else {})
    return reply(status, kept.shown(), headers)


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
