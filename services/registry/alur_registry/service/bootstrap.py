"""The first run: a tenant, a project and an owner, made once."""

from __future__ import annotations

import contextlib
from dataclasses import replace

from alur_common.clock import Clock, Ids
from alur_common.documents.port import Where
from alur_common.security.records import Member, Project
from alur_common.security.rights import Caller
from alur_registry.domain.entities import Tenant
from alur_registry.ports import Store
from alur_registry.service.projects import DEFAULT_PROJECT
from alur_sdk.errors import ExistsError, NotFoundError

DEFAULT_TENANT = "default"


class Bootstrap:
    """Makes what an empty installation needs. There is no password, and no way to do it twice."""

    def __init__(self, store: Store, clock: Clock, ids: Ids) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids

    async def ensure_owner(self) -> Caller:
        """Make tenant, project and owner when there are none, and return the owner; a removed owner never comes back."""
        tenant = await self._tenant()
        if not tenant.is_ready:
            await self._fill(tenant)
        return await self.owner()

    async def owner(self) -> Caller:
        """Return an owner of the tenant, as the machine's own user is one. Raises `NotFoundError` before the first run."""
        where = [Where("tenant", "eq", DEFAULT_TENANT), Where("role", "eq", "owner")]
        found = [m for m in await self._store.members.search(where) if m.projects is None]
        if not found:
            raise NotFoundError("there is no owner yet")
        owner = min(found, key=lambda member: (member.created_at, member.id))
        return Caller(
            tenant=owner.tenant, user=owner.id, role="owner", kind="internal", name=owner.name
        )

    async def only_tenant(self) -> str | None:
        """Return the tenant of the installation, or None when there are several."""
        found = await self._store.tenants.search([], limit=2)
        return found[0].id if len(found) == 1 else None

    async def _tenant(self) -> Tenant:
        now = self._clock.now()
        new = Tenant(DEFAULT_TENANT, owner=self._ids.secret(8), created_at=now, is_ready=False)
        with contextlib.suppress(ExistsError):
            return await self._store.tenants.insert(new)
        known = await self._store.tenants.find(DEFAULT_TENANT)
        if known is None:
            raise NotFoundError("the tenant was removed meanwhile")
        return known

    async def _fill(self, tenant: Tenant) -> None:
        now = self._clock.now()
        owner = Member(tenant.id, tenant.owner, "Owner", "", "owner", None, now)
        with contextlib.suppress(ExistsError):
            await self._store.projects.insert(Project(tenant.id, DEFAULT_PROJECT, "Default", now))
        with contextlib.suppress(ExistsError):
            await self._store.members.insert(owner)
        await self._store.tenants.save(replace(tenant, is_ready=True))
