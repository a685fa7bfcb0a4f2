"""Requests that go together: what is asked for while one is under way goes with the next, without a timer."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Q = TypeVar("Q")
A = TypeVar("A")
MOST_AT_ONCE = 256


class Gathered(Generic[Q, A]):
    """Sends what callers ask for in groups. `send` returns an answer or an error for each, in order, or fails for all."""

    def __init__(self, send: Callable[[Sequence[Q]], Awaitable[Sequence[A | Exception]]]) -> None:
        self._send = send
        self._waiting: deque[tuple[Q, asyncio.Future[A]]] = deque()
        self._task: asyncio.Task[None] | None = None

    async def ask(self, question: Q) -> A:
        """Return the answer to one question, or raise its error."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[A] = loop.create_future()
        self._waiting.append((question, answer))
        if self._task is None:
            self._task = loop.create_task(self._work())
        return await answer

    async def close(self) -> None:
        """Wait until everything that was asked is answered."""
        while self._task is not None:
            await asyncio.wait((self._task,))

    async def _work(self) -> None:
        try:
            while self._waiting:
                count = min(len(self._waiting), MOST_AT_ONCE)
                group = [self._waiting.popleft() for _ in range(count)]
                await self._answer(group)
        finally:
            self._task = None

    async def _answer(self, group: list[tuple[Q, asyncio.Future[A]]]) -> None:
        outcomes: Sequence[A | Exception]
        try:
            outcomes = await self._send([question for question, _ in group])
        except Exception as error:  # noqa: BLE001 every caller is told it
            outcomes = [error] * len(group)
        for (_, answer), outcome in zip(group, outcomes, strict=True):
            if answer.done():
                continue  # its caller was cancelled
            if isinstance(outcome, Exception):
                answer.set_exception(outcome)
            else:
                answer.set_result(outcome)
