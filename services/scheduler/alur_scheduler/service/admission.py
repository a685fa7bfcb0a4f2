"""Admission: how many executions of a workflow with a concurrency limit may run at once.

Whoever holds the workflow's partition decides, and leaves its fence in the gate; whoever else hears of something tells it.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress
from typing import Any

from alur_common.bus import Bus
from alur_common.definitions import VersionRecord, WorkflowRecord
from alur_common.documents.port import Document, Documents, Where
from alur_common.events import (
    ExecutionAdmitted,
    ExecutionNudged,
    ExecutionRequested,
    GateChanged,
)
from alur_common.executions import Execution, Executions, Inbox, Message
from alur_common.executions.cancelling import Cancelling
from alur_common.replies import SKIPPED
from alur_common.telemetry.tracing import NOTHING
from alur_scheduler.domain.collections import GATES
from alur_scheduler.domain.partitions import WHOLE
from alur_scheduler.ports import Definitions, Share, Tracing
from alur_sdk.errors import ConflictError, ExistsError, NotFoundError

PAGE = 200
LEFT_OUT = 50
"""So many queues a search leaves out: a store takes only so many conditions."""


class StaleError(ConflictError):
    """Another scheduler decides about the workflow: tell it."""


class Admission:
    """Keeps one gate a workflow: the ids of those that are in. Handlers are safe to repeat."""

    def __init__(
        self,
        documents: Documents,
        definitions: Definitions,
        *,
        executions: Executions,
        inbox: Inbox,
        bus: Bus,
        cancelling: Cancelling,
        share: Share = WHOLE,
        tracing: Tracing | None = None,
    ) -> None:
        self._share = share
        self._documents = documents
        self._executions = executions
        self._inbox = inbox
        self._definitions = definitions
        self._bus = bus
        self._cancelling = cancelling
        self._tracing = tracing
        self._lock = asyncio.Lock()

    async def on_requested(self, event: ExecutionRequested) -> None:
        """Let it in, or do what the policy says."""
        async with self._lock:
            execution = await self._executions.find(event.key)
            if execution is not None and _waits(execution):
                try:
                    await self._decide(execution)
                except StaleError:
                    told = GateChanged(execution.workflow_uid, event.tenant, event.key)
                    self._bus.tell(told)

    async def on_gate_changed(self, event: GateChanged) -> None:
        """Give the place of one that ended to the next, and decide about what another scheduler heard of.

        Only who decides about the workflow does it. What is lost on the way is found by `reconcile`.
        """
        async with self._lock:
            if self._share.fence_of(event.key) is None:
                return
            execution = await self._executions.find(event.execution)
            with suppress(StaleError):
                if execution is None or execution.has_ended:
                    await self._free(event.key, {event.execution})
                elif _waits(execution):
                    await self._decide(execution)

    async def reconcile(self) -> None:
        """Free the places of those that ended unheard, and let in whom a crash left outside."""
        async with self._lock:
            after: list[str] | None = None
            while True:
                gates = await self._documents.find(GATES, limit=PAGE, after=after)
                for gate in gates:
                    with suppress(StaleError):
                        await self._tidy(gate)
                if len(gates) < PAGE:
                    break
                after = [gates[-1]["id"]]
            await self._decide_waiting()

    async def _tidy(self, gate: Document) -> None:
        uid = gate["id"]
        if self._fence_of(gate) > gate.get("fence", 0):
            await self._write(gate)  # from now on whoever decided before is refused
        gone: set[str] = set()
        for execution_id in gate["running"]:
            execution = await self._executions.find(execution_id)
            if execution is None or execution.has_ended:
                gone.add(execution_id)
            elif not execution.admitted:
                await self._let_in(execution)
        if gone:
            await self._free(uid, gone)

    async def _decide_waiting(self) -> None:
        """Decide about all who wait, the oldest first; once one of a workflow queues, its others are passed over.

        Those of the longest queues are not even read any more.
        """
        where = [Where("active", "eq", "queued"), Where("admitted", "eq", False)]
        passed: Counter[str] = Counter()
        after: list[Any] | None = None
        while True:
            longest = [Where("workflow_uid", "ne", uid) for uid, _ in passed.most_common(LEFT_OUT)]
            page = await self._executions.search(
                [*where, *longest], sort=("accepted_at",), limit=PAGE, after=after
            )
            for execution in page:
                uid = execution.workflow_uid
                if uid in passed or await self._left_waiting(execution) == "queue":
                    passed[uid] += 1
            if len(page) < PAGE:
                return
            after = [page[-1].accepted_at, page[-1].id]

    async def _left_waiting(self, execution: Execution) -> str | None:
        try:
            return await self._decide(execution)
        except StaleError:
            return "queue"  # it is not ours, as all of its workflow are not

    async def _free(self, uid: str, gone: set[str]) -> None:
        await self._leave(uid, gone)
        await self._fill(uid)

    async def _decide(self, execution: Execution) -> str | None:
        """Let it in, or end it; return the policy by which it waits on, or None when it does not."""
        self._fence_of({"id": execution.workflow_uid})
        limit, policy = await self._policy(execution)
        if await self._enter(execution, limit):
            await self._let_in(execution)
        elif policy == "skip":
            await self._end(execution, SKIPPED)
        else:
            if policy == "replace":
                await self._replace(execution)
            return policy
        return None

    async def _policy(self, execution: Execution) -> tuple[int, str]:
        """Return limit and policy of the newest version, or of its own when the workflow is gone."""
        settings = await self._settings(execution)
        concurrency = settings.get("concurrency") or {"limit": 10_000}
        return concurrency["limit"], concurrency.get("policy", "queue")

    async def _settings(self, execution: Execution) -> dict[str, Any]:
        try:
            record = await self._record(execution)
        except NotFoundError:
            return {}  # nobody can run it: let in, it is failed by the executor that takes it
        settings: dict[str, Any] = record.document["spec"].get("settings", {})
        return settings

    async def _record(self, execution: Execution) -> WorkflowRecord | VersionRecord:
        try:
            return await self._definitions.active(
                execution.tenant, execution.project, execution.workflow
            )
        except NotFoundError:
            return await self._definitions.version(execution.workflow_uid, execution.version)

    async def _enter(self, execution: Execution, limit: int) -> bool:
        while True:
            gate = await self._gate(execution.workflow_uid)
            running = gate["running"]
            if execution.id in running:
                return True
            if len(running) >= limit:
                return False
            if await self._write({**gate, "running": [*running, execution.id]}):
                return True

    async def _leave(self, uid: str, gone: set[str]) -> None:
        while gone:
            gate = await self._gate(uid)
            left = [kept for kept in gate["running"] if kept not in gone]
            if len(left) == len(gate["running"]) or await self._write({**gate, "running": left}):
                return

    async def _gate(self, uid: str) -> Document:
        """Return the gate for a decision. Raises `StaleError` when another scheduler decides."""
        gate = await self._documents.find_one(GATES, uid) or {"id": uid, "running": []}
        self._fence_of(gate)
        return gate

    def _fence_of(self, gate: Document) -> int:
        """Return the fence for a write to the gate. Raises `StaleError` when another scheduler decides."""
        uid, known = gate["id"], gate.get("fence", 0)
        fence = self._share.fence_of(uid)
        if fence is not None and known <= fence:
            return fence
        if fence is not None:
            self._share.refused("gate", uid, known)
        raise StaleError(f"another scheduler decides about the workflow {uid}")

    async def _write(self, gate: Document) -> bool:
        gate = {**gate, "fence": self._fence_of(gate)}
        try:
            if "revision" in gate:
                await self._documents.replace(GATES, gate, at_revision=gate["revision"])
            else:
                await self._documents.insert(GATES, gate)
        except (ConflictError, ExistsError, NotFoundError):
            return False
        return True

    async def _let_in(self, execution: Execution) -> None:
        try:
            admitted = await self._executions.save(execution.changed(admitted=True))
        except (ConflictError, NotFoundError):
            return  # it was cancelled meanwhile; its place is freed by the next reconciliation
        span = None if self._tracing is None else self._tracing.admitting(admitted)
        with span or NOTHING:
            self._bus.tell(ExecutionAdmitted(admitted.id, admitted.tenant, admitted.priority))

    async def _fill(self, uid: str) -> None:
        """Let in the next of those that queue: by priority, then by age."""
        where = [
            Where("active", "eq", "queued"),
            Where("admitted", "eq", False),
            Where("workflow_uid", "eq", uid),
        ]
        order = ("-priority", "accepted_at")
        for execution in await self._executions.search(where, sort=order, limit=10):
            limit, _ = await self._policy(execution)
            if not await self._enter(execution, limit):
                return
            await self._let_in(execution)

    async def _replace(self, execution: Execution) -> None:
        """Cancel the oldest that runs, and whoever queued before: the newest gets the place."""
        gate = await self._gate(execution.workflow_uid)
        for execution_id in gate["running"][:1]:
            message = Message(
                execution_id, "cancel", "replaced", {"reason": f"replaced by {execution.id}"}
            )
            await self._inbox.put(message)
            self._bus.tell(ExecutionNudged(execution_id, execution.tenant))
        where = [
            Where("active", "eq", "queued"),
            Where("admitted", "eq", False),
            Where("workflow_uid", "eq", execution.workflow_uid),
        ]
        for other in await self._executions.search(where, sort=("accepted_at",), limit=PAGE):
            if other.id != execution.id and other.accepted_at <= execution.accepted_at:
                await self._end(other, f"replaced by {execution.id}")

    async def _end(self, execution: Execution, reason: str) -> None:
        await self._cancelling.cancel(execution, await self._settings(execution), reason)


def _waits(execution: Execution) -> bool:
    """Return whether admission has yet to let it in."""
    return execution.status == "queued" and not execution.admitted
