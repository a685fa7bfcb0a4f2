"""Projects: the namespaces of a tenant."""

from __future__ import annotations

import contextlib

from alur_common.clock import Clock
from alur_common.documents.port import Where
from alur_common.security.records import Page, Project
from alur_common.security.rights import Caller, authorize
from alur_registry.domain.cursors import check_limit, decode_cursor, page_of
from alur_registry.domain.names import check_label, check_title
from alur_registry.ports import Store
from alur_registry.service.audit import Audit
from alur_sdk.errors import ExistsError, NotFoundError, StateError

DEFAULT_PROJECT = "default"
_AT_ONCE = 100


class Projects:
    """What is done with projects."""

    def __init__(self, store: Store, clock: Clock, audit: Audit) -> None:
        self._store = store
        self._clock = clock
        self._audit = audit

    async def list_projects(
        self, caller: Caller, *, limit: int = 50, cursor: str | None = None
    ) -> Page[Project]:
        """Return a page of the projects within the caller's reach, by name."""
        authorize(caller, "read", "projects")
        where = [Where("tenant", "eq", caller.tenant)]
        if caller.projects is not None:
            where.append(Where("id", "in", [f"{caller.tenant}/{p}" for p in caller.projects]))
        found = await self._store.projects.search(
            where, limit=check_limit(limit) + 1, after=decode_cursor(cursor, 1)
        )
        return page_of(found, limit, lambda p: [f"{p.tenant}/{p.name}"])

    async def get_project(self, caller: Caller, name: str) -> Project:
        """Return it, or raise `NotFoundError`."""
        authorize(caller, "read", "projects", name)
        return await self._get(caller.tenant, name)

    async def create_project(self, caller: Caller, name: str, title: str = "") -> Project:
        """Make a project, or raise `ExistsError`."""
        check_label(name, "name")
        if title:
            check_title(title, "title")
        authorize(caller, "write", "projects", name)
        project = Project(caller.tenant, name, title, self._clock.now())
        try:
            made = await self._store.projects.insert(project)
        except ExistsError as error:
            raise ExistsError(f"the project {name} exists already", project=name) from error
        await self._audit.record(caller, "create", "projects", name, project=name)
        return made

    async def delete_project(self, caller: Caller, name: str) -> None:
        """Delete an empty project; raises `StateError` while anything is in it."""
        authorize(caller, "delete", "projects", name)
        await self._get(caller.tenant, name)
        if name == DEFAULT_PROJECT:
            raise StateError("the project default stays: documents without a namespace go there")
        where = [Where("tenant", "eq", caller.tenant), Where("project", "eq", name)]
        kept = {
            "workflows": await self._store.workflows.search(where, limit=1),
            "credentials": await self._store.credentials.search(where, limit=1),
            "variables": await self._store.variables.search(where, limit=1),
        }
        full = [kind for kind, found in kept.items() if found]
        if full:
            raise StateError(f"the project {name} still has {', '.join(full)}: delete those first")
        await self._store.projects.remove(caller.tenant, name)
        await self._drop_drafts(f"{caller.tenant}/{name}")
        await self._audit.record(caller, "delete", "projects", name, project=name)

    async def _drop_drafts(self, project: str) -> None:
        """Remove what a delete of a workflow that was cut short left."""
        within = [
            Where("id", "gt", f"{project}/"),
            Where("id", "lt", f"{project}0"),
        ]  # `0` follows `/`
        while await self._store.drafts.remove_some(within, limit=_AT_ONCE):
            pass

    async def need(self, tenant: str, name: str) -> None:
        """Return when the project exists, else raise `NotFoundError`."""
        await self._get(tenant, name)

    async def ensure(self, caller: Caller, name: str) -> None:
        """Return when the project exists; make it for who may make projects, so that applying files is one step."""
        if await self._store.projects.find(caller.tenant, name) is not None:
            return
        if not caller.may("write", "projects", name):
            raise _unknown(name)
        check_label(name, "project")  # the fault is the address's, not the document's
        with contextlib.suppress(ExistsError):
            await self.create_project(caller, name)

    async def _get(self, tenant: str, name: str) -> Project:
        found = await self._store.projects.find(tenant, name)
        if found is None:
            raise _unknown(name)
        return found


def _unknown(name: str) -> NotFoundError:
    return NotFoundError(f"there is no project {name}", project=name)
