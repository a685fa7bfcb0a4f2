"""What the registry needs from the outside."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from alur_common.definitions import DraftRecord, VersionRecord, WorkflowRecord
from alur_common.documents.port import Where
from alur_common.security.records import AuditRow, Member, Project, Variable
from alur_engine.document import Workflow
from alur_engine.validation import Bounds
from alur_registry.domain.entities import (
    AuditHead,
    KeptCredential,
    KeptProducer,
    KeptSession,
    KeptToken,
    KeptWorkflow,
    Link,
    Notice,
    Tenant,
)
from alur_sdk.errors import Problem

T = TypeVar("T")
BoundsOf = Callable[[str, str], Bounds]
"""What nodes of a tenant's project may do."""
ReachOf = Callable[[str], dict[str, str]]
"""The networks that a tenant's nodes may reach beside the public internet: project, or `*` for all -> networks."""
Validate = Callable[[object], tuple[Workflow | None, Sequence[Problem]]]
"""Read a raw document: the workflow when it is sound, and every problem with its path."""


class Repository(Protocol[T]):
    """Where things of one kind are kept, by keys of parts joined with slashes."""

    async def insert(self, entity: T) -> T:
        """Keep a new one, or raise `ExistsError`."""

    async def find(self, *key: str) -> T | None:
        """Return it, or None."""

    async def save(self, entity: T) -> T:
        """Keep it at its next revision, or raise `ConflictError` when someone changed it first, `NotFoundError` when gone."""

    async def remove(self, *key: str, at_revision: int | None = None) -> bool:
        """Remove it; return whether it was there. Raises `ConflictError` at another revision."""

    async def search(
        self,
        where: Sequence[Where],
        *,
        sort: Sequence[str] = ("id",),
        limit: int = 100,
        after: Sequence[Any] | None = None,
    ) -> list[T]:
        """Return those that match; `after` holds the sort fields and then the id of the last one seen."""

    async def remove_some(self, where: Sequence[Where], *, limit: int) -> int:
        """Remove at most `limit` that match and return how many."""


@dataclass(frozen=True, slots=True)
class Store:
    """All that the registry keeps."""

    workflows: Repository[KeptWorkflow]
    versions: Repository[VersionRecord]
    drafts: Repository[DraftRecord]
    notices: Repository[Notice]
    credentials: Repository[KeptCredential]
    variables: Repository[Variable]
    projects: Repository[Project]
    members: Repository[Member]
    tokens: Repository[KeptToken]
    producers: Repository[KeptProducer]
    sessions: Repository[KeptSession]
    links: Repository[Link]
    tenants: Repository[Tenant]
    audit: Repository[AuditRow]
    heads: Repository[AuditHead]


class Outlook(Protocol):
    """What others know about a workflow, for its status."""

    async def last_execution(self, record: WorkflowRecord) -> Mapping[str, Any] | None:
        """Return the newest execution as the API shows it in short, or None."""

    async def triggers(self, record: WorkflowRecord) -> Mapping[str, Mapping[str, Any]]:
        """Return trigger -> what its status says beside: `{nextDue?, lag?, error?}`."""

    async def unserved(self, pools: Sequence[str]) -> list[str]:
        """Return which of these pools no executor that lives serves."""
