"""Tests in virtual time: nothing sleeps, and a wait of an hour is over at once."""

from __future__ import annotations

import asyncio
import functools
import weakref
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec

P = ParamSpec("P")


class StuckError(Exception):
    """Everything waits and nothing will ever happen again."""


class VirtualLoop(asyncio.BaseEventLoop):
    """An event loop for which sleeping moves its clock on to the next timer; nothing comes from outside."""

    def __init__(self) -> None:
        super().__init__()
        self._seconds = 0.0
        self._selector = self
        self.tasks: weakref.WeakSet[asyncio.Task[Any]] = weakref.WeakSet()

    def create_task(
        self, *given: Any, **named: Any
    ) -> asyncio.Task[Any]:  # as the base class has it
        """Begin a task and know it: `asyncio.all_tasks` looks at those of all loops that ever were."""
        task = super().create_task(*given, **named)
        self.tasks.add(task)
        return task

    def time(self) -> float:
        return self._seconds

    def select(self, timeout: float | None) -> list[Any]:
        """Stand in for the selector: there are no sockets, so only time passes."""
        if timeout is None:
            raise StuckError("nothing is left to happen")
        self._seconds += timeout
        return []

    def _process_events(self, event_list: list[Any]) -> None:
        """There are none."""

    def _write_to_self(self) -> None:
        """There is no other thread to be woken by."""


def run_virtually(loop: VirtualLoop, work: Coroutine[Any, Any, Any]) -> Any:  # noqa: ANN401  # what `work` returns
    """Run it to its end, and cancel what it leaves behind."""
    asyncio.set_event_loop(loop)
    try:
        return loop.run_until_complete(work)
    finally:
        while tasks := [task for task in loop.tasks if not task.done()]:
            for task in tasks:
                task.cancel()
            loop.run_until_complete(asyncio.sleep(0))
        asyncio.set_event_loop(None)
        loop.close()


def in_virtual_time(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Run an asynchronous test on a virtual loop of its own."""

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        run_virtually(VirtualLoop(), test(*args, **kwargs))

    return run
