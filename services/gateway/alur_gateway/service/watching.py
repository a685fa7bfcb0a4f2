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
_TELLING = ("status", "attempts", "items", "error")


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
        """Yield a snapshot, changes, and the end, nothing twice; then stop.

        Each message holds the whole state of one node run or of the execution, so a watcher who comes back
        with the last `seq` it saw gets a new snapshot and has missed nothing. `HEARTBEAT` comes when
        nothing else does.
        """
        seq, told = after, _Told()
        with self._progress.watch(execution.id) as changes:
            current = await self._executions.get(execution.id)
            while True:
                for kind, data in await self._snapshot(current):
                    if told.is_new(kind, data):
                        seq += 1
                        yield Told(seq, kind, data)
                if current.status in _RESTING:
                    return
                async for change in self._changes(current, changes):
                    if change is None:
                        yield HEARTBEAT
                    elif told.is_new(change["type"], change):
                        seq += 1
                        yield Told(seq, change["type"], _without_type(change))
                current = await self._executions.get(execution.id)

    async def _snapshot(self, execution: Execution) -> list[tuple[str, dict[str, Any]]]:
        """Return all node runs and then the execution itself."""
        if execution.status in _RESTING:
            shown = await self._service.shown(execution)
            nodes = shown["nodes"]
        else:
            shown = brief(execution)
            live = self._progress.live(execution.id)
            nodes = live if live is not None else (await self._service.overview(execution)).nodes
        return [*(("node", _without_type(node)) for node in nodes), ("execution", shown)]

    async def _changes(
        self, execution: Execution, changes: asyncio.Queue[Change | None]
    ) -> AsyncIterator[Change | None]:
        """Yield changes, None in long silence, until a new snapshot is due: some were lost, it ended, or it went on elsewhere."""
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
                    yield None
                continue
            if change is None or _tells_the_end(change):
                return
            silent_seconds = 0.0
            yield change

    async def _has_moved(self, execution: Execution) -> bool:
        if self._progress.live(execution.id) is not None:
            return False
        current = await self._executions.get(execution.id)
        return current.revision != execution.revision


class _Told:
    """What a watcher knows, so that a new snapshot repeats nothing of it."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str | None, str | None], tuple[object, ...]] = {}

    def is_new(self, kind: str, data: dict[str, Any]) -> bool:
        """Keep what is told; return whether it differs from what was told before of the same node run or execution."""
        name, path = data.get("name"), data.get("path")
        state = tuple(data.get(field) for field in _TELLING)
        if self._known.get((kind, name, path)) == state:
            return False
        # The summary of a node has no path: it is compared with the node's last run.
        self._known[kind, name, path] = self._known[kind, name, None] = state
        return True


def _tells_the_end(change: Change) -> bool:
    return change["type"] == "execution" and change.get("status") in _RESTING


def _without_type(change: Change) -> dict[str, Any]:
    return {name: value for name, value in change.items() if name != "type"}
