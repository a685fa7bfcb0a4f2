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


class Publishing:
    """Puts and deletes workflows.

    The workflow's document holds its active version whole, so one compare-and-set publishes; the version before is archived
    first. A notice is written before and removed after the event went out, and `relay` sends what a crash left behind.
    """

    def __init__(self, store: Store, lookup: Lookup, bus: Bus, ids: Ids) -> None:
        self._store = store
        self._lookup = lookup
        self._bus = bus
        self._ids = ids

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
        """Tell again what a crash may have kept from being told, and return how many notices there were."""
        told = 0
        while notices := await self._store.notices.search([], limit=100):
            for notice in notices:
                await self._tell(notice)
                await self._store.notices.remove(notice.id)
            told += len(notices)
        return told

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

    async def _tell(self, notice: Notice) -> None:
        where = [Where("uid", "eq", notice.uid)]
        found = await self._store.workflows.search(where, limit=1)
        if found:
            self._lookup.keep(found[0])
            await self._bus.publish(_event(found[0], deleted=False))
            return
        event = WorkflowVersionPublished(
            notice.uid, notice.tenant, project=notice.project, workflow=notice.name, deleted=True
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
