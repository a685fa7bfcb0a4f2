"""What the gateway needs from the outside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Protocol

from alur_common.definitions import DraftRecord, Verdict, VersionRecord, WorkflowRecord
from alur_common.executions import Execution
from alur_common.previews import Preview
from alur_common.security.records import (
    AuditRow,
    Member,
    NewProducer,
    NewToken,
    Page,
    Producer,
    Project,
    Session,
    Token,
    UnsealedCredential,
)
from alur_common.security.rights import Caller, Role
from alur_gateway.domain.shown import Overview
from alur_gateway.ports.secrets import Secrets


class HookTable(Protocol):
    """The part of the registry that every webhook call needs."""

    def find_hook(self, hook_id: str) -> WorkflowRecord | None:
        """Return the workflow with this webhook id, by one look into memory."""

    async def load_hook(self, hook_id: str) -> WorkflowRecord | None:
        """Return the same from the store, for a process that does not see every change at once."""

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

    async def overview(self, execution: Execution) -> Overview:
        """Return its nodes `{name, status, attempts, items, runs?, startedAt, durationMs, error?}`, and what it rests for."""

    async def node(
        self, execution: Execution, name: str, cursor: str | None, limit: int
    ) -> dict[str, Any]:
        """Return `{name, runs: [{path, status, attempt, input, output, error?}], nextCursor}`.

        Raises `NotFoundError` for a node that the version does not have.
        """

    async def logs(self, execution: Execution, node: str | None) -> list[dict[str, Any]]:
        """Return `[{node, path, attempt, at, text}]`, the oldest first. Raises the same."""

    async def files(self, execution: Execution) -> list[dict[str, Any]]:
        """Return `[{blob, size, mediaType, fileName?, name, node, path, item}]`: what its node runs emitted."""


class Previews(Protocol):
    """Tries expressions in the jail of an executor."""

    async def preview(self, tenant: str, asked: Preview) -> list[list[Any]]:
        """Return what each script comes to, as the jail tells it. Raises why it could not be tried."""


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
        managed_by: str = "",
        request_id: str = "",
    ) -> tuple[WorkflowRecord, bool]:
        """Create or replace; return the record and whether it is new. A repeat by `request_id` creates nothing."""

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
        self,
        caller: Caller,
        project: str,
        name: str,
        *,
        if_match: int | None = None,
        managed_by: str = "",
    ) -> None:
        """Delete it; its versions stay."""

    async def validate(self, caller: Caller, document: object) -> Verdict:
        """Return every problem of a document, and what is risky or doubtful in a sound one."""

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

    async def save_draft(
        self,
        caller: Caller,
        project: str,
        name: str,
        document: object,
        *,
        base: int = 0,
        if_match: int | None = None,
        if_none_match: bool = False,
    ) -> DraftRecord:
        """Keep what is not published yet, and return it at its new revision."""

    async def get_draft(self, caller: Caller, project: str, name: str) -> DraftRecord | None:
        """Return the draft, or None."""

    async def delete_draft(
        self, caller: Caller, project: str, name: str, *, if_match: int | None = None
    ) -> None:
        """Drop the draft."""

    async def publish(
        self,
        caller: Caller,
        project: str,
        name: str,
        document: object = None,
        *,
        if_match: int | None = None,
        draft: int | None = None,
    ) -> WorkflowRecord:
        """Make a version of the document, which was drawn from this `draft`, or of the draft."""

    async def shown(self, record: WorkflowRecord, caller: Caller | None = None) -> dict[str, Any]:
        """Return the document with what the server knows."""


class Catalogue(Protocol):
    """The part of the registry that knows node types."""

    async def list_node_types(self, caller: Caller) -> list[dict[str, Any]]:
        """Return all node types."""

    async def get_node_type(self, caller: Caller, name: str) -> dict[str, Any]:
        """Return one, or raise `NotFoundError`."""


class SignIn(Protocol):
    """The part of the registry that knows who asks."""

    async def authenticate(self, *, bearer: str | None = None, cookie: str | None = None) -> Caller:
        """Return who comes with this token or session, or raise `UnauthenticatedError`."""

    async def sign_in(self, token: str) -> Session:
        """Take a one-time token for a session, or raise `UnauthenticatedError`."""

    async def refresh(self, refresh_token: str) -> Session:
        """Go on with a session, or raise `UnauthenticatedError`."""

    async def sign_out(self, caller: Caller) -> None:
        """End the caller's session."""

    async def me(self, caller: Caller) -> dict[str, Any]:
        """Return who the caller is, as the API answers it."""


