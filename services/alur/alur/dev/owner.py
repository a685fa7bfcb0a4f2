"""The owner's socket: a token for whoever may read the data folder, and nobody else."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

from alur.keys import KeyCalls
from alur_common.security.records import NewToken
from alur_common.security.rights import Caller
from alur_sdk.errors import AlurError

MAX_REQUEST_BYTES = 64 * 1024
TIMEOUT_SECONDS = 10.0


class OwnerCalls(KeyCalls, Protocol):
    """What the owner of the data folder may do without a token."""

    async def owner(self) -> Caller:
        """Return the owner as a caller."""

    async def create_token(
        self, caller: Caller, *, name: str, expires_in_seconds: float | None = None
    ) -> NewToken:
        """Make a token that may no more than its maker."""

    async def new_sign_in_link(self, user: str | None = None) -> str:
        """Return a one-time sign-in token."""


@contextlib.asynccontextmanager
async def owner_socket(path: Path, registry: OwnerCalls) -> AsyncIterator[None]:
    """Serve `POST` of `/token`, `/sign-in` and `/keys…` on a socket that only its owner can open."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                status, body = await _answer(reader, registry)
                _write(writer, status, body)
                await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, ValueError):
            return  # whoever called has gone, or speaks something else
        finally:
            writer.close()

    _remove(path)
    before = os.umask(0o177)
    try:
        server = await asyncio.start_unix_server(answer, path, limit=MAX_REQUEST_BYTES)
    finally:
        os.umask(before)
    try:
        yield
    finally:
        server.close()
        _remove(path)


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()


async def _answer(reader: asyncio.StreamReader, registry: OwnerCalls) -> tuple[int, dict[str, Any]]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    request, *lines = head.split("\r\n")
    headers = {k.strip().lower(): v.strip() for k, _, v in (line.partition(":") for line in lines)}
    length = min(int(headers.get("content-length", "0")), MAX_REQUEST_BYTES)
    content = json.loads(await reader.readexactly(length) or b"{}")
    method, path, *_ = request.split(" ")
    serve = _SERVED.get(path) if method == "POST" else None
    if serve is None:
        return 404, {"code": "not-found", "detail": f"{method} {path} is not served here"}
    try:
        return 201, await serve(registry, content)
    except AlurError as error:
        return 400, {"code": error.code, "detail": error.message}


async def _token(registry: OwnerCalls, wish: Mapping[str, Any]) -> dict[str, Any]:
    owner = await registry.owner()
    name, lasts = str(wish.get("name") or "token"), wish.get("expiresInSeconds")
    made = await registry.create_token(owner, name=name, expires_in_seconds=lasts)
    return {"token": made.secret}


async def _sign_in(registry: OwnerCalls, _: Mapping[str, Any]) -> dict[str, Any]:
    return {"token": await registry.new_sign_in_link()}


async def _keys(registry: OwnerCalls, _: Mapping[str, Any]) -> dict[str, Any]:
    return {"keys": [asdict(use) for use in await registry.list_keys()]}


async def _rotation(registry: OwnerCalls, _: Mapping[str, Any]) -> dict[str, Any]:
    return asdict(await registry.begin_rotation())


async def _step(registry: OwnerCalls, wish: Mapping[str, Any]) -> dict[str, Any]:
    return asdict(await registry.rotate_some(wish.get("after")))


async def _retire(registry: OwnerCalls, wish: Mapping[str, Any]) -> dict[str, Any]:
    await registry.retire_key(str(wish.get("key")))
    return {}


_SERVED: Mapping[str, Callable[[OwnerCalls, Mapping[str, Any]], Awaitable[dict[str, Any]]]] = {
    "/token": _token,
    "/sign-in": _sign_in,
    "/keys": _keys,
    "/keys/rotation": _rotation,
    "/keys/rotation/step": _step,
    "/keys/retire": _retire,
}


def _write(writer: asyncio.StreamWriter, status: int, body: dict[str, Any]) -> None:
    content = json.dumps(body).encode()
    head = (
        f"HTTP/1.1 {status} {'OK' if status < 400 else 'Refused'}\r\n"  # noqa: PLR2004 HTTP's own
        f"content-type: application/json\r\ncontent-length: {len(content)}\r\n"
        "connection: close\r\n\r\n"
    )
    writer.write(head.encode() + content)
