"""A TCP proxy on loopback that loses answers or cuts connections when it is told to."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.support.tcp_server import tcp_server


class Proxy:
    """Passes bytes between clients and one server. `loses` is what a request holds whose answer gets lost."""

    def __init__(self, host: str, port: int) -> None:
        self.host = host
        self.port = port
        self.listens_at = 0
        self.loses: bytes | None = None
        self.lost = 0
        self.has_lost = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass on what comes on one connection until either side has ended it."""
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


@asynccontextmanager
async def proxy(host: str, port: int, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[Proxy]:
    """Run a proxy to this server on a free port; with `tls` its clients speak TLS."""
    running = Proxy(host, port)
    async with tcp_server(running.serve, tls=tls) as running.listens_at:
        yield running
