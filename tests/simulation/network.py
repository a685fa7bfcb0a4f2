"""The way from a process to what outlives it: late, perhaps lost, perhaps answered to nobody."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from random import Random
from typing import Any, TypeVar

from tests.simulation.faults import Faults
from tests.simulation.process import Fate, Process
from tests.support.virtual_time import VirtualLoop

T = TypeVar("T")
ANSWERED_AT_ONCE = 0.5
"""So many answers take no time: a simulated step that is saved."""


class Network:
    """Carries requests. One that was sent takes effect even if its sender died meanwhile, unless it was lost with it."""

    def __init__(self, loop: VirtualLoop, random: Random, faults: Faults) -> None:
        self.loop = loop
        self.random = random
        self.faults = faults
        self.fate = Fate(random, faults)

    def delay(self) -> float:
        """Return how long a way takes."""
        return self.random.random() * self.faults.delay

    async def ask(self, process: Process, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Let `work`, which never suspends, happen at the other end, and return what it gave."""
        if not self.faults.delay:
            return await work()
        self.fate.step(process)
        answer: asyncio.Future[T] = self.loop.create_future()
        leaves = max(self.loop.time(), process.still_until)
        self.loop.call_at(leaves + self.delay(), self._arrive, process, work, answer)
        return await answer

    def _arrive(
        self,
        process: Process,
        work: Callable[[], Coroutine[Any, Any, T]],
        answer: asyncio.Future[T],
    ) -> None:
        if process.is_dead and self.random.random() < self.faults.lost:
            return
        result, error = at_once(work())
        if self.random.random() < ANSWERED_AT_ONCE:
            self._return(process, answer, result, error)
        else:
            self.loop.call_later(self.delay(), self._return, process, answer, result, error)

    def _return(
        self, process: Process, answer: asyncio.Future[T], result: T, error: Exception | None
    ) -> None:
        if self.loop.time() < process.still_until:
            self.loop.call_at(process.still_until, self._return, process, answer, result, error)
            return
        try:
            self.fate.step(process)
        except asyncio.CancelledError:
            return
        if answer.done():
            return  # its caller was cancelled
        if error is None:
            answer.set_result(result)
        else:
            answer.set_exception(error)


def at_once(work: Coroutine[Any, Any, T]) -> tuple[Any, Exception | None]:
    """Run what never suspends; return its result or its error."""
    try:
        work.send(None)
    except StopIteration as end:
        return end.value, None
    except Exception as error:  # noqa: BLE001 carried to whoever asked
        return None, error
    raise AssertionError("what happens at the other end may not suspend")
