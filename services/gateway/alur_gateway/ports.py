"""What the gateway needs from the outside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from alur_common.definitions import VersionRecord, WorkflowRecord
from alur_common.executions import Execution
from alur_common.security.records import (
    Page,
    UnsealedCredential,
)
from alur_common.security.rights import Caller
from alur_sdk.errors import Problem
from alur_sdk.items import Json


class HookTable(Protocol):
    """The part of the registry that every webhook call needs."""

    def find_hook(self, hook_id: str) -> WorkflowRecord | None:
        """Return the workflow with this webhook id, by one look into memory."""

    async def unseal(self, tenant: str, project: str, name: str) -> UnsealedCredential:
        """Return the credential, or raise `NotFoundError`."""


class Definitions(Protocol):
    """The part of the registry that starting an execution needs."""

    async def active(self, tenant: str, project: str, name: str) -> WorkflowRecord:
        """Return the workflow with its active version, or raise `NotFoundError`."""

    async def version(self, uid: str, number: int) -> VersionRecord:
        """Return one version of a workflow that may be deleted since, or raise `NotFoundError`."""


class History(Protocol):
    """Node runs of an execution, read from its journal."""

    async def summary(self, execution: Execution) -> list[dict[str, Any]]:
        """Return `[{name, status, attempts, items, startedAt, durationMs, error?}]`."""

    async def node(
        self, execution: Execution, name: str, cursor: str | None, limit: int
    ) -> dict[str, Any]:
        """Return `{name, runs: [{path, status, attempt, input, output, error?}], nextCursor?}`.

        Raises `NotFoundError` for a node that the version does not have.
        """


class Evaluate(Protocol):
    """Evaluates one template against data that the caller gives."""

    def __call__(self, expression: str, data: Mapping[str, Any], now: float) -> Json:
        """Return its value, or raise `ExpressionError` or `LimitError`."""


class Workflows(Protocol):
    """The part of the registry that keeps workflows. Every method authorizes its caller."""

    async def save(
        self,
        caller: Caller,
        project: str,
        document: object,
        *,
        name: str | None = None,
        if_match: int | None = None,
        if_none_match: bool = False,
        dry_run: bool = False,
    ) -> tuple[WorkflowRecord, bool]:
        """Create or replace; return the record and whether it is new."""

    async def patch_workflow(
        self,
        caller: Caller,
        project: str,
        name: str,
        patch: object,
        *,
        if_match: int | None = None,
        dry_run: bool = False,
    ) -> WorkflowRecord:
        """Change by a JSON merge patch (RFC 7396)."""

    async def get_workflow(self, caller: Caller, project: str, name: str) -> WorkflowRecord:
        """Return it, or raise `NotFoundError`."""

    async def list_workflows(
        self,
        caller: Caller,
        project: str,
        *,
        limit: int = 50,
        cursor: str | None = None,
        search: str = "",
    ) -> Page[WorkflowRecord]:
        """Return a page by name."""

    async def delete_workflow(
        self, caller: Caller, project: str, name: str, *, if_match: int | None = None
    ) -> None:
        """Delete it; its versions stay."""

    async def validate(self, caller: Caller, document: object) -> list[Problem]:
        """Return every problem of a document."""

    async def list_versions(
        self,
        caller: Caller,
        project: str,
        name: str,
        *,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[VersionRecord]:
        """Return the versions, newest first."""

    async def get_version(
        self, caller: Caller, project: str, name: str, number: int
    ) -> VersionRecord:
        """Return one version, or raise `NotFoundError`."""

    async def restore_version(
        self, caller: Caller, project: str, name: str, number: int, *, if_match: int | None = None
    ) -> WorkflowRecord:
        """Make an old version the newest."""

    async def save_draft(self, caller: Caller, project: str, name: str, document: object) -> None:
        """Keep what is not published yet."""

    async def get_draft(self, caller: Caller, project: str, name: str) -> dict[str, Any] | None:
        """Return the draft's document, or None."""

    async def publish(
        self,
        caller: Caller,
        project: str,
        name: str,
        document: object = None,
        *,
        if_match: int | None = None,
    ) -> WorkflowRecord:
        """Make a version of the document, or of the draft."""

    async def shown(self, record: WorkflowRecord, caller: Caller | None = None) -> dict[str, Any]:
        """Return the document with what the server knows."""


class People(Protocol):
    """The part of the registry that knows people and what they carry."""

    async def authenticate(self, secret: str) -> Caller:
        """Return who comes with this token or session, or raise `UnauthenticatedError`."""


class Registry(HookTable, Definitions, Workflows, People, Protocol):
    """All of the registry that the gateway uses."""
