"""What a small POST costs the sender: our client, and the two libraries it could stand on.

    python tests/bench/http_client.py [requests] [at once]

CPU of this process for each request, in microseconds, against a server in a process of its own;
the best of three rounds, and its ratio to the best.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import socket
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

import aiohttp
import httpx
import uvloop

from alur_common.outbound import AllowedNetworks, Guard
from alur_executor.adapters.http_client import HttpClient
from alur_sdk import HttpRequest

BODY = b'{"order":"0191f3c2-7a5e-7c1b-9d2e-0a1b2c3d4e5f","step":"3"}'
HEADERS = {"Content-Type": "application/json", "Idempotency-Key": "k" * 26}
ANSWER = (
    b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 11\r\n\r\n{"ok":true}'
)
ROUNDS = 3

Post = Callable[[], Awaitable[object]]


class Server(asyncio.Protocol):
    """Answers every request alike."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.seen = b""

    def data_received(self, data: bytes) -> None:
        self.seen += data
        while (end := self.seen.find(b"\r\n\r\n")) >= 0:
            whole = end + 4 + len(BODY)
            if len(self.seen) < whole:
                return
            self.seen = self.seen[whole:]
            self.transport.write(ANSWER)  # type: ignore[attr-defined]  # a stream transport


def serve(listener: socket.socket) -> None:
    """Serve until ended."""

    async def forever() -> None:
        server = await asyncio.get_running_loop().create_server(Server, sock=listener)
        await server.serve_forever()

    uvloop.run(forever())


async def cost(post: Post, requests: int, at_once: int) -> float:
    """Return the CPU microseconds of one request."""
    left = iter(range(requests))

    async def worker() -> None:
        for _ in left:
            await post()

    await post()
    begun = time.process_time()
    await asyncio.gather(*(worker() for _ in range(at_once)))
    return (time.process_time() - begun) / requests * 1e6


async def contestants(url: str, stack: AsyncExitStack) -> dict[str, Post]:
    """Return the clients, opened."""
    ours = HttpClient(Guard(AllowedNetworks.parse("127.0.0.0/8")))
    stack.push_async_callback(ours.close)
    bare = await stack.enter_async_context(aiohttp.ClientSession())
    other = await stack.enter_async_context(httpx.AsyncClient())

    async def with_aiohttp() -> None:
        async with bare.post(url, data=BODY, headers=HEADERS) as answer:
            await answer.read()

    return {
        "alur (aiohttp and the guard)": lambda: ours.send(HttpRequest("POST", url, HEADERS, BODY)),
        "aiohttp": with_aiohttp,
        "httpx": lambda: other.post(url, content=BODY, headers=HEADERS),
    }


async def measure(url: str, requests: int, at_once: int) -> None:
    """Print one line for each client."""
    async with AsyncExitStack() as stack:
        posts = await contestants(url, stack)
        best = {name: float("inf") for name in posts}
        for _ in range(ROUNDS):
            for name, post in posts.items():
                best[name] = min(best[name], await cost(post, requests, at_once))
    for name, microseconds in best.items():
        ratio = microseconds / min(best.values())
        sys.stdout.write(f"{name:30} {microseconds:7.0f} us  {ratio:5.2f}\n")


def main() -> None:
    """Start the server, measure, end the server."""
    requests, at_once = (*map(int, sys.argv[1:]), 3000, 20)[:2]
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
        port = listener.getsockname()[1]
        server = multiprocessing.get_context("fork").Process(target=serve, args=(listener,))
        server.start()
    try:
        uvloop.run(measure(f"http://127.0.0.1:{port}/orders", requests, at_once))
    finally:
        server.terminate()
        server.join()


if __name__ == "__main__":
    main()
