"""Cancelling executions that nobody has begun: no executor ends them, so whom their end concerns is told here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from alur_common.bus import Bus
from alur_common.clock import Clock
from alur_common.events import ExecutionNudged
from alur_common.executions.entity import Execution
from alur_common.executions.outbox import Outbox
from alur_common.executions.repository import Executions, Inbox, Message
from alur_common.replies import Outcome, Replies
from alur_sdk.durations import duration_seconds
from alur_sdk.errors import AlurError, ConflictError, NotFoundError

_DEFAULT_RETENTION = "P30D"


class Cancelling:
    """Ends executions that queue."""

    def __init__(
        self,
        executions: Executions,
        inbox: Inbox,
        bus: Bus,
        outbox: Outbox,
        replies: Replies,
        *,
        clock: Clock,
    ) -> None:
        self._executions = executions
        self._inbox = inbox
        self._bus = bus
        self._outbox = outbox
        self._replies = replies
        self._clock = clock

    async def cancel(
        self, execution: Execution, settings: Mapping[str, Any], reason: str
    ) -> Execution | None:
        """Write its end and tell of it; return it, or None when it is not as it was read any more.

        Retention is as the workflow's `settings` say. A parent that waits is told before, durably, so that it is not
        forgotten; should the child go on instead, that message lies until its end.
        """
        parent = execution.parent
        if parent is not None and parent.waits:
            await self._inbox.put(Message(parent.execution, "child", execution.id, {}))
        ended = await self._ended(execution, settings, reason)
        if ended is None:
            return None
        outcome = Outcome("ended", "cancelled", error={"message": reason})
        self._replies.send(ended.reply_to, ended.id, outcome)
        if parent is not None and parent.waits:
            self._bus.tell(ExecutionNudged(parent.execution, ended.tenant))
        await self._outbox.tell(ended)
        return ended

    async def _ended(
        self, execution: Execution, settings: Mapping[str, Any], reason: str
    ) -> Execution | None:
        now = self._clock.now()
        kept = settings.get("retention", {}).get("failed", _DEFAULT_RETENTION)
        ended = self._outbox.stamp(
            execution.changed(
                status="cancelled",
                reason=reason,
                nodes=[],
                finished_at=now,
                expire_at=now + duration_seconds(kept),
            )
        )
        try:
            return await self._executions.save(ended)
        except (ConflictError, NotFoundError):
            self._outbox.drop(ended)
            return None
        except AlurError:
            self._outbox.miss(ended)
            raise
