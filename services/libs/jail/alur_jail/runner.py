"""One runner: the socket to it, the handle by which it is killed, and the watch over its memory."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Iterator
from typing import Any, Final

import orjson

from alur_jail import warm
from alur_jail.groups import Group
from alur_jail.warm import GoneError

_HEADER: Final = 4
_WATCH_SECONDS: Final = 0.02


class Runner:
    """A process that runs one request. What it sends may be anything."""

    __slots__ = (
        "_group",
        "_handle",
        "_kills",
        "_link",
        "_most_memory",
        "_most_result",
        "_pid",
        "killed_for",
    )

    def __init__(
        self,
        link: socket.socket,
        handle: int,
        *,
        most_memory: int,
        most_result: int,
        group: Group | None,
    ) -> None:
        self._link = link
        self._handle = handle
        self._most_memory = most_memory
        self._most_result = most_result
        self._pid = warm.pid_of(handle)
        self._group = group
        self._kills = group.kills() if group else 0
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
        try:
            message = orjson.loads(await self._exactly(size))
        except orjson.JSONDecodeError as error:
            raise GoneError from error
        if not isinstance(message, dict):
            raise GoneError
        return message

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

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Look at its memory from outside, and kill it when that is too much."""
        loop = asyncio.get_running_loop()
        timers: list[asyncio.TimerHandle] = []

        def look() -> None:
            if warm.memory_of(self._pid)[1] > self._most_memory:
                self.kill("memory")
            else:
                timers[:] = [loop.call_later(_WATCH_SECONDS, look)]

        timers.append(loop.call_later(_WATCH_SECONDS, look))
        try:
            yield
        finally:
            timers[0].cancel()
