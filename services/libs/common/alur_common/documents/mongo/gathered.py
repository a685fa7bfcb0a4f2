"""Requests that go together: what is asked for while one is under way goes with the next, without a timer."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, Generic, TypeVar

from alur_common.documents.mongo.unbroken import Unbroken
from alur_sdk.errors import AlurError

Q = TypeVar("Q")
A = TypeVar("A")
MOST_AT_ONCE = 256
MOST_BYTES = 16 * 1024 * 1024
"""A group ends with the request by which it is larger."""


class Gathered(Generic[Q, A]):
    """Sends what callers ask for in groups; an idle one sends at once.

    `send` returns an answer or an error for each question, in order, or raises for all of them.
    """

    def __init__(
        self,
        send: Callable[[Sequence[Q]], Awaitable[Sequence[A | AlurError]]],
        size: Callable[[Q], int] = lambda _: 0,
    ) -> None:
        self._send = send
        self._size = size
        self._waiting: deque[tuple[Q, asyncio.Future[A]]] = deque()
        self._task: asyncio.Task[None] | None = None

    async def ask(self, question: Q) -> A:
        """Return the answer to one question, or raise its error. A caller that is cancelled takes nothing back."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[A] = loop.create_future()
        self._waiting.append((question, answer))
        if self._task is None:
            # A task begins with the next turn of the loop: what else this turn asks for goes along.
            self._task = loop.create_task(self._work())
        return await answer

    async def close(self) -> None:
        """Wait until everything that was asked is answered."""
        while self._task is not None:
            await asyncio.wait((self._task,))

    async def _work(self) -> None:
        group: list[tuple[Q, asyncio.Future[A]]] = []
        try:
            while self._waiting:
                group = self._next()
                await self._answer(group)
        finally:
            self._task = None
            for _, answer in (*group, *self._waiting):
                answer.cancel()  # only when this task itself was cancelled is any still open
            self._waiting.clear()

    def _next(self) -> list[tuple[Q, asyncio.Future[A]]]:
        group: list[tuple[Q, asyncio.Future[A]]] = []
        size = 0
        while self._waiting and len(group) < MOST_AT_ONCE and size < MOST_BYTES:
            group.append(self._waiting.popleft())
            size += self._size(group[-1][0])
        return group

    async def _answer(self, group: Sequence[tuple[Q, asyncio.Future[A]]]) -> None:
        outcomes: Sequence[A | Exception]
        try:
            outcomes = await self._send([question for question, _ in group])
        except AlurError as error:
            outcomes = [error] * len(group)
        except Exception as error:  # noqa: BLE001  # a fault of one must not be that of its neighbours
            if len(group) > 1:
                for one in group:
                    await self._answer([one])
                return
            outcomes = [error]
        for (_, answer), outcome in zip(group, outcomes, strict=True):
            if answer.done():
                continue  # its caller was cancelled
            if isinstance(outcome, Exception):
                answer.set_exception(outcome)
            else:
                answer.set_result(outcome)


class Turns:
    """What is asked for one key goes one after the other, in the order in which it was asked, whoever is cancelled."""

    def __init__(self, unbroken: Unbroken) -> None:
        self._unbroken = unbroken
        self._last: dict[str, asyncio.Future[None]] = {}

    def take(self, key: str, work: Callable[[], Awaitable[A]]) -> Coroutine[Any, Any, A]:
        """Take the next turn, and return what does the work once those before it for this key have ended, however.

        Whoever takes a turn awaits it: those behind it wait until then. A caller that is cancelled takes nothing back:
        its turn comes, and those behind it wait for that.
        """
        before = self._last.get(key)
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._last[key] = done
        return self._unbroken.run(self._in_turn(key, before, done, work))

    async def _in_turn(
        self,
        key: str,
        before: asyncio.Future[None] | None,
        done: asyncio.Future[None],
        work: Callable[[], Awaitable[A]],
    ) -> A:
        try:
            if before is not None:
                await asyncio.wait((before,))
            return await work()
        finally:
            done.set_result(None)
            if self._last.get(key) is done:
                del self._last[key]
