"""Plain ASGI: reading a whole body and sending a whole answer, without any framework."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from alur_gateway.domain.answers import Answer
from alur_gateway.domain.errors import MalformedError, MediaTypeError
from alur_sdk.errors import TooLargeError

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

CALLER, REFUSED = "alur.caller", "alur.refused"
"""Where a request's scope has who asks, and the error by which it was refused."""
_BODILESS = frozenset({204, 304})
_CLOSING = frozenset({408, 413, 431})


class ClientGoneError(Exception):
    """The caller hung up before the request was whole: nobody is left to answer."""


async def read_whole(receive: Receive, headers: dict[bytes, bytes], limit: int) -> bytes:
    """Return the whole body.

    Raises `TooLargeError` above `limit` bytes, `MediaTypeError` when it is compressed, `ClientGoneError`
    when the caller hangs up or the server lost patience: how long it may take is the server's to say.
    """
    length = headers.get(b"content-length")
    if length is None and b"transfer-encoding" not in headers:
        return b""
    if headers.get(b"content-encoding", b"identity") != b"identity":
        raise MediaTypeError("compressed bodies are not read: send it as it is")
    if length is not None:
        _check_length(length, limit)
    return await _read(receive, limit)


def _check_length(length: bytes, limit: int) -> None:
    if not length.isdigit():
        raise MalformedError("the Content-Length is no number")
    if int(length) > limit:
        raise TooLargeError(f"the body may have {limit} bytes", limit=limit)


async def _read(receive: Receive, limit: int) -> bytes:
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body", False):
        body: bytes = message.get("body", b"")
        if len(body) > limit:
            raise TooLargeError(f"the body may have {limit} bytes", limit=limit)
        return body
    parts = bytearray()
    while True:
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        parts += message.get("body", b"")
        if len(parts) > limit:
            raise TooLargeError(f"the body may have {limit} bytes", limit=limit)
        if not message.get("more_body", False):
            return bytes(parts)
        message = await receive()


async def send_answer(send: Send, answer: Answer, *, head_only: bool = False) -> None:
    """Send an answer with its `Content-Length`; the connection stays, unless its request may be half read."""
    status, headers, body = answer
    if status not in _BODILESS:
        headers.append((b"content-length", str(len(body)).encode()))
    if status in _CLOSING:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if head_only else body})


def header_of(scope: Scope, name: bytes) -> bytes | None:
    """Return the first header of this lower-case name, or None."""
    headers: list[tuple[bytes, bytes]] = scope["headers"]
    for key, value in headers:
        if key == name:
            return value
    return None
