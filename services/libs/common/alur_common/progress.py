"""Progress: what watchers of an execution see while it runs. Costs nothing when nobody watches."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

Change = dict[str, Any]
"""`{type: node, name, path, status, attempts, items, startedAt, durationMs, error?}` or `{type: execution, status, …}`."""
QUEUE_LENGTH = 1_000


class Progress(Protocol):
    """Where executors tell what happens."""

    def is_watched(self, execution_id: str) -> bool:
        """Somebody wants to know."""

    def tell(self, execution_id: str, change: Change) -> None:
        """Tell all watchers; one who is too slow is cut off and has to look again."""


class Watchable(Protocol):
    """Where watchers see it."""

    live: Callable[[str], list[Change] | None]
    """The node runs of an execution in memory here so far, or None."""

    def watch(self, execution_id: str) -> AbstractContextManager[asyncio.Queue[Change | None]]:
        """Give a queue of changes; None in it means: look again and start over."""


class LocalProgress:
    """Progress within one process."""

    def __init__(self) -> None:
        self._watchers: dict[str, list[asyncio.Queue[Change | None]]] = {}
        self.live: Callable[[str], list[Change] | None] = lambda _: None
        """Set by the executor: the node runs of an execution in memory so far, or None."""

    def is_watched(self, execution_id: str) -> bool:
        return execution_id in self._watchers

    def tell(self, execution_id: str, change: Change) -> None:
        for queue in self._watchers.get(execution_id, ()):
            if queue.full():
                queue.get_nowait()
                queue.put_nowait(None)
            else:
                queue.put_nowait(change)

    @contextmanager
    def watch(self, execution_id: str) -> Iterator[asyncio.Queue[Change | None]]:
        """Yield a queue of changes; None in it means that some were lost: look again and start over."""
        queue: asyncio.Queue[Change | None] = asyncio.Queue(QUEUE_LENGTH)
        self._watchers.setdefault(execution_id, []).append(queue)
        try:
            yield queue
        finally:
            watchers = self._watchers[execution_id]
            watchers.remove(queue)
            if not watchers:
                del self._watchers[execution_id]
