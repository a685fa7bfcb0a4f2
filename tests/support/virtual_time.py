"""Tests in virtual time: nothing sleeps, and a wait of an hour is over at once."""

from __future__ import annotations

import asyncio
import functools
import heapq
import itertools
import weakref
from collections import deque
from collections.abc import Callable, Coroutine
from contextvars import Context, copy_context
from typing import Any, ParamSpec, TypeVarTuple

P = ParamSpec("P")
Given = TypeVarTuple("Given")


class StuckError(Exception):
    """Everything waits and nothing will ever happen again."""


class _Handle(asyncio.TimerHandle):
    """What a loop calls, soon or at its time; nobody asks a loop in virtual time how it came to it."""

    def __init__(
        self,
        when: float,
        callback: Callable[..., object],
        args: tuple[Any, ...],
        loop: asyncio.AbstractEventLoop,
        context: Context | None,
    ) -> None:
        self._when = when
        self._callback = callback
        self._args = args
        self._loop = loop
        self._context = copy_context() if context is None else context
        self._cancelled = False


class VirtualLoop(asyncio.BaseEventLoop):
    """An event loop for which sleeping moves its clock on to the next timer; nothing comes from outside.

    A simulation spends much of its time here, so what a loop with sockets and threads needs is left out.
    """

    _stopping: bool

    def __init__(self) -> None:
        super().__init__()
        self._seconds = 0.0
        self._ready: deque[_Handle] = deque()
        self._timers: list[tuple[float, int, _Handle]] = []
        self._order = itertools.count()
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

    def call_soon(
        self,
        callback: Callable[[*Given], object],
        *args: *Given,
        context: Context | None = None,
    ) -> asyncio.Handle:
        handle = _Handle(0.0, callback, args, self, context)
        self._ready.append(handle)
        return handle

    def call_at(
        self,
        when: float,
        callback: Callable[[*Given], object],
        *args: *Given,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        handle = _Handle(when, callback, args, self, context)
        heapq.heappush(self._timers, (when, next(self._order), handle))
        return handle

    def call_later(
        self,
        delay: float,
        callback: Callable[[*Given], object],
        *args: *Given,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        return self.call_at(self._seconds + delay, callback, *args, context=context)

    def _run_once(self) -> None:
        """Run what is ready and what the next timers make ready, until the loop is told to stop."""
        ready, timers = self._ready, self._timers
        while not self._stopping:
            if not ready:
                if not timers:
                    raise StuckError("nothing is left to happen")
                self._seconds = max(self._seconds, timers[0][0])
            while timers and timers[0][0] <= self._seconds:
                ready.append(heapq.heappop(timers)[2])
            for _ in range(len(ready)):
                handle = ready.popleft()
                if not handle._cancelled:
                    handle._context.run(handle._callback, *handle._args)

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """It is passed over when its time comes."""

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
