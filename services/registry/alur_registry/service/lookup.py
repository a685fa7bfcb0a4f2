"""What the hot paths ask without a caller: hooks, active workflows, versions."""

from __future__ import annotations

from alur_common.cache import Cache
from alur_common.clock import Clock
from alur_common.definitions import VersionRecord, WorkflowRecord
from alur_common.documents.port import Where
from alur_common.events import WorkflowVersionPublished
from alur_common.hooks import HookIndex
from alur_common.security.records import Page
from alur_registry.domain.cursors import decode_cursor, page_of
from alur_registry.domain.entities import KeptWorkflow, number_key
from alur_registry.ports import Store
from alur_sdk.errors import NotFoundError

_PAGE = 500


class Lookup:
    """Workflows as triggers and executors find them; kept current by `keep` and `forget` after each write."""

    def __init__(self, store: Store, clock: Clock, *, fresh_seconds: float | None) -> None:
        self._store = store
        self._hooks = HookIndex()
        self._active: Cache[KeptWorkflow] = Cache(clock, size=2_000, fresh_seconds=fresh_seconds)
        # Versions never change, so they never grow old.
        self._versions: Cache[VersionRecord] = Cache(clock, size=500, fresh_seconds=None)

    async def load(self) -> None:
        """Fill the table of hooks from the store."""
        cursor: str | None = None
        while True:
            page = await self.all_active(cursor, limit=_PAGE)
            for record in page.items:
                self._hooks.keep(record)
            if page.next_cursor is None:
                return
            cursor = page.next_cursor

    def find_hook(self, hook_id: str) -> WorkflowRecord | None:
        """Return the workflow that has webhooks under this id, or None; suspended ones are found too."""
        return self._hooks.find(hook_id)

    async def load_hook(self, hook_id: str) -> WorkflowRecord | None:
        """Return the same from the store, for a process that does not see every write."""
        found = await self._store.workflows.search([Where("hook_id", "eq", hook_id)], limit=1)
        for record in found:
            self._hooks.keep(record)
        return self._hooks.find(hook_id)

    async def active(self, tenant: str, project: str, name: str) -> KeptWorkflow:
        """Return the workflow with its active version, or raise `NotFoundError`."""

        async def load() -> KeptWorkflow:
            found = await self._store.workflows.find(tenant, project, name)
            if found is None:
                raise NotFoundError(
                    f"there is no workflow {name} in the project {project}", workflow=name
                )
            return found

        return await self._active.get(f"{tenant}/{project}/{name}", load)

    async def newest(self, tenant: str, project: str, name: str) -> KeptWorkflow:
        """Return the same as the store has it now: another registry is known to have changed it."""
        self._active.drop(f"{tenant}/{project}/{name}")
        return await self.active(tenant, project, name)

    async def version(self, uid: str, number: int) -> VersionRecord:
        """Return a version of a workflow that may be deleted since, or raise `NotFoundError`."""

        async def load() -> VersionRecord:
            kept = await self._store.versions.find(uid, number_key(number))
            if kept is not None:
                return kept
            # The active version is archived only when another takes its place.
            found = await self._store.workflows.search([Where("uid", "eq", uid)], limit=1)
            if found and found[0].version == number:
                return found[0].archived()
            # It may have been archived between the two reads.
            kept = await self._store.versions.find(uid, number_key(number))
            if kept is None:
                raise NotFoundError(f"there is no version {number} of it", uid=uid, version=number)
            return kept

        return await self._versions.get(f"{uid}/{number}", load)

    async def all_active(self, after: str | None = None, limit: int = 200) -> Page[WorkflowRecord]:
        """Return a page of all workflows of all tenants."""
        found = await self._store.workflows.search(
            [], limit=limit + 1, after=decode_cursor(after, 1)
        )
        records: list[WorkflowRecord] = list(found)
        return page_of(records, limit, lambda r: [f"{r.tenant}/{r.project}/{r.name}"])

    async def follow(self, event: WorkflowVersionPublished) -> None:
        """Know what another process wrote. Safe to repeat, and in any order: the store says how things are."""
        self._active.drop(f"{event.tenant}/{event.project}/{event.workflow}")
        found = await self._store.workflows.search([Where("uid", "eq", event.key)], limit=1)
        for record in found:
            self._hooks.keep(record)
        if not found:
            self._hooks.forget_workflow(event.key)

    def keep(self, record: WorkflowRecord) -> None:
        """Know the workflow as it was just saved."""
        self._active.drop(f"{record.tenant}/{record.project}/{record.name}")
        self._hooks.keep(record)

    def forget(self, record: WorkflowRecord) -> None:
        """Know that the workflow was deleted."""
        self._active.drop(f"{record.tenant}/{record.project}/{record.name}")
        self._hooks.forget(record.hook_id)
