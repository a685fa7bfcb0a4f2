"""One runner: the socket to it, the handle by which it is killed, and the watch over its memory."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import time
from collections.abc import Iterator
from typing import Any, Final

import orjson

from alur_jail import warm
from alur_jail.counting import has_more_values
from alur_jail.groups import Group
from alur_jail.guest.priority import give_way
from alur_jail.warm import GoneError

_HEADER: Final = 4
_WATCH_SECONDS: Final = 0.02
_LONGEST_WORD: Final = 64 * 1024
"""Of a line for the log, of a question or of an error, in bytes; the guests cut theirs far below."""
_SHORT_SECONDS: Final = 0.005
"""Of processor time: 100 items through a few lines of code take half of it."""
_LAST, _LONGEST_SLICE_MILLISECONDS = 19, 100
"""The lowest priority (nice(2)), and the longest slice that there is."""


class Runner:
    """A process that runs one request. What it sends may be anything.

    `most_memory` is what it may take beside that with which it began, in bytes.
    """

    __slots__ = (
        "_group",
        "_handle",
        "_kills",
        "_link",
        "_most_memory",
        "_most_result",
        "_most_values",
        "_pid",
        "_unpaused",
        "address_space",
        "has_computed",
        "killed_for",
    )

    def __init__(
        self,
        link: socket.socket,
        handle: int,
        *,
        most_memory: int,
        most_result: int,
        most_values: int,
        group: Group | None,
    ) -> None:
        self._link = link
        self._handle = handle
        self._most_result = most_result
        self._most_values = most_values
        self._pid = warm.pid_of(handle)
        self.address_space, resident = warm.memory_of(self._pid)
        """What it has of its parent: it waits for its first message."""
        self._most_memory = resident + most_memory
        self._group = group
        self._kills = group.kills() if group else 0
        self._unpaused = 0
        self.has_computed = False
        """Whether it has taken more processor time than most code ever takes."""
        self.killed_for = ""
        """Why it was killed: the first reason counts."""

    def kill(self, reason: str) -> None:
        """Kill it."""
        self.killed_for = self.killed_for or reason
        warm.kill(self._handle)

    def look_for_death(self) -> None:
        """Note that the kernel killed in the group, where it has gone and nobody here killed it."""
        if self._group and not self.killed_for and self._group.kills() > self._kills:
            self.killed_for = "group"

    def close(self) -> None:
        """End it, whatever it does."""
        warm.kill(self._handle)
        self._link.close()
        os.close(self._handle)

    async def send(self, message: bytes) -> None:
        """Send one frame; raises `OSError` when it has gone."""
        header = len(message).to_bytes(_HEADER, "big")
        await asyncio.get_running_loop().sock_sendall(self._link, header + message)

    async def receive(self) -> dict[str, Any]:
        """Return the next message; raises `GoneError` when it has gone or sends what is none."""
        size = int.from_bytes(await self._exactly(_HEADER), "big")
        if size > self._most_result:
            self.kill("output")
            raise GoneError
        await self._take_turns(size)
        content = await self._exactly(size)
        if await has_more_values(content, self._most_values):
            self.kill("values")
            raise GoneError
        try:
            message = orjson.loads(content)
        except orjson.JSONDecodeError as error:
            raise GoneError from error
        if not isinstance(message, dict):
            raise GoneError
        if size > _LONGEST_WORD and "result" not in message:
            self.kill("values")
            raise GoneError
        return message

    async def _take_turns(self, size: int) -> None:
        """Let others have their turn before so many bytes are read: what has come already is received without a pause."""
        self._unpaused += size
        if self._unpaused > _LONGEST_WORD:
            self._unpaused = 0
            await asyncio.sleep(0)

    async def _exactly(self, size: int) -> bytearray:
        loop = asyncio.get_running_loop()
        data = bytearray(size)
        view = memoryview(data)
        while view:
            got = await loop.sock_recv_into(self._link, view)
            if not got:
                raise GoneError
            view = view[got:]
        return data

    def leave_room(self) -> None:
        """Give way from the start, and leave one processor to others, where there are two or more."""
        self._step_back()
        processors = os.sched_getaffinity(0)
        if len(processors) > 1 and self._is_there():
            with contextlib.suppress(OSError):  # as where it steps back
                os.sched_setaffinity(self._pid, processors - {min(processors)})

    def _step_back(self) -> None:
        """Let others go first.

        Where this process may not say so (root without CAP_SYS_NICE), it keeps the priority that all runners have.
        """
        with contextlib.suppress(OSError):  # it may have ended meanwhile
            if self._is_there():
                give_way(self._pid, _LAST, _LONGEST_SLICE_MILLISECONDS)

    def _is_there(self) -> bool:
        return warm.pid_of(self._handle) == self._pid

    def _look_at_time(self) -> None:
        """Have it step back once it has taken more than most code ever takes."""
        if self.has_computed:
            return
        with contextlib.suppress(OSError):  # it may have ended meanwhile
            # The clock of a process's processor time, as clock_getcpuclockid(3) finds it.
            self.has_computed = time.clock_gettime((~self._pid << 3) | 2) > _SHORT_SECONDS
        if self.has_computed:
            self._step_back()

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Look at its memory from outside, and kill it when that is too much."""
        loop = asyncio.get_running_loop()
        timers: list[asyncio.TimerHandle] = []

        def look() -> None:
            if warm.memory_of(self._pid)[1] > self._most_memory:
                self.kill("memory")
                return
            self._look_at_time()
            timers[:] = [loop.call_later(_WATCH_SECONDS, look)]

        timers.append(loop.call_later(_WATCH_SECONDS, look))
        try:
            yield
        finally:
            timers[0].cancel()
