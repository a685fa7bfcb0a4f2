"""What happens to running executions when their workflow is deleted."""

from __future__ import annotations

from alur_common.bus import Bus
from alur_common.documents.port import Where
from alur_common.events import ExecutionNudged, WorkflowVersionPublished
from alur_common.executions import Executions, Inbox, Message
from alur_scheduler.ports import Definitions
from alur_sdk.errors import NotFoundError

PAGE = 200


class Deletion:
    """Cancels them where the workflow says `deletionPolicy: cancel`; else they finish."""

    def __init__(
        self, executions: Executions, inbox: Inbox, definitions: Definitions, bus: Bus
    ) -> None:
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
        policy = version.document["spec"].get("settings", {}).get("deletionPolicy", "finish")
        if policy != "cancel":
            return
        for status in ("queued", "running", "waiting"):
            await self._cancel_all(status, event.key)

    async def _cancel_all(self, status: str, workflow_uid: str) -> None:
        where = [Where("active", "eq", status), Where("workflow_uid", "eq", workflow_uid)]
        after: tuple[float, str] | None = None
        while True:
            found = await self._executions.search(
                where, sort=("accepted_at",), limit=PAGE, after=after
            )
            for execution in found:
                reason = {"reason": "the workflow was deleted"}
                await self._inbox.put(Message(execution.id, "cancel", "deleted", reason))
                self._bus.tell(ExecutionNudged(execution.id, execution.tenant))
            if len(found) < PAGE:
                return
            after = (found[-1].accepted_at, found[-1].id)
