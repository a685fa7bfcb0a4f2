"""Workflows and their versions over REST."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Query
from fastapi.responses import Response
from starlette.requests import Request

from alur_common.definitions import DraftRecord, VersionRecord, WorkflowRecord
from alur_common.security.rights import Caller
from alur_engine.document import Workflow
from alur_gateway.adapters.rest.bodies import document_body, json_body, raw_body
from alur_gateway.adapters.rest.models import (
    Version,
    VersionPage,
    WorkflowDocument,
    WorkflowPage,
)
from alur_gateway.adapters.rest.preconditions import (
    etag_of,
    is_fresh,
    precondition_of,
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
from alur_gateway.service.use_cases import UseCases
from alur_sdk.instants import rfc3339
from alur_sdk.items import Json

DryRun = Annotated[bool, Query(alias="dryRun", description="Check and answer, but keep nothing.")]
Document = Annotated[Any, Depends(document_body)]


MANAGED_BY = "Alur-Managed-By"


class WorkflowRoutes:
    """Handlers around workflows; the names are operations of the table of rights."""

    def __init__(self, use: UseCases) -> None:
        self._use = use

    def routes(self) -> list[Route]:
        """Return the routes."""
        many = "/projects/{project}/workflows"
        one = many + "/{name}"
        version = one + "/versions/{number}"
        shown, sent = WorkflowDocument, Workflow
        managed = ("If-Match", MANAGED_BY)
        routes = [
            Route("GET", many, self.list_workflows, WorkflowPage),
            Route("POST", many, self.create_workflow, shown, 201, sent),
            Route("GET", one, self.get_workflow, shown, headers=("If-None-Match",)),
            Route(
                "PUT",
                one,
                self.put_workflow,
                shown,
                200,
                sent,
                headers=("If-Match", "If-None-Match", MANAGED_BY),
                others=((201, shown),),
            ),
            Route("PATCH", one, self.patch_workflow, shown, 200, sent, headers=("If-Match",)),
            Route("DELETE", one, self.delete_workflow, None, 204, headers=managed),
            *self._draft_routes(one),
            Route("GET", one + "/versions", self.list_versions, VersionPage),
            Route("GET", version, self.get_version, Version),
            Route("POST", version + "/restore", self.restore_version, shown, headers=("If-Match",)),
        ]
        return [_tagged(route) for route in routes]

    def _draft_routes(self, one: str) -> list[Route]:
        shown, sent = WorkflowDocument, Workflow
        return [
            Route(
                "POST",
                one + ":publish",
                self.publish_workflow,
                shown,
                200,
                sent,
                headers=("If-Match",),
            ),
            Route("GET", one + "/draft", self.get_draft, sent),
            Route(
                "PUT",
                one + "/draft",
                self.put_draft,
                None,
                204,
                sent,
                headers=("If-Match", "If-None-Match"),
            ),
            Route("DELETE", one + "/draft", self.delete_draft, None, 204, headers=("If-Match",)),
        ]

    async def list_workflows(
        self,
        project: str,
        caller: Who,
        limit: Limit = PAGE_SIZE,
        cursor: Cursor = None,
        search: Annotated[str, Query(max_length=200, description="In name or title.")] = "",
    ) -> Response:
        """Return a page of workflows, by name."""
        found = await self._use.registry.list_workflows(
            caller, project, limit=limit, cursor=cursor, search=search
        )
        return page([await self._use.shown(r, caller) for r in found.items], found.next_cursor)

    async def create_workflow(
        self, project: str, caller: Who, document: Document, dry_run: DryRun = False
    ) -> Response:
        """Create a workflow; it must not exist."""
        record, _ = await self._use.registry.save(
            caller, project, document, if_none_match=True, dry_run=dry_run
        )
        location = f"/api/v1/projects/{project}/workflows/{record.name}"
        return await self._answer(201, record, caller, {"location": location})

    async def get_workflow(
        self, request: Request, project: str, name: str, caller: Who
    ) -> Response:
        """Return a workflow; its revision is the ETag."""
        record = await self._use.registry.get_workflow(caller, project, name)
        etag = etag_of(record.revision)
        if is_fresh(request, etag):
            return Response(status_code=304, headers={"etag": etag})
        shown = await self._use.shown(record, caller)
        draft = await self._use.registry.get_draft(caller, project, name)
        shown["status"]["draft"] = None if draft is None else _draft(draft)
        return reply(200, shown, {"etag": etag})

    async def put_workflow(
        self,
        *,
        request: Request,
        project: str,
        name: str,
        caller: Who,
        document: Document,
        dry_run: DryRun = False,
    ) -> Response:
        """Create or replace a workflow: `If-Match` when it exists, `If-None-Match: *` when it must not."""
        record, is_new = await self._use.put_workflow(
            caller,
            project,
            name,
            document,
            precondition_of(request),
            dry_run=dry_run,
            managed_by=request.headers.get(MANAGED_BY, ""),
        )
        return await self._answer(201 if is_new else 200, record, caller)

    async def patch_workflow(
        self,
        *,
        request: Request,
        project: str,
        name: str,
        caller: Who,
        patch: Annotated[Json, Depends(json_body)],
        dry_run: DryRun = False,
    ) -> Response:
        """Change a workflow by a JSON merge patch (RFC 7396)."""
        record = await self._use.patch_workflow(
            caller, project, name, patch, precondition_of(request), dry_run=dry_run
        )
        return await self._answer(200, record, caller)

    async def delete_workflow(
        self, request: Request, project: str, name: str, caller: Who
    ) -> Response:
        """Delete a workflow; its executions stay as long as they are kept."""
        await self._use.delete_workflow(
            caller,
            project,
            name,
            precondition_of(request),
            managed_by=request.headers.get(MANAGED_BY, ""),
        )
        return reply(204)

    async def publish_workflow(
        self,
        *,
        request: Request,
        project: str,
        name: str,
        caller: Who,
        draft: Annotated[
            int | None, Query(ge=1, description="The revision of the draft that is done with this.")
        ] = None,
    ) -> Response:
        """Make a version of the document that is sent, or of the draft. A draft at another revision stays."""
        sent = await raw_body(request)
        document = await document_body(request) if sent.strip() not in {b"", b"{}"} else None
        record = await self._use.publish_workflow(
            caller, project, name, document, precondition_of(request), draft=draft
        )
        return await self._answer(200, record, caller)

    async def get_draft(self, project: str, name: str, caller: Who) -> Response:
        """Return what was not published yet; the draft's own revision is the ETag."""
        draft = await self._use.get_draft(caller, project, name)
        return reply(200, draft.document, {"etag": etag_of(draft.revision)})

    async def put_draft(
        self,
        *,
        request: Request,
        project: str,
        name: str,
        caller: Who,
        document: Document,
        base: Annotated[
            int, Query(ge=0, description="The revision of the workflow that it was drawn on.")
        ] = 0,
    ) -> Response:
        """Keep a draft, valid or not. Without `If-Match` or `If-None-Match: *` the last writer wins."""
        draft = await self._use.save_draft(
            caller, project, name, document, base=base, precondition=precondition_of(request)
        )
        return reply(204, headers={"etag": etag_of(draft.revision)})

    async def delete_draft(
        self, request: Request, project: str, name: str, caller: Who
    ) -> Response:
        """Drop what was not published; without a draft nothing happens."""
        await self._use.delete_draft(caller, project, name, precondition_of(request))
        return reply(204)

    async def list_versions(
        self,
        project: str,
        name: str,
        caller: Who,
        limit: Limit = PAGE_SIZE,
        cursor: Cursor = None,
    ) -> Response:
        """Return a page of versions, the newest first."""
        record = await self._use.registry.get_workflow(caller, project, name)
        found = await self._use.registry.list_versions(
            caller, project, name, limit=limit, cursor=cursor
        )
        return page([_version(v, record.version) for v in found.items], found.next_cursor)

    async def get_version(self, project: str, name: str, number: int, caller: Who) -> Response:
        """Return one version with its document."""
        record = await self._use.registry.get_workflow(caller, project, name)
        version = await self._use.registry.get_version(caller, project, name, number)
        return reply(200, _version(version, record.version) | {"document": version.document})

    async def restore_version(
        self, request: Request, project: str, name: str, number: int, caller: Who
    ) -> Response:
        """Make an old version the newest one."""
        record = await self._use.restore_version(
            caller, project, name, number, precondition_of(request)
        )
        return await self._answer(200, record, caller)

    async def _answer(
        self,
        status: int,
        record: WorkflowRecord,
        caller: Caller,
        headers: dict[str, str] | None = None,
    ) -> Response:
        shown = await self._use.shown(record, caller)
        return reply(status, shown, {"etag": etag_of(record.revision), **(headers or {})})


def _draft(draft: DraftRecord) -> dict[str, Any]:
    return {
        "revision": draft.revision,
        "base": draft.base,
        "changedBy": draft.changed_by,
        "changedAt": rfc3339(draft.changed_at),
    }


def _version(version: VersionRecord, active: int) -> dict[str, Any]:
    return {
        "version": version.version,
        "createdAt": rfc3339(version.created_at),
        "createdBy": version.created_by,
        "active": version.version == active,
    }


def _tagged(route: Route) -> Route:
    return route.tagged("workflows")
