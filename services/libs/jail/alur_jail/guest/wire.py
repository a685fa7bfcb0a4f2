"""Frames between the supervisor and a runner: four bytes of length, then JSON."""

from __future__ import annotations

import _socket
import json
from typing import Any, Final

HEADER: Final = 4
Json = Any


def send(link: _socket.socket, message: dict[str, Any]) -> None:
    """Send one frame."""
    body = json.dumps(message, ensure_ascii=False, separators=(",", ":"))
    send_text(link, body)


def send_text(link: _socket.socket, body: str) -> None:
    """Send one frame whose JSON is written already; half a surrogate pair becomes a question mark."""
    data = body.encode("utf-8", "replace")
    link.sendall(len(data).to_bytes(HEADER, "big") + data)


def receive(link: _socket.socket) -> Json:
    """Return the next message; raises `EOFError` when the supervisor has closed."""
    return json.loads(receive_text(link))


def receive_text(link: _socket.socket) -> str:
    """Return the next message as it was written."""
    size = int.from_bytes(_exactly(link, HEADER), "big")
    return _exactly(link, size).decode()


def _exactly(link: _socket.socket, size: int) -> bytearray:
    data = bytearray(size)
    view = memoryview(data)
    while view:
        got = link.recv_into(view)
        if not got:
            raise EOFError
        view = view[got:]
    return data
