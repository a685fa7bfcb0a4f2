"""People, projects, credentials and tokens as services hand them to each other; none of them holds a secret but by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from alur_common.security.rights import Role
from alur_sdk.errors import LIMITED_CREDENTIAL, ForbiddenError
from alur_sdk.instants import rfc3339

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A part of a list; `next_cursor` asks for what follows, None at the end."""

    items: list[T]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """A person of a tenant. `projects` None: all of them."""

    tenant: str
    id: str
    name: str
    email: str
    role: Role
    projects: tuple[str, ...] | None
    created_at: float
    revision: int = 0

    def shown(self) -> dict[str, Any]:
        """Return it as the API answers it."""
        return {
            "id": self.id,
            "name": self.name,
            "email": self.email,
            "role": self.role,
            "projects": None if self.projects is None else list(self.projects),
            "createdAt": rfc3339(self.created_at),
        }


@dataclass(frozen=True, slots=True)
class Project:
    """A namespace of a tenant."""

    tenant: str
    name: str
    title: str
    created_at: float
    revision: int = 0

    def shown(self) -> dict[str, Any]:
        """Return it as the API answers it."""
        return {"name": self.name, "title": self.title, "createdAt": rfc3339(self.created_at)}


@dataclass(frozen=True, slots=True)
class Token:
    """An API token, without its secret."""

    tenant: str
    id: str
    name: str
    user: str
    role: Role
    scopes: tuple[str, ...]
    projects: tuple[str, ...] | None
    created_at: float
    expires_at: float | None

    def shown(self) -> dict[str, Any]:
        """Return it as the API answers it."""
        return {
            "id": self.id,
            "name": self.name,
            "user": self.user,
            "role": self.role,
            "scopes": list(self.scopes),
            "projects": None if self.projects is None else list(self.projects),
            "createdAt": rfc3339(self.created_at),
            "expiresAt": rfc3339(self.expires_at),
        }


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token just made: the only time that its secret is seen."""

    token: Token
    secret: str = field(repr=False)

    def shown(self) -> dict[str, Any]:
        """Return it as the API answers it, the secret as `token`."""
        return {**self.token.shown(), "token": self.secret}


@dataclass(frozen=True, slots=True)
class Producer:
    """Who outside may send events, without the secret of their key."""

    tenant: str
    id: str
    name: str
    user: str
    created_at: float

    def shown(self) -> dict[str, Any]:
        """Return it as the API answers it."""
        return {
            "id": self.id,
            "name": self.name,
            "tenant": self.tenant,
            "user": self.user,
            "createdAt": rfc3339(self.created_at),
        }


@dataclass(frozen=True, slots=True)
class NewProducer:
    """A producer just made: the only time that its secret is seen."""

    producer: Producer
    secret: str = field(repr=False)

    def shown(self) -> dict[str, Any]:
        """Return it as the API answers it, with its `secret`."""
        return {**self.producer.shown(), "secret": self.secret}


@dataclass(frozen=True, slots=True)
class Session:
    """What a browser holds after sign-in. Times are seconds since 1970."""

    id: str
    user: str
    access: str = field(repr=False)
    refresh: str = field(repr=False)
    csrf: str = field(repr=False)
    access_expires_at: float
    refresh_expires_at: float


@dataclass(frozen=True, slots=True)
class Credential:
    """What may be seen of a credential: its type and the names of its fields. `domains`, `node_types` empty: any."""

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
    revision: int = 0
    node_types: tuple[str, ...] = ()

    def shown(self) -> dict[str, Any]:
        """Return it as the API answers it."""
        return {
            "name": self.name,
            "project": self.project,
            "uid": self.uid,
            "type": self.type,
            "version": self.version,
            "fields": list(self.fields),
            "allowedDomains": list(self.domains),
            "allowedNodeTypes": list(self.node_types),
            "createdAt": rfc3339(self.created_at),
            "updatedAt": rfc3339(self.updated_at),
        }


@dataclass(frozen=True, slots=True)
class UseLimits:
    """Where a secret may go and who may use it. None: as before; empty: any."""

    domains: tuple[str, ...] | None = None
    node_types: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class UnsealedCredential:
    """A credential for one use: never in an item, a log or an error."""

    type: str
    fields: Mapping[str, str] = field(repr=False)
    domains: tuple[str, ...] = ()
    node_types: tuple[str, ...] = ()
    name: str = ""
    hidden: tuple[str, ...] = ()
    """The names of the fields that are to be seen nowhere."""

    def check_use(self, node_type: str) -> None:
        """Raise `ForbiddenError` when no node or trigger of this type may use it."""
        if self.node_types and node_type not in self.node_types:
            raise ForbiddenError(
                f"the credential {self.name} may be used by {' and '.join(self.node_types)} only, not by "
                f"{node_type}: name another, or change the `allowedNodeTypes` of the credential",
                **{LIMITED_CREDENTIAL: self.name},
            )


@dataclass(frozen=True, slots=True)
class KeyUse:
    """A key that wraps the data keys of secrets, and how many it wraps; a missing one is named by secrets alone."""

    id: str
    is_current: bool
    secrets: int
    is_missing: bool


@dataclass(frozen=True, slots=True)
class Rotation:
    """A rotation at its beginning: to which key, whether that was just made, and how many secrets there are and are left."""

    key: str
    is_new: bool
    secrets: int
    left: int


@dataclass(frozen=True, slots=True)
class Rotated:
    """One step of a rotation: how many secrets moved, which could not, and where to go on; None: it is over."""

    moved: int
    failed: tuple[str, ...]
    after: str | None


@dataclass(frozen=True, slots=True)
class Variable:
    """A value that expressions read as `$vars.NAME`; no secret."""

    tenant: str
    project: str
    name: str
    value: Any
    updated_at: float
    revision: int = 0

    def shown(self) -> dict[str, Any]:
        """Return it as the API answers it."""
        return {"name": self.name, "value": self.value, "updatedAt": rfc3339(self.updated_at)}


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One write: who did what to which thing and when, chained to the row before it by its hash."""

    tenant: str
    number: int
    at: float
    user: str
    via: str
    """The session or token by which they came."""
    action: str
    resource: str
    project: str | None
    target: str
    details: Mapping[str, Any]
    previous: str
    hash: str

    def shown(self) -> dict[str, Any]:
        """Return it as the API answers it."""
        return {
            "number": self.number,
            "at": rfc3339(self.at),
            "user": self.user,
            "via": self.via,
            "action": self.action,
            "resource": self.resource,
            "project": self.project,
            "target": self.target,
            "details": dict(self.details),
            "previous": self.previous,
            "hash": self.hash,
        }
