"""Writing workflows so that the others hear of every change, whatever dies in between."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace

from alur_common.bus import Bus
from alur_common.clock import Ids
from alur_common.definitions import WorkflowRecord
from alur_common.documents.port import Where
from alur_common.events import WorkflowVersionPublished
from alur_registry.domain.entities import KeptWorkflow, Notice
from alur_registry.ports import Store
from alur_registry.service.lookup import Lookup
from alur_sdk.errors import ConflictError, ExistsError, NotFoundError

AT_ONCE = 1_000
"""So many notices are told in one look; there is one for each change under way, or cut off by a crash."""


class Publishing:
    """Puts and deletes workflows.

    The workflow's document holds its active version whole, so one compare-and-set publishes; the version before is archived
    first. A notice is written before and removed after the event went out, and `relay` sends what a crash left behind.
    `is_alone`: no other process writes the store.
    """

    def __init__(self, store: Store, lookup: Lookup, bus: Bus, ids: Ids, *, is_alone: bool) -> None:
        self._store = store
        self._lookup = lookup
        self._bus = bus
        self._ids = ids
        self._is_alone = is_alone
        self._seen: frozenset[str] = frozenset()
        """The notices that were there when `relay` looked the last time."""

    async def put(self, known: KeptWorkflow | None, record: KeptWorkflow) -> KeptWorkflow:
        """Keep the record and tell; raises `ConflictError`, `ExistsError` or `NotFoundError` when someone was first."""
        async with self._noticed(record):
            saved = await self._keep(known, record)
            self._lookup.keep(saved)
            await self._bus.publish(_event(saved, deleted=False))
        return saved

    async def delete(self, known: KeptWorkflow) -> None:
        """Archive the active version, remove the workflow and tell; raises `ConflictError` when it changed."""
        async with self._noticed(known):
            await self._archive(known)
            await self._store.workflows.remove(
                known.tenant, known.project, known.name, at_revision=known.revision
            )
            self._lookup.forget(known)
            await self._bus.publish(_event(known, deleted=True))

    async def relay(self) -> int:
        """Tell what a crash may have kept from being told, and return how many notices there were.

        A notice that was there at the look before is of one that died. Another may be of a registry at work: what is there
        is told, and of what is not there (not yet, or no more) it is the next look that tells.
        """
        notices = await self._store.notices.search([], limit=AT_ONCE)
        for notice in notices:
            is_left = self._is_alone or notice.id in self._seen
            await self._tell(notice, is_left=is_left)
            if is_left:
                await self._store.notices.remove(notice.id)
        self._seen = frozenset(notice.id for notice in notices)
        return len(notices)

    @contextlib.asynccontextmanager
    async def _noticed(self, record: WorkflowRecord) -> AsyncIterator[None]:
        notice = Notice(self._ids.secret(), record.tenant, record.project, record.name, record.uid)
        await self._store.notices.insert(notice)
        try:
            yield
        except (ConflictError, ExistsError, NotFoundError):
            await self._store.notices.remove(notice.id)
            raise
        await self._store.notices.remove(notice.id)

    async def _keep(self, known: KeptWorkflow | None, record: KeptWorkflow) -> KeptWorkflow:
        if known is None:
            return await self._store.workflows.insert(record)
        if record.version != known.version:
            await self._archive(known)
        # The repository compares with the revision that was read.
        return await self._store.workflows.save(replace(record, revision=known.revision))

    async def _archive(self, known: KeptWorkflow) -> None:
        # Versions never change: one that is there already is this one.
        with contextlib.suppress(ExistsError):
            await self._store.versions.insert(known.archived())

    async def _tell(self, notice: Notice, *, is_left: bool) -> None:
        where = [Where("uid", "eq", notice.uid)]
        found = await self._store.workflows.search(where, limit=1)
        if found:
            self._lookup.keep(found[0])
            await self._bus.publish(_event(found[0], deleted=False))
            return
        if not is_left:
            return
        # The last version is archived before the workflow is removed; what was never made has none.
        versions = await self._store.versions.search(where, sort=("-version",), limit=1)
        event = WorkflowVersionPublished(
            notice.uid,
            notice.tenant,
            project=notice.project,
            workflow=notice.name,
            version=versions[0].version if versions else 0,
            deleted=True,
        )
        await self._bus.publish(event)


def _event(record: WorkflowRecord, *, deleted: bool) -> WorkflowVersionPublished:
    return WorkflowVersionPublished(
        record.uid,
        record.tenant,
        project=record.project,
        workflow=record.name,
        version=record.version,
        deleted=deleted,
    )
