"""The real server on a loopback port, spoken to byte by byte (19 of the security checklist)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import orjson
import pytest

from alur_gateway.adapters.server import MAX_HEAD_BYTES, BoundedProtocol, HttpServer, listen
from tests.unit.gateway.world import HOOK_ID, World, webhook

PATH = f"/hooks/{HOOK_ID}/orders"


class Connection:
    """A client that sends exactly what a test says."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self) -> tuple[int, dict[str, str], bytes]:
        """Read one answer: its status, headers and body."""
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        line, *lines = head.strip().split("\r\n")
        headers = {k.lower(): v.strip() for k, _, v in (one.partition(":") for one in lines)}
        body = await self.reader.readexactly(int(headers.get("content-length", "0")))
        return int(line.split()[1]), headers, body

    async def is_closed(self) -> bool:
        """Wait until the server hangs up; True when it says nothing more."""
        try:
            return await self.reader.read() == b""
        except ConnectionResetError:
            return True


class Served:
    """A world that listens."""

    def __init__(self, world: World, port: int, server: HttpServer) -> None:
        self.world = world
        self.port = port
        self.server = server

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            yield Connection(reader, writer)
        finally:
            writer.close()


@pytest.fixture
async def served(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Served]:
    monkeypatch.setattr(BoundedProtocol, "head_seconds", 0.3)
    world = World()
    world.keep(webhook(respond="result", methods=["POST", "GET"]))
    world.succeed({"n": 1})
    listener = listen("127.0.0.1", 0)
    server = HttpServer(world.gateway.asgi, drain_seconds=1, body_seconds=0.3)
    running = asyncio.create_task(server.run(listener))
    yield Served(world, listener.getsockname()[1], server)
    server.stop()
    await running


def request(body: bytes = b"{}", *, extra: bytes = b"", length: int | None = None) -> bytes:
    count = len(body) if length is None else length
    return (
        (
            f"POST {PATH} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
            f"content-length: {count}\r\n"
        ).encode()
        + extra
        + b"\r\n"
        + body
    )


async def test_a_connection_is_kept_for_many_requests(served: Served) -> None:
    async with served.connection() as client:
        for _ in range(3):
            await client.send(request())
            status, headers, body = await client.answer()
            assert (status, orjson.loads(body)) == (200, {"n": 1})
            assert headers["content-length"] == str(len(body))


async def test_requests_that_come_together_are_answered_in_order(served: Served) -> None:
    async with served.connection() as client:
        await client.send(request() * 3)
        assert [(await client.answer())[0] for _ in range(3)] == [200, 200, 200]


async def test_a_request_in_tiny_pieces_is_read(served: Served) -> None:
    async with served.connection() as client:
        for byte in request():
            await client.send(bytes([byte]))
        assert (await client.answer())[0] == 200


async def test_a_chunked_body_is_read(served: Served) -> None:
    head = f"POST {PATH} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n".encode()
    async with served.connection() as client:
        await client.send(head + b'3\r\n{"a\r\n4\r\n":1}\r\n0\r\n\r\n')
        assert (await client.answer())[0] == 200
    assert (await served.world.only_execution()).input[0]["body"] == {"a": 1}


async def test_a_body_that_stops_half_way_starts_nothing(served: Served) -> None:
    async with served.connection() as client:
        await client.send(request(b'{"a"', length=100))
    async with served.connection() as client:
        await client.send(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
        assert (await client.answer())[0] == 200
    assert await served.world.executions.search([]) == []


async def test_a_body_that_takes_too_long_is_408(served: Served) -> None:
    async with served.connection() as client:
        await client.send(request(b'{"a"', length=100))
        status, headers, body = await client.answer()
        assert (status, orjson.loads(body)["code"]) == (408, "too-slow")
        assert headers["connection"] == "close"
        assert await client.is_closed()
    assert await served.world.executions.search([]) == []


async def test_a_head_that_takes_too_long_is_408(served: Served) -> None:
    async with served.connection() as client:
        await client.send(b"POST / HTTP/1.1\r\nhost:")
        assert (await client.answer())[0] == 408


async def test_one_who_says_nothing_is_hung_up_on(served: Served) -> None:
    async with served.connection() as client:
        await client.reader.read()
        assert client.reader.at_eof()


async def test_a_slow_first_byte_after_an_answer_is_no_fault(served: Served) -> None:
    async with served.connection() as client:
        await client.send(request())
        await client.answer()
        # Longer than a head may take: between requests the connection may rest.
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.reader.read(1), 0.5)
        await client.send(request())
        assert (await client.answer())[0] == 200


