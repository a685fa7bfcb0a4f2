"""All use cases together, as REST and gRPC share them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from alur_common.clock import Clock
from alur_common.definitions import DraftRecord, WorkflowRecord, check_manager
from alur_common.executions import Execution
from alur_common.security.rights import Caller, authorize
from alur_gateway.domain.errors import PreconditionError, StaleError
from alur_gateway.domain.rights import RIGHTS
from alur_gateway.ports import Registry
from alur_gateway.service.changes import WorkflowChanges
from alur_gateway.service.evaluating import Evaluating
from alur_gateway.service.executions import ExecutionService
from alur_gateway.service.refusals import Refusals
from alur_gateway.service.watching import Watching
from alur_sdk.errors import ConflictError, ExistsError, NotFoundError


@dataclass(frozen=True, slots=True)
class Precondition:
    """What a write says it saw: a revision, or that nothing was there."""

    revision: int | None = None
    must_be_new: bool = False
    any_revision: bool = False
    """`If-Match: *`: whatever is there."""

    @property
    def names_none(self) -> bool:
        """Nobody said which revision they saw."""
        return self.revision is None and not self.any_revision


@dataclass(frozen=True, slots=True)
class UseCases:
    """What the gateway does for its callers."""

    registry: Registry
    executions: ExecutionService
    watching: Watching
    evaluating: Evaluating
    clock: Clock
    changes: WorkflowChanges
    refusals: Refusals

    def authorize(self, operation: str, caller: Caller, project: str | None) -> None:
        """Raise `ForbiddenError` or `NotFoundError` unless the caller may do this operation in the project."""
        action, resource = RIGHTS[operation]
        if project is None and caller.projects and resource in {"workflows", "executions"}:
            project = min(caller.projects)
        authorize(caller, action, resource, project)

    async def put_workflow(
        self,
        caller: Caller,
        project: str,
        name: str,
        document: object,
        precondition: Precondition,
        *,
        dry_run: bool = False,
        managed_by: str = "",
    ) -> tuple[WorkflowRecord, bool]:
        """Create or replace a workflow; return it and whether it is new. `managed_by` says for whom it is done.

        Raises `PreconditionError` when it exists and the caller names no revision, `StaleError` when it is
        not the newest one or something is there that must not be.
        """
        try:
            return await self.registry.save(
                caller,
                project,
                document,
                name=name,
                if_match=precondition.revision,
                if_none_match=precondition.names_none,
                dry_run=dry_run,
                managed_by=managed_by,
            )
        except ExistsError as error:
            if precondition.must_be_new:
                raise StaleError(error.message) from error
            await self._check_manager(caller, project, name, managed_by)
            message = f"the workflow {name} exists: send its ETag in If-Match to replace it"
            raise PreconditionError(message) from error
        except ConflictError as error:
            raise StaleError(error.message, **error.details) from error

    async def patch_workflow(
        self,
        caller: Caller,
        project: str,
        name: str,
        patch: object,
        precondition: Precondition,
        *,
        dry_run: bool = False,
    ) -> WorkflowRecord:
        """Change a workflow by a merge patch; raises `StaleError` when it changed meanwhile."""
        await self.need_revision(caller, project, name, precondition)
        with stale_when_changed():
            return await self.registry.patch_workflow(
                caller, project, name, patch, if_match=precondition.revision, dry_run=dry_run
            )

    async def delete_workflow(
        self,
        caller: Caller,
        project: str,
        name: str,
        precondition: Precondition,
        *,
        managed_by: str = "",
    ) -> None:
        """Delete a workflow; raises `StaleError` when it changed meanwhile."""
        await self.need_revision(caller, project, name, precondition, managed_by=managed_by)
        with stale_when_changed():
            await self.registry.delete_workflow(
                caller, project, name, if_match=precondition.revision, managed_by=managed_by
            )

    async def need_revision(
        self,
        caller: Caller,
        project: str,
        name: str,
        precondition: Precondition,
        *,
        managed_by: str = "",
    ) -> None:
        """Raise `PreconditionError` where a change names no revision, and `ManagedError` where to name one would not help."""
        if precondition.names_none:
            await self._check_manager(caller, project, name, managed_by)
            raise PreconditionError(
                "send the ETag that you saw: in If-Match by REST, as `etag` by gRPC; `*` is whatever is there"
            )

    async def _check_manager(
        self, caller: Caller, project: str, name: str, managed_by: str
    ) -> None:
        if caller.may("read", "workflows", project):
            check_manager(await self.registry.get_workflow(caller, project, name), managed_by)

    async def publish_workflow(
        self,
        caller: Caller,
        project: str,
        name: str,
        document: object,
        precondition: Precondition,
        *,
        draft: int | None = None,
    ) -> WorkflowRecord:
        """Make a version of a document, which was drawn from this `draft`, or of the draft when it is None."""
        with stale_when_changed():
            return await self.registry.publish(
                caller, project, name, document, if_match=precondition.revision, draft=draft
            )

    async def restore_version(
        self,
        caller: Caller,
        project: str,
        name: str,
        number: int,
        precondition: Precondition,
    ) -> WorkflowRecord:
        """Make an old version the newest one."""
        with stale_when_changed():
            return await self.registry.restore_version(
                caller, project, name, number, if_match=precondition.revision
            )

    async def save_draft(
        self,
        caller: Caller,
        project: str,
        name: str,
        document: object,
        *,
        base: int,
        precondition: Precondition,
    ) -> DraftRecord:
        """Keep a draft; raises `StaleError` when it is not the one that the caller saw."""
        with stale_when_changed():
            return await self.registry.save_draft(
                caller,
                project,
                name,
                document,
                base=base,
                if_match=precondition.revision,
                if_none_match=precondition.must_be_new,
            )

    async def delete_draft(
        self, caller: Caller, project: str, name: str, precondition: Precondition
    ) -> None:
        """Drop a draft; raises `StaleError` when it is not the one that the caller saw."""
        with stale_when_changed():
            await self.registry.delete_draft(caller, project, name, if_match=precondition.revision)

    async def get_draft(self, caller: Caller, project: str, name: str) -> DraftRecord:
        """Return the draft, or raise `NotFoundError`."""
        draft = await self.registry.get_draft(caller, project, name)
        if draft is None:
            raise NotFoundError(f"{name} has no draft")
        return draft

    async def audit(self, caller: Caller, action: str, execution: Execution) -> None:
        """Record what a person did to an execution."""
        await self.registry.record(
            caller, action, "executions", execution.id, project=execution.project
        )

    async def shown(self, record: WorkflowRecord, caller: Caller) -> dict[str, Any]:
        """Return a workflow as the API answers it."""
        return await self.registry.shown(record, caller)


@contextlib.contextmanager
def stale_when_changed() -> Iterator[None]:
    """Tell a conflict of revisions as `StaleError`: the caller named the revision that it saw."""
    try:
        yield
    except ConflictError as error:
        raise StaleError(error.message, **error.details) from error
