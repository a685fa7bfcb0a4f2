"""Repositories on the `Documents` port: one class for every kind of thing, and the collections they live in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from typing import Any, Generic, TypeVar, cast

from alur_common.definitions import DraftRecord, VersionRecord
from alur_common.documents.port import Collection, Document, Documents, Index, Where
from alur_common.security.records import AuditRow, Member, Project, Variable
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
    number_key,
)
from alur_registry.ports import Store

T = TypeVar("T")

OWNER = "registry"
WORKFLOWS = Collection(
    "workflows",
    fields=("tenant", "project", "name", "uid", "hook_id"),
    indexes=(
        Index(("tenant", "project", "name"), unique=True),
        Index(("uid",), unique=True),
        Index(("hook_id",), unique=True),
    ),
    shard_key=(),
    holds="workflows, each at its newest version",
    owner=OWNER,
)
VERSIONS = Collection(
    "versions",
    fields=("uid", "version"),
    indexes=(Index(("uid", "version"), newest_first=True),),
    holds="every version of a workflow",
    owner=OWNER,
)
DRAFTS = Collection("drafts", holds="what the editor has not published yet", owner=OWNER)
NOTICES = Collection(
    "notices", holds="changes of workflows that the others are yet to be told", owner=OWNER
)
CREDENTIALS = Collection(
    "credentials",
    fields=("tenant", "project", "name"),
    indexes=(Index(("tenant", "project", "name")),),
    holds="credentials, encrypted",
    owner=OWNER,
)
VARIABLES = Collection(
    "variables",
    fields=("tenant", "project", "name"),
    indexes=(Index(("tenant", "project", "name")),),
    holds="variables of projects",
    owner=OWNER,
)
PROJECTS = Collection(
    "projects", fields=("tenant",), indexes=(Index(("tenant",)),), holds="projects", owner=OWNER
)
MEMBERS = Collection(
    "members",
    fields=("tenant", "role"),
    indexes=(Index(("tenant",)),),
    holds="people and their roles",
    owner=OWNER,
)
TOKENS = Collection(
    "tokens",
    fields=("tenant", "user", "secret_hash", "created_at", "expires_at"),
    indexes=(
        Index(("tenant", "user", "created_at")),
        Index(("tenant", "created_at")),
        Index(("secret_hash",), unique=True),
        Index(("expires_at",), sparse=True),
    ),
    ttl="expires_at",
    shard_key=(),
    holds="API tokens, by the hash of their secret",
    owner=OWNER,
)
PRODUCERS = Collection(
    "producers",
    fields=("tenant", "created_at"),
    indexes=(Index(("tenant", "created_at")),),
    holds="who outside may send events, their keys encrypted",
    owner=OWNER,
)
SESSIONS = Collection(
    "sessions",
    fields=("tenant", "user", "expires_at"),
    indexes=(Index(("tenant", "user")), Index(("expires_at",))),
    ttl="expires_at",
    holds="sessions of browsers",
    owner=OWNER,
)
LINKS = Collection(
    "links",
    fields=("expires_at",),
    indexes=(Index(("expires_at",)),),
    ttl="expires_at",
    holds="one-time sign-in links, by the hash of their secret",
    owner=OWNER,
)
TENANTS = Collection("tenants", holds="tenants", owner=OWNER)
AUDIT = Collection(
    "audit",
    fields=("tenant", "number", "resource", "action"),
    indexes=(
        Index(("tenant", "number"), newest_first=True),
        Index(("tenant", "resource", "number"), newest_first=True),
    ),
    holds="the audit chain of each tenant, security events among it",
    owner=OWNER,
)
HEADS = Collection("audit_heads", holds="the newest row of each audit chain, signed", owner=OWNER)

COLLECTIONS = (
    WORKFLOWS,
    VERSIONS,
    DRAFTS,
    NOTICES,
    CREDENTIALS,
    VARIABLES,
    PROJECTS,
    MEMBERS,
    TOKENS,
    PRODUCERS,
    SESSIONS,
    LINKS,
    TENANTS,
    AUDIT,
    HEADS,
)
"""Every collection of the registry, for adapters that declare indexes at the start."""


class Stored(Generic[T]):
    """`Repository` on `Documents`: the fields of a dataclass are those of its document."""

    def __init__(
        self,
        documents: Documents,
        collection: Collection,
        kind: Callable[..., T],
        key: Callable[[T], Sequence[str]],
        *,
        tuples: Sequence[str] = (),
    ) -> None:
        self._documents = documents
        self._collection = collection
        self._kind = kind
        self._key = key
        self._tuples = tuples
        names = [field.name for field in fields(cast(Any, kind))]
        self._is_versioned = "revision" in names
        self._names = [name for name in names if name != "revision"]

    async def insert(self, entity: T) -> T:
        stored = await self._documents.insert(self._collection, self._to_document(entity))
        return self._at(entity, stored["revision"])

    async def find(self, *key: str) -> T | None:
        document = await self._documents.find_one(self._collection, "/".join(key))
        return None if document is None else self._from_document(document)

    async def save(self, entity: T) -> T:
        revision = getattr(entity, "revision", None)
        document = self._to_document(entity)
        stored = await self._documents.replace(self._collection, document, at_revision=revision)
        return self._at(entity, stored["revision"])

    async def remove(self, *key: str, at_revision: int | None = None) -> bool:
        return await self._documents.delete(
            self._collection, "/".join(key), at_revision=at_revision
        )

    async def search(
        self,
        where: Sequence[Where],
        *,
        sort: Sequence[str] = ("id",),
        limit: int = 100,
        after: Sequence[Any] | None = None,
    ) -> list[T]:
        found = await self._documents.find(
            self._collection, where, sort=sort, limit=limit, after=after
        )
        return [self._from_document(document) for document in found]

    async def remove_some(self, where: Sequence[Where], *, limit: int) -> int:
        return await self._documents.delete_many(self._collection, where, limit=limit)

    def _at(self, entity: T, revision: int) -> T:
        if not self._is_versioned:
            return entity
        moved: T = replace(cast(Any, entity), revision=revision)
        return moved

    def _to_document(self, entity: T) -> Document:
        document = {name: getattr(entity, name) for name in self._names}
        document["id"] = "/".join(self._key(entity))
        return document

    def _from_document(self, document: Document) -> T:
        values = {name: document[name] for name in self._names if name in document}
        for name in self._tuples:
            if values.get(name) is not None:
                values[name] = tuple(values[name])
        if "id" in values:
            values["id"] = document["id"].rpartition("/")[2]
        if self._is_versioned:
            values["revision"] = document["revision"]
        return self._kind(**values)


def stored(documents: Documents) -> Store:
    """Return the registry's repositories on these documents."""
    named = ("tenant", "project", "name")

    def by(*names: str) -> Callable[[Any], list[str]]:
        return lambda entity: [str(getattr(entity, name)) for name in names]

    return Store(
        workflows=Stored(documents, WORKFLOWS, KeptWorkflow, by(*named)),
        versions=Stored(
            documents, VERSIONS, VersionRecord, lambda v: [v.uid, number_key(v.version)]
        ),
        drafts=Stored(documents, DRAFTS, DraftRecord, by(*named)),
        notices=Stored(documents, NOTICES, Notice, by("id")),
        credentials=Stored(
            documents,
            CREDENTIALS,
            KeptCredential,
            by(*named),
            tuples=("fields", "domains", "node_types"),
        ),
        variables=Stored(documents, VARIABLES, Variable, by(*named)),
        projects=Stored(documents, PROJECTS, Project, by("tenant", "name")),
        members=Stored(documents, MEMBERS, Member, by("tenant", "id"), tuples=("projects",)),
        tokens=Stored(
            documents, TOKENS, KeptToken, by("tenant", "id"), tuples=("scopes", "projects")
        ),
        producers=Stored(documents, PRODUCERS, KeptProducer, by("tenant", "id")),
        sessions=Stored(documents, SESSIONS, KeptSession, by("id")),
        links=Stored(documents, LINKS, Link, by("id")),
        tenants=Stored(documents, TENANTS, Tenant, by("id")),
        audit=Stored(documents, AUDIT, AuditRow, lambda r: [r.tenant, number_key(r.number)]),
        heads=Stored(documents, HEADS, AuditHead, by("tenant")),
    )
