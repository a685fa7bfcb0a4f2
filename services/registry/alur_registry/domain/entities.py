"""What the registry keeps, beside the records that it hands out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from alur_common.definitions import VersionRecord, WorkflowRecord
from alur_common.security.records import Credential, Producer, Token
from alur_common.security.rights import Role


@dataclass(frozen=True, slots=True)
class KeptWorkflow(WorkflowRecord):
    """A workflow with who made its active version, and by which request it was created, if that had an id."""

    activated_by: str = ""
    request: str = ""

    def archived(self) -> VersionRecord:
        """Return the active version as it is kept once another takes its place."""
        return VersionRecord(
            tenant=self.tenant,
            project=self.project,
            name=self.name,
            uid=self.uid,
            version=self.version,
            document=self.document,
            created_at=self.activated_at,
            created_by=self.activated_by,
        )


@dataclass(frozen=True, slots=True)
class Notice:
    """Written before a workflow changes and removed once the others were told: a crash between loses no event."""

    id: str
    tenant: str
    project: str
    name: str
    uid: str


@dataclass(frozen=True, slots=True)
class KeptCredential:
    """A credential with its sealed fields."""

    tenant: str
    project: str
    name: str
    uid: str
    type: str
    version: int
    fields: tuple[str, ...]
    domains: tuple[str, ...]
    created_at: float
    updated_at: float
    sealed: Mapping[str, str] = field(repr=False)
    revision: int = 0
    node_types: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, ...]:
        """By what it is found."""
        return (self.tenant, self.project, self.name)

    @property
    def binding(self) -> tuple[str, ...]:
        """What the seal is bound to: opened anywhere else it fails."""
        return (*self.key, self.uid, str(self.version))

    def info(self) -> Credential:
        """Return what may be seen of it."""
        return Credential(
            tenant=self.tenant,
            project=self.project,
            name=self.name,
            uid=self.uid,
            type=self.type,
            version=self.version,
            fields=self.fields,
            domains=self.domains,
            created_at=self.created_at,
            updated_at=self.updated_at,
            revision=self.revision,
            node_types=self.node_types,
        )


@dataclass(frozen=True, slots=True)
class KeptToken:
    """A token with the hash of its secret."""

    tenant: str
    id: str
    name: str
    user: str
    role: Role
    scopes: tuple[str, ...]
    projects: tuple[str, ...] | None
    created_at: float
    expires_at: float | None
    secret_hash: str = field(repr=False)
    revision: int = 0

    def info(self) -> Token:
        """Return what may be seen of it."""
        return Token(
            tenant=self.tenant,
            id=self.id,
            name=self.name,
            user=self.user,
            role=self.role,
            scopes=self.scopes,
            projects=self.projects,
            created_at=self.created_at,
            expires_at=self.expires_at,
        )


@dataclass(frozen=True, slots=True)
class KeptProducer:
    """A producer of events with the sealed secret of its key."""

    tenant: str
    id: str
    name: str
    user: str
    created_at: float
    sealed: Mapping[str, str] = field(repr=False)
    revision: int = 0

    @property
    def key(self) -> tuple[str, ...]:
        """By what it is found."""
        return (self.tenant, self.id)

    @property
    def binding(self) -> tuple[str, ...]:
        """What the seal is bound to: opened anywhere else it fails."""
        return (self.tenant, "producers", self.id)

    def info(self) -> Producer:
        """Return what may be seen of it."""
        return Producer(self.tenant, self.id, self.name, self.user, self.created_at)


@dataclass(frozen=True, slots=True)
class KeptSession:
    """A browser's session. The refresh secret before the last one still counts for a moment: two tabs refresh at once."""

    id: str
    tenant: str
    user: str
    refresh_hash: str = field(repr=False)
    previous_hash: str = field(repr=False)
    rotated_at: float
    expires_at: float
    revision: int = 0


@dataclass(frozen=True, slots=True)
class Link:
    """A one-time sign-in link; its id is the hash of its secret."""

    id: str
    tenant: str
    user: str
    expires_at: float


@dataclass(frozen=True, slots=True)
class Tenant:
    """An installation's tenant. Once `is_ready`, its first owner is never made again, whoever was removed since."""

    id: str
    owner: str
    created_at: float
    is_ready: bool
    revision: int = 0


@dataclass(frozen=True, slots=True)
class AuditHead:
    """The newest row of a tenant's audit chain, signed, so that rows cut off its end are missed."""

    tenant: str
    number: int
    hash: str
    signature: str
    revision: int = 0


def number_key(number: int) -> str:
    """Return a number as keys hold it, so that keys are in the order of numbers."""
    return f"{number:012d}"
