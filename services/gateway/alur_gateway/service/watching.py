"""Watching one execution: a snapshot first, then what changes, then its end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from alur_common.executions import Execution, Executions
from alur_common.progress import Change, Watchable
from alur_gateway.domain.shown import brief
from alur_gateway.service.executions import ExecutionService

HEARTBEAT_SECONDS = 20.0
LOOK_AGAIN_SECONDS = 5.0
"""How long silence is trusted before the store is asked whether the execution went on elsewhere."""
_RESTING = frozenset({"succeeded", "failed", "cancelled"})


@dataclass(frozen=True, slots=True)
class Told:
    """One message to a watcher. A heartbeat has neither `seq` nor data."""

    seq: int
    type: str
    data: dict[str, Any]


HEARTBEAT = Told(0, "heartbeat", {})


class Watching:
    """Follows executions for REST and gRPC."""

    def __init__(
        self, executions: Executions, progress: Watchable, service: ExecutionService
    ) -> None:
        self._executions = executions
        self._progress = progress
        self._service = service

    async def follow(self, execution: Execution, after: int = 0) -> AsyncIterator[Told]:
        """Yield a snapshot, changes, and the end; then stop.

        Each message holds the whole state of one node run or of the execution, so a watcher who comes back
        with the last `seq` it saw gets a new snapshot and has missed nothing. `HEARTBEAT` comes when
        nothing else does.
        """
        seq = after
        with self._progress.watch(execution.id) as changes:
            current = await self._executions.get(execution.id)
            while True:
                for told in await self._snapshot(current, seq):
                    seq = told.seq
                    yield told
                if current.status in _RESTING:
                    return
                async for told in self._changes(current, changes, seq):
                    seq = told.seq or seq
                    yield told
                current = await self._executions.get(execution.id)

    async def _snapshot(self, execution: Execution, seq: int) -> list[Told]:
        """Return all node runs and then the execution itself."""
        if execution.status in _RESTING:
            shown = await self._service.shown(execution)
            nodes = shown["nodes"]
        else:
            shown = brief(execution)
            live = self._progress.live(execution.id)
            nodes = live if live is not None else await self._service.nodes(execution)
        messages = [("node", _without_type(node)) for node in nodes]
        messages.append(("execution", shown))
        return [Told(seq + n, kind, data) for n, (kind, data) in enumerate(messages, 1)]

    async def _changes(
        self, execution: Execution, changes: asyncio.Queue[Change | None], seq: int
    ) -> AsyncIterator[Told]:
        """Yield changes until a new snapshot is due: some were lost, it ended, or it went on elsewhere."""
        silent_seconds = 0.0
        while True:
            try:
                change = await asyncio.wait_for(changes.get(), LOOK_AGAIN_SECONDS)
            except TimeoutError:
                silent_seconds += LOOK_AGAIN_SECONDS
                if await self._has_moved(execution):
                    return
                if silent_seconds >= HEARTBEAT_SECONDS:
                    silent_seconds = 0.0
                    yield HEARTBEAT
                continue
            if change is None or _tells_the_end(change):
                return
            silent_seconds = 0.0
            seq += 1
            yield Told(seq, change["type"], _without_type(change))

    async def _has_moved(self, execution: Execution) -> bool:
        if self._progress.live(execution.id) is not None:
            return False
        current = await self._executions.get(execution.id)
        return current.revision != execution.revision and current.status != execution.status


def _tells_the_end(change: Change) -> bool:
    return change["type"] == "execution" and change.get("status") in _RESTING


def _without_type(change: Change) -> dict[str, Any]:
    return {name: value for name, value in change.items() if name != "type"}
