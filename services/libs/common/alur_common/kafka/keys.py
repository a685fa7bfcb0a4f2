"""Work by key: that of one key in order, that of different keys at once."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Collection
from typing import Any, Generic, TypeVar

_Item = TypeVar("_Item")


class KeyedWork(Generic[_Item]):
    """Calls `handle` for each item after those of the same key; `handle` raises nothing."""

    def __init__(self, handle: Callable[[_Item], Awaitable[None]]) -> None:
        self._handle = handle
        self._queues: dict[Any, deque[_Item]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def tasks(self) -> Collection[asyncio.Task[None]]:
        """What is under way."""
        return self._tasks

    def put(self, key: object, item: _Item) -> None:
        """Queue an item behind those of its key."""
        queue = self._queues.get(key)
        if queue is not None:
            queue.append(item)
            return
        self._queues[key] = deque((item,))
        task = asyncio.get_running_loop().create_task(self._work(key))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def drop(self, is_unwanted: Callable[[_Item], bool]) -> None:
        """Forget items that have not begun."""
        for queue in self._queues.values():
            first, *rest = queue
            queue.clear()
            queue.append(first)
            queue.extend(item for item in rest if not is_unwanted(item))

    async def cancel(self) -> None:
        """End all that is under way."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _work(self, key: object) -> None:
        queue = self._queues[key]
        try:
            while queue:
                await self._handle(queue[0])
                queue.popleft()
        finally:
            del self._queues[key]
