"""Calls of the driver that go on when their caller is cancelled.

On Python 3.11 the driver (PyMongo 4.20) can lose the lock of its topology when a task that waits for a server is
cancelled: from then on that client waits for ever, however well the server is. So no call of the driver is cancelled; its
own time limit ends it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

A = TypeVar("A")


class Unbroken:
    """Runs each call in a task of its own."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    async def run(self, call: Coroutine[Any, Any, A]) -> A:
        """Return what it returns. A caller that is cancelled stops waiting, and takes nothing back."""
        task = asyncio.get_running_loop().create_task(call)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return await asyncio.shield(task)

    async def close(self) -> None:
        """Wait for what is under way."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # nobody may be left to ask for it
