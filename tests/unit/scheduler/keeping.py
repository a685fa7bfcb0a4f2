"""Executions that are kept for a while, and what removes them and their contents."""

from __future__ import annotations

from typing import Any

from alur_common.blobs import INLINE_BYTES
from alur_common.blobs_memory import MemoryBlobs
from alur_common.bus_in_process import InProcessBus
from alur_common.clock import SystemIds
from alur_common.definitions import WorkflowRecord
from alur_common.documents.memory import MemoryDocuments
from alur_common.executions import (
    BlobUses,
    CountedBlobs,
    Execution,
    StoredExecutions,
    StoredInbox,
    StoredJournals,
)
from alur_common.executions.outbox import Outboxes
from alur_common.starts import StartRequest, Starts
from alur_scheduler.domain.partitions import WHOLE
from alur_scheduler.ports import Share
from alur_scheduler.service.contents import Contents
from alur_scheduler.service.retention import Retention
from alur_sdk.errors import NotFoundError
from tests.support.clock import FakeClock

HOUR, DAY = 3600.0, 86_400.0
WORKFLOW = WorkflowRecord("t", "p", "w", "uid", 1, {"spec": {}}, 1, "", 0.0, 0.0, 0.0)
LARGE = [{"text": "x" * INLINE_BYTES}]


class Half:
    """The share of a scheduler that looks after one workflow of two."""

    since, slots = 0.0, ()

    def fence_of(self, key: str) -> int | None:
        return 1 if key == "mine" else None

    def refused(self, what: str, key: str, fence: int) -> None: ...


class World:
    """Accepts executions, lets time pass, and removes what is over."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.documents = MemoryDocuments(self.clock)
        self.kept = MemoryBlobs()
        self.blobs = CountedBlobs(self.kept, self.documents, self.clock)
        self.executions = StoredExecutions(self.documents)
        self.journals = StoredJournals(self.documents)
        self.inbox = StoredInbox(self.documents)
        self.uses = BlobUses(self.documents)
        self.starts = Starts(
            self.executions, self.blobs, InProcessBus(), self.clock, SystemIds(self.clock)
        )
        self.outboxes = Outboxes(self.documents, self.clock)
        self.retention = self.retaining()
        self.contents = Contents(self.executions, self.uses, self.blobs, self.clock)

    def retaining(self, share: Share = WHOLE) -> Retention:
        parts = (self.executions, self.journals, self.inbox, self.outboxes)
        return Retention(*parts, clock=self.clock, share=share)

    async def start(self, key: str | None = None, **more: Any) -> Execution:
        given: dict[str, Any] = {"mode": "webhook", "input": [{"n": 1}], "content": b"1", **more}
        source = ("hook", key) if key else None
        return (await self.starts.start(WORKFLOW, StartRequest(source=source, **given))).execution

    async def end(self, execution: Execution, keep: float = HOUR, **changes: Any) -> Execution:
        """End it; retention may remove it after so many seconds."""
        expire_at = self.clock.now() + keep
        given = {"status": "succeeded", "output": [{"m": 2}], "expire_at": expire_at, **changes}
        return await self.executions.save(execution.changed(**given))

    async def sweep_after(self, seconds: float) -> None:
        self.clock.advance(seconds)
        await self.retention.sweep()
        await self.contents.sweep()

    def is_in_place(self, sha256: str) -> bool:
        """Whether it lies where it was put, and not aside."""
        return sha256 in self.kept._contents

    async def has(self, sha256: str) -> bool:
        try:
            await self.kept.get(sha256)
        except NotFoundError:
            return False
        return True
