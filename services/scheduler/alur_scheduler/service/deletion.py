"""What happens to executions when their workflow is deleted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from alur_common.bus import Bus
from alur_common.documents.port import Where
from alur_common.events import ExecutionNudged, WorkflowVersionPublished
from alur_common.executions import Execution, Executions, Inbox, Message
from alur_common.executions.cancelling import Cancelling
from alur_scheduler.ports import Definitions
from alur_sdk.errors import NotFoundError

PAGE = 200
REASON = "the workflow was deleted"
UNDER_WAY = (
    Where("active", "eq", "queued"),
    Where("active", "eq", "running"),
    Where("active", "eq", "waiting"),
    Where("trouble", "eq", "in-doubt"),
)


class Deletion:
    """Cancels them where the workflow says `deletionPolicy: cancel`; else they finish."""

    def __init__(
        self,
        executions: Executions,
        inbox: Inbox,
        definitions: Definitions,
        bus: Bus,
        cancelling: Cancelling,
    ) -> None:
        self._cancelling = cancelling
        self._executions = executions
        self._inbox = inbox
        self._definitions = definitions
        self._bus = bus

    async def on_published(self, event: WorkflowVersionPublished) -> None:
        """Look at the policy of the last version. Safe to repeat."""
        if not event.deleted:
            return
        try:
            version = await self._definitions.version(event.key, event.version)
        except NotFoundError:
            return
        settings = version.document["spec"].get("settings", {})
        if settings.get("deletionPolicy", "finish") != "cancel":
            return
        cancelled: set[str] = set()
        while await self._cancel_more(cancelled, event.key, settings):
            pass  # one that was in none of its states when they were looked at is seen now

    async def _cancel_more(
        self, cancelled: set[str], workflow_uid: str, settings: Mapping[str, Any]
    ) -> bool:
        """Cancel those that are not yet, and add them; return whether there were any."""
        before = len(cancelled)
        for state in UNDER_WAY:
            await self._cancel_all(state, cancelled, workflow_uid, settings)
        return len(cancelled) > before

    async def _cancel_all(
        self, state: Where, cancelled: set[str], workflow_uid: str, settings: Mapping[str, Any]
    ) -> None:
        where = [state, Where("workflow_uid", "eq", workflow_uid)]
        after: tuple[float, str] | None = None
        while True:
            found = await self._executions.search(
                where, sort=("accepted_at",), limit=PAGE, after=after
            )
            for execution in found:
                if execution.id not in cancelled:
                    cancelled.add(execution.id)
                    await self._cancel(execution, settings)
            if len(found) < PAGE:
                return
            after = (found[-1].accepted_at, found[-1].id)

    async def _cancel(self, execution: Execution, settings: Mapping[str, Any]) -> None:
        """Cancel it at once while it queues, else tell whoever runs it."""
        while execution.status == "queued":
            if await self._cancelling.cancel(execution, settings, REASON):
                return
            known = await self._executions.find(execution.id)
            if known is None or known.has_ended:
                return
            execution = known
        await self._inbox.put(Message(execution.id, "cancel", "deleted", {"reason": REASON}))
        self._bus.tell(ExecutionNudged(execution.id, execution.tenant))
