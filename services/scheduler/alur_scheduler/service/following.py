"""Following workflows: what is published, suspended, resumed or deleted, told to whoever keeps their triggers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from alur_common.definitions import WorkflowRecord
from alur_common.events import WorkflowVersionPublished
from alur_scheduler.ports import Definitions
from alur_sdk.errors import NotFoundError, UnavailableError

PAGE = 200


class Keeper(Protocol):
    """Who keeps the triggers of one kind."""

    async def sync(self, record: WorkflowRecord) -> None:
        """Keep what is new or changed, and forget what is gone or rests. Safe to repeat."""

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
                for keeper in self._keepers:
                    await keeper.sync(record)
            cursor = page.next_cursor
            if cursor is None:
                return

    async def on_published(self, event: WorkflowVersionPublished) -> None:
        """Follow one workflow. Safe to repeat."""
        record = None if event.deleted else await self._find(event)
        for keeper in self._keepers:
            if record is None:
                await keeper.remove(event.key)
            else:
                await keeper.sync(record)

    async def _find(self, event: WorkflowVersionPublished) -> WorkflowRecord | None:
        """Return the workflow as it is now; None when it is gone, and one of its name is another one."""
        try:
            record = await self._definitions.newest(event.tenant, event.project, event.workflow)
        except NotFoundError:
            return None
        if record.uid != event.key:
            return None
        if record.version < event.version:
            raise UnavailableError(f"version {event.version} of {event.workflow} is not seen yet")
        return record
