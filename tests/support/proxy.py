"""A TCP proxy on loopback that loses answers or cuts connections when it is told to."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress


class Proxy:
    """Passes bytes between clients and one server. `loses` is what a request holds whose answer gets lost."""

    def __init__(self, host: str, port: int) -> None:
        self.host = host
        self.port = port
        self.listens_at = 0
        self.loses: bytes | None = None
        self.lost = 0
        self.has_lost = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            to_reader, to_writer = await asyncio.open_connection(self.host, self.port)
            doomed = asyncio.Event()
            there = asyncio.create_task(self._ask(reader, to_writer, doomed))
            back = asyncio.create_task(self._answer(to_reader, writer, doomed))
            try:
                await asyncio.wait((there, back), return_when=asyncio.FIRST_COMPLETED)
            finally:
                there.cancel()
                back.cancel()
                await asyncio.gather(there, back, return_exceptions=True)
                to_writer.close()
        except OSError:
            pass
        finally:
            writer.close()
            self._tasks.discard(task)

    async def _ask(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, doomed: asyncio.Event
    ) -> None:
        while data := await reader.read(65536):
            if self.loses is not None and self.loses in data:
                doomed.set()
            writer.write(data)
            await writer.drain()

    async def _answer(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, doomed: asyncio.Event
    ) -> None:
        while data := await reader.read(65536):
            if doomed.is_set():
                self.lost += 1
                self.has_lost.set()
                return  # the server has done it, and nobody will know
            writer.write(data)
            await writer.drain()

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*self._tasks, return_exceptions=True)


@asynccontextmanager
async def proxy(host: str, port: int, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[Proxy]:
    """Run a proxy to this server on a free port; with `tls` its clients speak TLS."""
    running = Proxy(host, port)
    server = await asyncio.start_server(running._serve, "127.0.0.1", 0, ssl=tls)
    running.listens_at = server.sockets[0].getsockname()[1]
    try:
        yield running
    finally:
        server.close()
        await running.close()
