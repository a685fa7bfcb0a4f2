"""All use cases together, as REST and gRPC share them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from alur_common.clock import Clock
from alur_common.definitions import WorkflowRecord
from alur_common.security.rights import Caller, authorize
from alur_gateway.domain.errors import PreconditionError, StaleError
from alur_gateway.domain.rights import RIGHTS
from alur_gateway.ports import Evaluate, Registry
from alur_gateway.service.executions import ExecutionService
from alur_gateway.service.watching import Watching
from alur_sdk.errors import ConflictError, ExistsError


@dataclass(frozen=True, slots=True)
class Precondition:
    """What a write says it saw: a revision, or that nothing was there."""

    revision: int | None = None
    must_be_new: bool = False
    any_revision: bool = False
    """`If-Match: *`: whatever is there."""


@dataclass(frozen=True, slots=True)
class UseCases:
    """What the gateway does for its callers."""

    registry: Registry
    executions: ExecutionService
    watching: Watching
    evaluate: Evaluate
    clock: Clock

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
    ) -> tuple[WorkflowRecord, bool]:
        """Create or replace a workflow; return it and whether it is new.

        Raises `PreconditionError` when it exists and the caller names no revision, `StaleError` when it is
        not the newest one or something is there that must not be.
        """
        blind = precondition.revision is None and not precondition.any_revision
        try:
            return await self.registry.save(
                caller,
                project,
                document,
                name=name,
                if_match=precondition.revision,
                if_none_match=blind,
                dry_run=dry_run,
            )
        except ExistsError as error:
            if precondition.must_be_new:
                raise StaleError(error.message) from error
            message = f"the workflow {name} exists: send its ETag in If-Match to replace it"
            raise PreconditionError(message) from error
        except ConflictError as error:
            raise StaleError(error.message, **error.details) from error

    async def shown(self, record: WorkflowRecord, caller: Caller) -> dict[str, Any]:
        """Return a workflow as the API answers it."""
        return await self.registry.shown(record, caller)