class People(Protocol):
    """The part of the registry that keeps people, tokens and projects."""

    async def create_token(
        self,
        caller: Caller,
        *,
        name: str,
        role: Role | None = None,
        scopes: Sequence[str] = ("*",),
        projects: Sequence[str] | None = None,
        expires_in_seconds: float | None = None,
    ) -> NewToken:
        """Make a token that may no more than its maker."""

    async def list_tokens(
        self,
        caller: Caller,
        *,
        everyone: bool = False,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[Token]:
        """Return a page of the caller's tokens, or of everyone's, the oldest first."""

    async def revoke_token(self, caller: Caller, token_id: str) -> None:
        """End a token at once."""

    async def create_producer(self, caller: Caller, *, name: str) -> NewProducer:
        """Make a key by which somebody outside signs events."""

    async def list_producers(
        self, caller: Caller, *, limit: int = 50, cursor: str | None = None
    ) -> Page[Producer]:
        """Return a page of those who have such a key, the oldest first."""

    async def revoke_producer(self, caller: Caller, producer: str) -> None:
        """End such a key."""

    async def list_projects(
        self, caller: Caller, *, limit: int = 50, cursor: str | None = None
    ) -> Page[Project]:
        """Return a page of the projects within reach, by name."""

    async def get_project(self, caller: Caller, name: str) -> Project:
        """Return one, or raise `NotFoundError`."""

    async def create_project(self, caller: Caller, name: str, title: str = "") -> Project:
        """Make a project."""

    async def delete_project(self, caller: Caller, name: str) -> None:
        """Delete an empty project."""

    async def list_members(
        self, caller: Caller, *, limit: int = 50, cursor: str | None = None
    ) -> Page[Member]:
        """Return a page of members."""

    async def get_member(self, caller: Caller, member_id: str) -> Member:
        """Return one, or raise `NotFoundError`."""

    async def add_member(
        self,
        caller: Caller,
        *,
        name: str,
        email: str = "",
        role: Role = "viewer",
        projects: Sequence[str] | None = None,
    ) -> Member:
        """Add a person."""

    async def change_member(
        self,
        caller: Caller,
        member_id: str,
        *,
        role: Role | None = None,
        name: str | None = None,
        projects: Sequence[str] | Literal["same"] | None = "same",
    ) -> Member:
        """Change what is given."""

    async def invite_member(self, caller: Caller, member_id: str) -> str:
        """Return a one-time sign-in token for a person."""

    async def remove_member(self, caller: Caller, member_id: str) -> None:
        """Remove a person with their sessions and tokens."""

    async def record(
        self,
        caller: Caller,
        action: str,
        resource: str,
        target: str,
        *,
        project: str | None = None,
        **details: Any,
    ) -> None:
        """Write a row into the audit log."""

    async def list_audit(
        self, caller: Caller, *, limit: int = 50, cursor: str | None = None
    ) -> Page[AuditRow]:
        """Return rows of the audit log, newest first."""

    async def list_security_events(
        self,
        caller: Caller,
        *,
        kind: str | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[AuditRow]:
        """Return rows of the audit log that tell of security events, newest first."""

    async def verify_audit(self, caller: Caller) -> dict[str, Any]:
        """Return `{valid, rows, firstBad}`."""


class Registry(HookTable, Definitions, Workflows, Catalogue, SignIn, People, Secrets, Protocol):
    """All of the registry that the gateway uses."""