@pytest.mark.parametrize(
    "extra",
    [
        b"x: " + b"a" * (MAX_HEAD_BYTES + 1) + b"\r\n",
        b"".join(b"x-%d: a\r\n" % n for n in range(300)),
        b"".join(b"x-%d: %s\r\n" % (n, b"a" * 1000) for n in range(150)),
    ],
    ids=["one long", "many", "both"],
)
async def test_too_large_a_head_is_431(served: Served, extra: bytes) -> None:
    async with served.connection() as client:
        await client.send(request(extra=extra))
        status, _, body = await client.answer()
        assert (status, orjson.loads(body)["code"]) == (431, "headers-too-large")


async def test_an_endless_address_is_431(served: Served) -> None:
    async with served.connection() as client:
        await client.send(b"GET /" + b"a" * (MAX_HEAD_BYTES + 10))
        assert (await client.answer())[0] == 431


async def test_a_large_body_in_the_first_piece_is_no_large_head(served: Served) -> None:
    async with served.connection() as client:
        await client.send(request(b'"' + b"a" * (2 * MAX_HEAD_BYTES) + b'"'))
        assert (await client.answer())[0] == 200


async def test_a_body_said_to_be_huge_is_413_at_once(served: Served) -> None:
    async with served.connection() as client:
        await client.send(request(length=100 * 1024 * 1024))
        status, headers, _ = await client.answer()
        assert (status, headers["connection"]) == (413, "close")


async def test_the_answer_reaches_a_client_that_first_sends_all(served: Served) -> None:
    body = b'"' + b"a" * (10 * 1024 * 1024) + b'"'
    async with served.connection() as client:
        await client.send(request(body, extra=b"connection: close\r\n"))
        assert (await client.answer())[0] == 413
        assert await client.is_closed()


async def test_one_who_sends_without_end_is_cut_off(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alur_gateway.adapters.server.MAX_UNREAD_BYTES", 1024 * 1024)
    async with served.connection() as client:
        with pytest.raises(ConnectionError):
            await client.send(request(b"a" * (64 * 1024 * 1024)))


async def test_a_chunked_body_that_grows_too_large_is_413(served: Served) -> None:
    head = f"POST {PATH} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n".encode()
    chunk = b"10000\r\n" + b"a" * 65536 + b"\r\n"
    async with served.connection() as client:
        await client.send(head)
        for _ in range(17):
            await client.send(chunk)
        assert (await client.answer())[0] == 413


@pytest.mark.parametrize(
    "data",
    [b"nonsense\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00", b"GET / HTTP/9.9\r\n\r\n"],
    ids=["text", "tls", "version"],
)
async def test_what_is_no_http_is_400(served: Served, data: bytes) -> None:
    async with served.connection() as client:
        await client.send(data)
        status, headers, _ = await client.answer()
        assert (status, headers["content-type"]) == (400, "application/problem+json")


async def test_two_lengths_are_refused(served: Served) -> None:
    async with served.connection() as client:
        await client.send(request(extra=b"transfer-encoding: chunked\r\n"))
        assert (await client.answer())[0] == 400


async def test_draining_finishes_what_runs_and_takes_no_more(served: Served) -> None:
    async with served.connection() as client:
        await client.send(request())
        assert (await client.answer())[0] == 200
        served.server.stop()
        assert await client.is_closed()
