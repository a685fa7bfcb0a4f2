"""Cancelling executions that nobody has begun: their end is written here, and nobody else has to be told to end them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from alur_common.clock import Clock
from alur_common.executions import Execution, Executions, Outbox
from alur_common.replies import Outcome, Replies
from alur_engine.durations import duration_seconds
from alur_sdk.errors import AlurError, ConflictError, NotFoundError


class Cancelling:
    """Ends executions that queue."""

    def __init__(
        self, executions: Executions, outbox: Outbox, replies: Replies, clock: Clock
    ) -> None:
        self._executions = executions
        self._outbox = outbox
        self._replies = replies
        self._clock = clock

    async def cancel(self, execution: Execution, settings: Mapping[str, Any], reason: str) -> bool:
        """Write its end and tell of it; return False when it is not as it was read any more.

        Retention is as the workflow's `settings` say.
        """
        now = self._clock.now()
        kept = settings.get("retention", {}).get("failed", "P30D")
        ended = self._outbox.stamp(
            execution.changed(
                status="cancelled",
                reason=reason,
                finished_at=now,
                expire_at=now + duration_seconds(kept),
            )
        )
        try:
            ended = await self._executions.save(ended)
        except (ConflictError, NotFoundError):
            self._outbox.drop(ended)
            return False
        except AlurError:
            self._outbox.miss(ended)
            raise
        outcome = Outcome("ended", "cancelled", error={"message": reason})
        self._replies.send(ended.reply_to, ended.id, outcome)
        await self._outbox.tell(ended)
        return True
