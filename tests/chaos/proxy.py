"""A way between two processes that is slow, breaks, or leads nowhere."""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

CHUNK = 65_536


@dataclass(frozen=True, slots=True)
class Faults:
    """What a way does to what goes along it, and for how long."""

    delay_seconds: float
    jitter_seconds: float
    cut_chance: float
    outage_seconds: float


SHORT = Faults(0.2, 0.1, 0.02, 4.0)
FULL = Faults(0.5, 0.2, 0.05, 60.0)


class Proxy:
    """Forwards TCP from `port` to `target` on loopback. Its faults may be set at any time, from any thread."""

    def __init__(self, port: int, target: int) -> None:
        self.port = port
        self.target = target
        self.delay_seconds = 0.0
        self.jitter_seconds = 0.0
        self.cut_chance = 0.0
        """How likely each piece of data is the last of its connection."""
        self.is_half_open = False
        """Connections stay and take what comes, and nothing comes out."""
        self.is_cut = False
        """Nobody gets through, nor stays."""
        self._open: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._random = random.Random(7)

    def cut(self) -> None:
        """End all connections and take no new ones until `mend`."""
        self.is_cut = True
        self._loop.call_soon_threadsafe(self._end_all)

    def mend(self) -> None:
        """Be a good way again: what stood open half-way is ended."""
        self.is_cut = self.is_half_open = False
        self.delay_seconds = self.jitter_seconds = self.cut_chance = 0.0
        self._loop.call_soon_threadsafe(self._end_all)

    def _end_all(self) -> None:
        for writer in list(self._open):
            writer.transport.abort()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.is_cut:
            writer.transport.abort()
            return
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        both = {writer, far_writer}
        self._open |= both
        ways = [
            asyncio.ensure_future(self._forward(reader, far_writer)),
            asyncio.ensure_future(self._forward(far_reader, writer)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            for one in both:
                one.transport.abort()
            self._open -= both

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(CHUNK):
                if self.delay_seconds:
                    spread = (2 * self._random.random() - 1) * self.jitter_seconds
                    await asyncio.sleep(self.delay_seconds + spread)
                if self._random.random() < self.cut_chance:
                    return
                if not self.is_half_open:
                    writer.write(data)
                    await writer.drain()

    def _serve(self, is_ready: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        serving = asyncio.start_server(self._connected, "127.0.0.1", self.port)
        server = self._loop.run_until_complete(serving)
        is_ready.set()
        self._loop.run_forever()
        server.close()
        self._end_all()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.close()


@contextmanager
def proxy(port: int, target: int) -> Iterator[Proxy]:
    """Forward for the length of the block."""
    way = Proxy(port, target)
    is_ready = threading.Event()
    thread = threading.Thread(target=way._serve, args=(is_ready,), daemon=True)
    thread.start()
    is_ready.wait()
    try:
        yield way
    finally:
        way._loop.call_soon_threadsafe(way._loop.stop)
        thread.join()


def fail(way: Proxy, scale: int, recover: Callable[[], None]) -> None:
    """Let a way be slow and break, then lead nowhere, then be half open; `recover` returns once all is well again."""
    faults = SHORT if scale == 1 else FULL
    way.delay_seconds, way.jitter_seconds = faults.delay_seconds, faults.jitter_seconds
    way.cut_chance = faults.cut_chance
    time.sleep(faults.outage_seconds)
    way.cut()
    time.sleep(faults.outage_seconds)
    way.mend()
    recover()
    way.is_half_open = True
    time.sleep(faults.outage_seconds)
    way.mend()
    recover()
