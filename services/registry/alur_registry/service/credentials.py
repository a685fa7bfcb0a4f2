"""Credentials: written by people, opened only for one use, never read back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from alur_common.documents.port import Where
from alur_common.security.records import Credential, Page, UnsealedCredential, UseLimits
from alur_common.security.rights import Caller, authorize
from alur_common.security.sealing import Sealer
from alur_engine.catalogue import Catalogue
from alur_registry.domain.credential_types import (
    TYPES,
    check_brokers,
    checked_domains,
    checked_fields,
    checked_node_types,
    hidden_fields,
    with_aliases,
)
from alur_registry.domain.cursors import check_limit, decode_cursor, page_of
from alur_registry.domain.entities import KeptCredential
from alur_registry.domain.names import check_label
from alur_registry.service.projects import Projects
from alur_registry.service.sealed import TRIES, SealedCache, SealedThings
from alur_registry.service.tools import Tools
from alur_sdk.errors import ConflictError, ExistsError, ForbiddenError, NotFoundError
from alur_sdk.hosts import is_within


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a credential is to be."""

    tenant: str
    project: str
    name: str
    type: str
    fields: tuple[str, ...]
    domains: tuple[str, ...] | None
    node_types: tuple[str, ...] | None


class Credentials:
    """What is done with credentials."""

    def __init__(
        self,
        tools: Tools,
        projects: Projects,
        sealer: Sealer,
        catalogue: Catalogue,
        *,
        fresh_seconds: float | None,
    ) -> None:
        self._store = tools.store
        self._projects = projects
        self._sealer = sealer
        self._catalogue = catalogue
        self._audit = tools.audit
        self._clock = tools.clock
        self._ids = tools.ids
        self._sealed: SealedCache[KeptCredential] = SealedCache(
            tools.clock, sealer, fresh_seconds=fresh_seconds
        )
        self.kept = SealedThings("credentials", self._store.credentials, sealer, self._sealed)

    def credential_types(self) -> list[dict[str, Any]]:
        """Return the types as the API answers them."""
        return [kind.shown() for kind in TYPES]

    async def set_credential(
        self,
        caller: Caller,
        project: str,
        name: str,
        type: str,  # noqa: A002  (the word of the contract)
        fields: Mapping[str, object],
        *,
        domains: Sequence[str] | None = None,
        node_types: Sequence[str] | None = None,
        if_match: int | None = None,
    ) -> Credential:
        """Create or replace a credential; all fields are given each time, as none can be read.

        Limits of its use that are not given stay as they are: a new secret never widens them by itself. Raises
        `ConflictError` when `if_match` is not its revision; 0 is that of what does not exist.
        """
        authorize(caller, "write", "credentials", project)
        check_label(name, "name")
        kind, checked = checked_fields(type, fields)
        hosts = None if domains is None else checked_domains(domains)
        users = None if node_types is None else checked_node_types(node_types, self._catalogue)
        await self._projects.ensure(caller, project)
        for _ in range(TRIES):
            known = await self._store.credentials.find(caller.tenant, project, name)
            if if_match is not None and (known.revision if known else 0) != if_match:
                break
            wanted = _Wanted(
                caller.tenant, project, name, kind, tuple(sorted(checked)), hosts, users
            )
            try:
                kept = await self._seal(wanted, checked, known)
            except (ConflictError, ExistsError, NotFoundError):
                continue  # another was faster, or a rotation of keys: without a revision that is no matter
            await self._audit.record(
                caller, "set", "credentials", name, project=project, type=kind, version=kept.version
            )
            return kept.info()
        reason = "is there already" if if_match == 0 else "changed meanwhile"
        raise ConflictError(f"the credential {name} {reason}", credential=name)

    async def limit_credential(
        self,
        caller: Caller,
        project: str,
        name: str,
        limits: UseLimits,
        if_match: int | None = None,
    ) -> Credential:
        """Change the limits of its use alone. Safe to repeat.

        To let it go further takes the right to share it: whoever could would else send a secret that they do not know to
        themselves. Raises `ForbiddenError` for that, `InvalidError` for brokers outside of its hosts, `ConflictError`
        when `if_match` is not its revision.
        """
        authorize(caller, "write", "credentials", project)
        hosts = None if limits.domains is None else checked_domains(limits.domains)
        users = limits.node_types
        users = None if users is None else checked_node_types(users, self._catalogue)
        for _ in range(TRIES):
            known = await self._get(caller.tenant, project, name)
            if if_match is not None and known.revision != if_match:
                break
            wanted = replace(
                known,
                domains=known.domains if hosts is None else hosts,
                node_types=known.node_types if users is None else users,
                updated_at=self._clock.now(),
            )
            _demand_share(caller, known, wanted)
            await self._demand_brokers(wanted)
            try:
                kept = await self._keep(wanted, is_new=False)
            except (ConflictError, NotFoundError):
                continue
            told = {"domains": list(kept.domains), "nodeTypes": list(kept.node_types)}
            await self._audit.record(caller, "limit", "credentials", name, project=project, **told)
            return kept.info()
        raise ConflictError(f"the credential {name} changed meanwhile", credential=name)

    async def get_credential(self, caller: Caller, project: str, name: str) -> Credential:
        """Return what may be seen of a credential, or raise `NotFoundError`."""
        authorize(caller, "read", "credentials", project)
        return (await self._get(caller.tenant, project, name)).info()

    async def list_credentials(
        self, caller: Caller, project: str, *, limit: int = 50, cursor: str | None = None
    ) -> Page[Credential]:
        """Return what may be seen of a project's credentials, by name."""
        authorize(caller, "read", "credentials", project)
        await self._projects.need(caller.tenant, project)
        found = await self._store.credentials.search(
            [Where("tenant", "eq", caller.tenant), Where("project", "eq", project)],
            sort=("name",),
            limit=check_limit(limit) + 1,
            after=decode_cursor(cursor, 2),
        )
        infos = [kept.info() for kept in found]
        return page_of(infos, limit, lambda c: [c.name, f"{c.tenant}/{c.project}/{c.name}"])

    async def delete_credential(
        self, caller: Caller, project: str, name: str, *, if_match: int | None = None
    ) -> None:
        """Delete a credential; what names it fails from its next run on.

        Raises `NotFoundError` without one, `ConflictError` when `if_match` is not its revision.
        """
        authorize(caller, "delete", "credentials", project)
        try:
            was_there = await self._store.credentials.remove(
                caller.tenant, project, name, at_revision=if_match
            )
        except ConflictError as error:
            message = f"the credential {name} changed meanwhile"
            raise ConflictError(message, credential=name) from error
        if not was_there:
            raise _unknown(project, name)
        self._sealed.drop(f"{caller.tenant}/{project}/{name}")
        await self._audit.record(caller, "delete", "credentials", name, project=project)

    async def unseal(self, tenant: str, project: str, name: str) -> UnsealedCredential:
        """Return the secret fields for one use; raises `NotFoundError`, or `SealError` when it does not open."""
        kept, fields = await self._sealed.opened(
            f"{tenant}/{project}/{name}", lambda: self._get(tenant, project, name)
        )
        opened = with_aliases(kept.type, fields)
        return UnsealedCredential(
            kept.type,
            opened,
            kept.domains,
            kept.node_types,
            kept.name,
            hidden_fields(kept.type),
        )

    async def _demand_brokers(self, wanted: KeptCredential) -> None:
        if wanted.domains:
            secret = await self.unseal(wanted.tenant, wanted.project, wanted.name)
            check_brokers(wanted.type, secret.fields, wanted.domains)

    async def _seal(
        self, wanted: _Wanted, fields: Mapping[str, str], known: KeptCredential | None
    ) -> KeptCredential:
        draft = self._draft(wanted, known)
        check_brokers(draft.type, fields, draft.domains)
        sealed = (await self._sealer.seal(fields, *draft.binding)).to_document()
        kept = await self._keep(replace(draft, sealed=sealed), is_new=known is None)
        return await self.kept.under_current_key(kept)

    def _draft(self, wanted: _Wanted, known: KeptCredential | None) -> KeptCredential:
        now = self._clock.now()
        return KeptCredential(
            tenant=wanted.tenant,
            project=wanted.project,
            name=wanted.name,
            uid=known.uid if known else self._ids.execution(),
            type=wanted.type,
            version=known.version + 1 if known else 1,
            fields=wanted.fields,
            domains=(known.domains if known else ()) if wanted.domains is None else wanted.domains,
            created_at=known.created_at if known else now,
            updated_at=now,
            sealed={},
            node_types=(
                (known.node_types if known else ())
                if wanted.node_types is None
                else wanted.node_types
            ),
            revision=known.revision if known else 0,
        )

    async def _keep(self, kept: KeptCredential, *, is_new: bool) -> KeptCredential:
        repository = self._store.credentials
        saved = await (repository.insert(kept) if is_new else repository.save(kept))
        self._sealed.drop(f"{kept.tenant}/{kept.project}/{kept.name}")
        return saved

    async def _get(self, tenant: str, project: str, name: str) -> KeptCredential:
        found = await self._store.credentials.find(tenant, project, name)
        if found is None:
            raise _unknown(project, name)
        return found


def _unknown(project: str, name: str) -> NotFoundError:
    return NotFoundError(f"there is no credential {name} in the project {project}", credential=name)


def _demand_share(caller: Caller, known: KeptCredential, wanted: KeptCredential) -> None:
    """Raise `ForbiddenError` where a credential is to go further than before and the caller may not share it."""
    goes_further = not _is_within(wanted.domains, known.domains)
    serves_more = not _is_within(wanted.node_types, known.node_types)
    if (goes_further or serves_more) and not caller.may("share", "credentials", known.project):
        what = "be sent to more hosts" if goes_further else "serve more types of nodes"
        raise ForbiddenError(
            f"to let the credential {known.name} {what} takes the right credentials:share; whoever knows its secret "
            "may set it again with these limits",
            action="share",
            resource="credentials",
        )


def _is_within(wanted: Sequence[str], known: Sequence[str]) -> bool:
    """Whether nothing is wanted that was not known; none at all is any."""
    return not known or (bool(wanted) and all(is_within(one, known) for one in wanted))
