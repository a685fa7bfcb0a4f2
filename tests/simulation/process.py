"""A process of the simulation: its tasks, its death, its standing still."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from random import Random
from typing import Any

from tests.simulation.faults import Faults
from tests.support.virtual_time import VirtualLoop

START = 1_769_860_800.0
"""Virtual time 0, in seconds since 1970."""
JUMP = 0.05
"""How likely a clock jumps at a step, as long as jumps are left."""
LEASE_SECONDS = 6.0
STANDS_STILL_SECONDS = 13.0
"""Longer than a lease, by any clock."""
_current: ContextVar[Process | None] = ContextVar("process", default=None)


class Process:
    """Owns the tasks that are begun in it. Once dead, no step of theirs has an effect any more."""

    def __init__(self, name: str, loop: VirtualLoop, random: Random, skew: float) -> None:
        self.name = name
        self.is_dead = False
        self.still_until = 0.0
        self.on_death: Callable[[], None] = lambda: None
        self.leave: Callable[[], object] = lambda: None
        """How it is asked to leave in good order."""
        self._loop = loop
        self._random = random
        self.skew = skew
        """By how much its clock is wrong."""
        self._tasks: weakref.WeakSet[asyncio.Task[Any]] = weakref.WeakSet()

    def now(self) -> float:
        """Return what this process takes for the time: it is a `Clock`."""
        return START + self._loop.time() + self.skew

    def monotonic(self) -> float:
        return self._loop.time()

    def begin(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run something in this process; what it begins belongs to the process too."""
        token = _current.set(self)
        try:
            return self._loop.create_task(work)
        finally:
            _current.reset(token)

    def own(self, task: asyncio.Task[Any]) -> None:
        """Know a task as one of this process."""
        self._tasks.add(task)

    def die(self) -> None:
        """Die at once, as by `kill -9`."""
        if self.is_dead:
            return
        self.is_dead = True
        for task in list(self._tasks):
            task.cancel()
        self.on_death()


class Fate:
    """Decides at each step whether its process dies, leaves or stands still there, or its clock jumps."""

    def __init__(self, random: Random, faults: Faults) -> None:
        self._random = random
        self._faults = faults
        self._crashes = faults.crashes
        self._drains = faults.drains
        self._pauses = faults.pauses
        self._jumps = faults.jumps
        self.struck = 0
        """So many times something struck."""

    def _left(self) -> int:
        return self._crashes + self._drains + self._pauses + self._jumps

    def skew(self) -> float:
        """Return by how much a clock is wrong from now on."""
        return (self._random.random() * 2 - 1) * self._faults.jump

    def step(self, process: Process) -> None:
        """Pass a point at which a process may die; raises `CancelledError` in a dead one."""
        before = self._left()
        if self._crashes and self._random.random() < self._faults.crash:
            self._crashes -= 1
            process.die()
        elif self._drains and self._random.random() < self._faults.crash:
            self._drains -= 1
            process.leave()
        elif self._pauses and self._random.random() < self._faults.pause:
            self._pauses -= 1
            process.still_until = process.monotonic() + STANDS_STILL_SECONDS
        elif self._jumps and self._random.random() < JUMP:
            self._jumps -= 1
            process.skew = self.skew()
        self.struck += before - self._left()
        if process.is_dead:
            raise asyncio.CancelledError(f"{process.name} is dead")


def owned_tasks(
    loop: asyncio.AbstractEventLoop,
    coro: Coroutine[Any, Any, Any],
    **options: Any,
) -> asyncio.Task[Any]:
    """Make a task that belongs to the process in which it is made: the loop's task factory."""
    task = asyncio.Task(coro, loop=loop, **options)
    process = _current.get()
    if process is not None:
        process.own(task)
        if process.is_dead:
            task.cancel()
    return task
