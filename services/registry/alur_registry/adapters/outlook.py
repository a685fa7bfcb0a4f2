"""What the status of a workflow says about its executions, read from the engine's store."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from alur_common.definitions import WorkflowRecord
from alur_common.documents.port import Where
from alur_common.executions import Executions, Workers
from alur_sdk.instants import rfc3339

Triggers = Callable[[WorkflowRecord], Awaitable[Mapping[str, Mapping[str, Any]]]]


class StoredOutlook:
    """`Outlook` on the executions' repository; `triggers` asks the scheduler, where there is one."""

    def __init__(
        self, executions: Executions, workers: Workers, triggers: Triggers | None = None
    ) -> None:
        self._executions = executions
        self._workers = workers
        self._triggers = triggers

    async def last_execution(self, record: WorkflowRecord) -> Mapping[str, Any] | None:
        where = [
            Where("tenant", "eq", record.tenant),
            Where("project", "eq", record.project),
            Where("workflow", "eq", record.name),
        ]
        found = await self._executions.search(where, sort=("-accepted_at",), limit=1)
        # A workflow of the same name that was deleted before is another one.
        if not found or found[0].workflow_uid != record.uid:
            return None
        execution = found[0]
        return {
            "id": execution.id,
            "status": execution.status,
            "version": execution.version,
            "startedAt": rfc3339(execution.started_at or execution.accepted_at),
            "finishedAt": rfc3339(execution.finished_at),
        }

    async def triggers(self, record: WorkflowRecord) -> Mapping[str, Mapping[str, Any]]:
        return {} if self._triggers is None else await self._triggers(record)

    async def unserved(self, pools: Sequence[str]) -> list[str]:
        leases = await self._workers.all()
        return [pool for pool in pools if not any(lease.pools.serves(pool) for lease in leases)]
