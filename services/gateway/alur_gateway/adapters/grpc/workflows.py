"""`WorkflowsService`."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator
from typing import Any

from alur_api.workflows.v1 import workflows_pb2 as pb
from alur_api.workflows.v1.workflows_pb2_grpc import WorkflowsServiceServicer
from alur_common.definitions import Verdict, VersionRecord, WorkflowRecord
from alur_gateway.adapters.grpc.guard import caller, project_of
from alur_gateway.adapters.grpc.messages import trigger_message
from alur_gateway.adapters.grpc.paging import page_size, token_named
from alur_gateway.adapters.grpc.structs import from_struct, timestamp_of, to_struct
from alur_gateway.service.use_cases import Precondition, UseCases
from alur_sdk.errors import InvalidError, NotFoundError, Problem

MAX_REQUEST_ID = 128


class WorkflowsServicer(WorkflowsServiceServicer):
    """Workflows, as `workflows.proto` describes them. Errors are translated by the guard."""

    def __init__(self, use: UseCases) -> None:
        self._use = use

    async def Create(self, request: pb.CreateRequest, _context: object) -> pb.CreateResponse:  # noqa: N802  # the name of the RPC
        document = from_struct(request.document, "document")
        project = project_of(request)
        record, _ = await self._use.registry.save(
            caller(),
            project,
            document,
            if_none_match=True,
            dry_run=request.validate_only,
            request_id=_request_id(request.request_id),
        )
        return pb.CreateResponse(workflow=await self._shown(record))

    async def Get(self, request: pb.GetRequest, _context: object) -> pb.GetResponse:  # noqa: N802  # the name of the RPC
        record = await self._use.registry.get_workflow(caller(), project_of(request), request.name)
        return pb.GetResponse(workflow=await self._shown(record))

    async def List(self, request: pb.ListRequest, _context: object) -> pb.ListResponse:  # noqa: N802  # the name of the RPC
        if request.order_by not in {"", "name"}:
            message = "workflows are listed by `name` and no other order"
            raise InvalidError(message, [Problem("order_by", "value", message)])
        with token_named():
            page = await self._use.registry.list_workflows(
                caller(),
                project_of(request),
                limit=page_size(request.page_size),
                cursor=request.page_token or None,
                search=request.filter,
            )
        shown = [await self._shown(record) for record in page.items]
        return pb.ListResponse(workflows=shown, next_page_token=page.next_cursor or "")

    async def Update(self, request: pb.UpdateRequest, _context: object) -> pb.UpdateResponse:  # noqa: N802  # the name of the RPC
        project = project_of(request)
        precondition = _precondition(request.etag)
        known = await self._use.registry.get_workflow(caller(), project, request.name)
        await self._use.need_revision(caller(), project, request.name, precondition)
        given = from_struct(request.document, "document")
        paths = list(request.update_mask.paths)
        record, _ = await self._use.put_workflow(
            caller(),
            project,
            request.name,
            _masked(known.document, given, paths) if paths else given,
            precondition,
            dry_run=request.validate_only,
        )
        return pb.UpdateResponse(workflow=await self._shown(record))

    async def Delete(self, request: pb.DeleteRequest, _context: object) -> pb.DeleteResponse:  # noqa: N802  # the name of the RPC
        await self._use.delete_workflow(
            caller(), project_of(request), request.name, _precondition(request.etag)
        )
        return pb.DeleteResponse()

    async def ListVersions(  # noqa: N802  # the name of the RPC
        self, request: pb.ListVersionsRequest, _context: object
    ) -> pb.ListVersionsResponse:
        with token_named():
            page = await self._use.registry.list_versions(
                caller(),
                project_of(request),
                request.name,
                limit=page_size(request.page_size),
                cursor=request.page_token or None,
            )
        versions = [_version(version) for version in page.items]
        return pb.ListVersionsResponse(versions=versions, next_page_token=page.next_cursor or "")

    async def Validate(self, request: pb.ValidateRequest, _context: object) -> pb.ValidateResponse:  # noqa: N802  # the name of the RPC
        try:
            document = from_struct(request.document, "document")
        except InvalidError as error:
            verdict = Verdict(list(error.problems), [])
        else:
            verdict = await self._use.registry.validate(caller(), document)
        problems, warnings = (
            [pb.Problem(path=p.path, code=p.code, message=p.message) for p in found]
            for found in (verdict.problems, verdict.warnings)
        )
        return pb.ValidateResponse(problems=problems, warnings=warnings)

    async def Watch(  # noqa: N802  # the name of the RPC
        self, request: pb.WatchRequest, _context: object
    ) -> AsyncIterator[pb.WatchResponse]:
        project = project_of(request)
        await self._use.registry.list_workflows(caller(), project, limit=1)
        changes = self._use.changes.follow(caller().tenant, project, request.resume_token)
        async for change in changes:
            message = pb.WatchResponse(resume_token=change.token)
            if not change.name:
                message.bookmark.SetInParent()
            elif (workflow := await self._find(project, change.name)) is None:
                message.deleted = change.name
            else:
                message.changed.CopyFrom(workflow)
            yield message

    async def _find(self, project: str, name: str) -> pb.Workflow | None:
        try:
            return await self._shown(await self._use.registry.get_workflow(caller(), project, name))
        except NotFoundError:
            return None

    async def _shown(self, record: WorkflowRecord) -> pb.Workflow:
        shown = await self._use.shown(record, caller())
        return pb.Workflow(
            project=record.project,
            name=record.name,
            uid=record.uid,
            active_version=record.version,
            etag=str(record.revision),
            document=to_struct(shown),
            triggers=[trigger_message(trigger) for trigger in shown["status"]["triggers"]],
        )


def _request_id(given: str) -> str:
    if len(given) > MAX_REQUEST_ID:
        message = f"has {len(given)} characters: a UUID does, and {MAX_REQUEST_ID} are the most"
        raise InvalidError(f"request_id {message}", [Problem("request_id", "too-long", message)])
    return given


def _version(record: VersionRecord) -> pb.Version:
    return pb.Version(
        version=record.version,
        created_at=timestamp_of(record.created_at),
        created_by=record.created_by,
        document=to_struct(record.document),
    )


def _precondition(etag: str) -> Precondition:
    if etag == "*":
        return Precondition(any_revision=True)
    if not etag:
        return Precondition()
    if not etag.isascii() or not etag.isdigit():
        message = "no etag of ours: take it from Get"
        raise InvalidError(message, [Problem("etag", "value", message)])
    return Precondition(revision=int(etag))


def _masked(known: dict[str, Any], given: dict[str, Any], paths: list[str]) -> dict[str, Any]:
    """Return the known document with the parts that the paths name taken from the given one."""
    document = copy.deepcopy(known)
    for path in paths:
        *above, last = path.removeprefix("document.").split(".")
        target, source = document, given
        for part in above:
            target = target.setdefault(part, {})
            source = source.get(part, {})
            if not isinstance(target, dict) or not isinstance(source, dict):
                message = f"{path} leads into something that is no object"
                raise InvalidError(message, [Problem("update_mask", "value", message)])
        if last in source:
            target[last] = source[last]
        else:
            target.pop(last, None)
    return document
