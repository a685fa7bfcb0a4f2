"""A TCP server on a free port of this machine that leaves no connection open when it ends."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def tcp_server(serve: Serve, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Yield the port of a server on loopback; at the end what it serves is cancelled, and all connections closed.

    `asyncio.Server` of Python 3.11 waits for none of them, and its tasks may be cancelled before they begin.
    """
    writers: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await serve(reader, writer)

    def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers[asyncio.create_task(take(reader, writer))] = writer

    server = await asyncio.start_server(accepted, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        for listening in server.sockets:
            asyncio.get_running_loop().remove_reader(listening.fileno())
        await asyncio.sleep(0.001)  # what was accepted at the last moment: `close` would forget it
        server.close()
        for task in writers:
            task.cancel()
        ends = await asyncio.gather(*writers, return_exceptions=True)
        for writer in writers.values():
            writer.transport.abort()
        await asyncio.sleep(0)  # the loop closes what was aborted
        for end in ends:
            if isinstance(end, Exception):
                raise end
