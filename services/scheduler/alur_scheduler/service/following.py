"""Following workflows: what is published, suspended, resumed or deleted, told to whoever keeps their triggers."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

from alur_common.definitions import WorkflowRecord
from alur_common.events import WorkflowVersionPublished
from alur_scheduler.ports import Definitions
from alur_sdk.errors import NotFoundError

PAGE = 200
UNSEEN_PAUSES_SECONDS = (0.1, 0.2, 0.4, 0.8, 1.6)
"""A registry believes what it remembers for two seconds, where that is not set otherwise, though another has published."""


class Keeper(Protocol):
    """Who keeps the triggers of one kind."""

    async def sync(self, record: WorkflowRecord) -> bool:
        """Keep what is new or changed, and forget what is gone or rests; return whether one came that was not there.

        Safe to repeat, and with an older record: what was written by a newer one stays as it is.
        """

    async def remove(self, uid: str) -> None:
        """Forget a workflow that was deleted. Safe to repeat."""


class Following:
    """Asks the registry how a workflow is now, whatever the event said."""

    def __init__(self, definitions: Definitions, keepers: Sequence[Keeper]) -> None:
        self._definitions = definitions
        self._keepers = keepers

    async def load(self) -> None:
        """Bring the triggers of all workflows to what their documents say; safe to repeat."""
        cursor: str | None = None
        while True:
            page = await self._definitions.all_active(cursor, PAGE)
            for record in page.items:
                await self._sync(record)
            cursor = page.next_cursor
            if cursor is None:
                return

    async def on_published(self, event: WorkflowVersionPublished) -> None:
        """Follow one workflow. Safe to repeat.

        Raises `NotFoundError` when the registry does not have the version, as one whose store was restored, after what it
        has is followed: the event is tried again later, and holds nothing up.
        """
        if event.deleted:  # told by one that was cut off it may be too early, or late
            record = await self._find(event.tenant, event.project, event.workflow, event.key)
        else:
            record = await self._find_published(event)
        if record is None:
            await self._remove(event.key)
            return
        await self._sync(record)
        if record.version < event.version and not event.deleted:
            raise NotFoundError(
                f"version {event.version} of {event.workflow} is not in the registry, which has {record.version}:"
                " publish it again, or drop this event"
            )

    async def _find_published(self, event: WorkflowVersionPublished) -> WorkflowRecord | None:
        """Return the workflow as it is now, None when it is gone; waits a while for the version that was published."""
        for pause in UNSEEN_PAUSES_SECONDS:
            record = await self._find(event.tenant, event.project, event.workflow, event.key)
            if record is None or record.version >= event.version:
                return record
            await asyncio.sleep(pause)
        return await self._find(event.tenant, event.project, event.workflow, event.key)

    async def _sync(self, record: WorkflowRecord) -> None:
        """Have it kept, and look again where a trigger came: a newer one, or its end, left nothing that refuses it."""
        while any([await keeper.sync(record) for keeper in self._keepers]):
            now = await self._find(record.tenant, record.project, record.name, record.uid)
            if now is None:
                await self._remove(record.uid)
                return
            if now.revision <= record.revision:
                return
            record = now

    async def _remove(self, uid: str) -> None:
        for keeper in self._keepers:
            await keeper.remove(uid)

    async def _find(self, tenant: str, project: str, name: str, uid: str) -> WorkflowRecord | None:
        """Return the workflow as it is now; None when it is gone, and one of its name is another one."""
        try:
            record = await self._definitions.newest(tenant, project, name)
        except NotFoundError:
            return None
        return record if record.uid == uid else None
