"""The HTTP server: uvicorn inside a larger process, with bounds on what a slow or lavish caller may hold."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from typing import Any, cast

import orjson
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from alur_common.meanings import meaning_of
from alur_gateway.adapters.asgi import App
from alur_gateway.domain.errors import PROBLEM_TYPE

HEAD_SECONDS = 10.0
"""How long the head of a request may take to arrive, and a new connection to say anything."""
BODY_SECONDS = 20.0
MAX_HEAD_BYTES = 64 * 1024
MAX_HEADERS = 200
MAX_UNREAD_BYTES = 64 * 1024 * 1024
"""How much a caller may still send after its answer before it is cut off."""
KEEP_ALIVE_SECONDS = 65
DATE_SECONDS = 1.0
BACKLOG = 2048


class HeadTooLargeError(Exception):
    """The head of a request has too many bytes or fields."""


class BoundedProtocol(HttpToolsProtocol):
    """HTTP/1.1 whose requests are bounded: their heads in bytes, fields and time, their bodies in time.

    A request that comes in one piece, as almost all do, sets no timer.
    """

    head_seconds = HEAD_SECONDS
    body_seconds = BODY_SECONDS

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._in_head = True
        self._in_body = False
        self._head_bytes = 0
        self._patience: asyncio.TimerHandle | None = None
        self._is_leaving = False
        self._unread_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn narrows it too
        super().connection_made(transport)
        self._patience = self.loop.call_later(self.head_seconds, self._too_slow)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._is_leaving:
            self._throw_away(data)
            return
        if self._in_head:
            self._head_bytes += len(data)
        was_in_head = self._in_head
        super().data_received(data)
        if self._in_head and self._head_bytes > MAX_HEAD_BYTES:
            self._refuse("headers-too-large", f"a head may have {MAX_HEAD_BYTES} bytes")
        elif self._in_head or self._in_body:
            self._be_patient(anew=was_in_head and self._in_body)
            if self._in_body:
                self.cycle.transport = cast(asyncio.Transport, _Lingering(self))
        elif self._patience is not None:
            self._stop_timer()

    def on_message_begin(self) -> None:
        self._in_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._in_body = True
        # The first piece may hold much of the body too, so only a large one is looked at closely.
        is_large = self._head_bytes > MAX_HEAD_BYTES and _size(self.headers) > MAX_HEAD_BYTES
        if is_large or len(self.headers) > MAX_HEADERS:
            raise HeadTooLargeError
        self._head_bytes = 0
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._in_body = False
        super().on_message_complete()

    def on_response_complete(self) -> None:
        if self._is_leaving:
            self.flow.resume_reading()
        else:
            super().on_response_complete()

    def leave(self) -> None:
        """Hang up once the caller has: closed on unread bytes, TCP would take the answer back (RFC 9112, 9.6)."""
        if self._is_leaving or self.transport.is_closing():
            return
        self._is_leaving = True
        self._stop_timer()
        self._patience = self.loop.call_later(self.body_seconds, self.transport.close)
        self.transport.write_eof()

    def _throw_away(self, data: bytes) -> None:
        self._unread_bytes += len(data)
        if self._unread_bytes > MAX_UNREAD_BYTES:
            self.transport.close()

    def send_400_response(self, msg: str) -> None:
        too_many = len(self.headers or ()) > MAX_HEADERS or _size(self.headers) > MAX_HEAD_BYTES
        code = "headers-too-large" if too_many else "malformed"
        self._refuse(code, f"at most {MAX_HEADERS} headers" if too_many else msg)

    def _be_patient(self, *, anew: bool) -> None:
        """Wait for the rest: of the head from its first byte on, of the body from the end of the head on."""
        if anew:
            self._stop_timer()
        if self._patience is None and not self.transport.is_closing():
            seconds = self.head_seconds if self._in_head else self.body_seconds
            self._patience = self.loop.call_later(seconds, self._too_slow)

    def _too_slow(self) -> None:
        self._patience = None
        if not self._in_body:
            self._refuse("too-slow", "the head of the request took too long")
        elif self.cycle.response_started or self.cycle.response_complete:
            self.transport.close()
        else:
            self._refuse("too-slow", f"the body was not whole after {self.body_seconds:g} s")

    def _stop_timer(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _refuse(self, code: str, detail: str) -> None:
        """Answer with a problem before any application has seen the request, and hang up."""
        if self._is_leaving or self.transport.is_closing():
            return
        meaning = meaning_of(code)
        problem = {
            "type": PROBLEM_TYPE + code,
            "title": meaning.title,
            "status": meaning.status,
            "detail": detail,
            "code": code,
        }
        body = orjson.dumps(problem)
        head = (
            f"HTTP/1.1 {meaning.status} {meaning.title}\r\n"
            f"content-type: application/problem+json\r\ncontent-length: {len(body)}\r\n"
            "connection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.leave()


class _Lingering:
    """What a request whose body is still on its way writes to: its end waits for the caller's."""

    def __init__(self, protocol: BoundedProtocol) -> None:
        self._protocol = protocol

    def write(self, data: bytes) -> None:
        self._protocol.transport.write(data)

    def is_closing(self) -> bool:
        return self._protocol.transport.is_closing()

    def close(self) -> None:
        self._protocol.leave()


def _size(headers: list[tuple[bytes, bytes]] | None) -> int:
    return sum(len(name) + len(value) + 4 for name, value in headers or ())


def _protocol(body_seconds: float) -> type[BoundedProtocol]:
    class Protocol(BoundedProtocol):
        """With the patience of these settings."""

    Protocol.body_seconds = body_seconds
    return Protocol


class _Server(uvicorn.Server):
    """uvicorn's server, which leaves the signals to the process that it is a part of.

    uvicorn looks ten times a second whether it is to end. This one is told, and wakes once a second for the date of its
    answers: most of what an idle process costs is being woken.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.told = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def main_loop(self) -> None:
        while not await self.on_tick(counter=0):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(DATE_SECONDS):
                    await self.told.wait()


class HttpServer:
    """Serves an ASGI application on a socket until it is told to stop."""

    def __init__(
        self, app: App, *, drain_seconds: float, body_seconds: float = BODY_SECONDS
    ) -> None:
        config = uvicorn.Config(
            app,
            http=_protocol(body_seconds),
            loop="none",
            ws="none",
            lifespan="off",
            access_log=False,
            log_config=None,
            log_level="warning",
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=max(1, round(drain_seconds)),
        )
        self._server = _Server(config)

    async def run(self, listener: socket.socket) -> None:
        """Serve until `stop`; requests that run then are finished within the drain time."""
        await self._server.serve(sockets=[listener])

    def stop(self) -> None:
        """Take no more connections, finish what runs, and let `run` return."""
        self._server.should_exit = True
        self._server.told.set()


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; port 0 takes a free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener
