"""Who knows the keys that seal secrets: a server on this machine, its data folder, or the registry of an installation."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol, cast

from alur import local
from alur_common.security.records import KeyUse, Rotated, Rotation
from alur_sdk.errors import InvalidError


class KeyCalls(Protocol):
    """What the owner of an installation does with its keys."""

    async def list_keys(self) -> list[KeyUse]:
        """Return every key that there is or that something needs, the one in use first."""

    async def begin_rotation(self) -> Rotation:
        """Make a new key, or go on with a rotation that was not finished."""

    async def rotate_some(self, after: str | None = None) -> Rotated:
        """Move the next secrets under the key in use."""

    async def retire_key(self, key_id: str) -> None:
        """Forget a key that seals nothing any more."""


class SocketKeys:
    """`KeyCalls` through the owner's socket of a running server."""

    def __init__(self, server: local.LocalServer) -> None:
        self._server = server

    async def list_keys(self) -> list[KeyUse]:
        answer = local.ask(self._server, "/keys", {})
        return [KeyUse(**use) for use in answer["keys"]]

    async def begin_rotation(self) -> Rotation:
        return Rotation(**local.ask(self._server, "/keys/rotation", {}))

    async def rotate_some(self, after: str | None = None) -> Rotated:
        answer = local.ask(self._server, "/keys/rotation/step", {"after": after})
        return Rotated(answer["moved"], tuple(answer["failed"]), answer["after"])

    async def retire_key(self, key_id: str) -> None:
        local.ask(self._server, "/keys/retire", {"key": key_id})


@asynccontextmanager
async def reached(data: Path | None) -> AsyncIterator[KeyCalls]:
    """Find who knows the keys: of this data folder, or of `ALUR_REGISTRY`, or of the server on this machine.

    A data folder on which no server runs is opened for as long as it takes.
    """
    from alur_common.settings import Settings  # noqa: PLC0415  # for these commands alone

    server = local.find_server(data) if data else None
    if server is None and data is not None:
        local.check_folder(data)
        from alur.dev import opened_registry  # noqa: PLC0415  # opens the store

        async with opened_registry(data) as registry:
            yield registry
        return
    if server is None and "ALUR_REGISTRY" in os.environ:
        async with _remote(Settings.load().registry) as registry:
            yield registry
        return
    yield SocketKeys(server or _only_one())


def _only_one() -> local.LocalServer:
    running = local.running()
    if len(running) > 1:
        folders = " and ".join(str(one.data) for one in running)
        raise InvalidError(
            f"{len(running)} servers run on this machine, on {folders}: say which one is meant by --data"
        )
    if not running:
        raise InvalidError(
            "no server runs on this machine: name its folder by --data, or set ALUR_REGISTRY and "
            "ALUR_CALLS_TOKEN as the services of the installation have them"
        )
    return running[0]


@asynccontextmanager
async def _remote(address: str) -> AsyncIterator[KeyCalls]:
    from alur_common.calls.client import Channel, add_calls, methods_of  # noqa: PLC0415  # gRPC
    from alur_common.calls.settings import CallSettings  # noqa: PLC0415  # as above

    channel = Channel(address, CallSettings())
    try:
        yield cast("KeyCalls", add_calls(channel, "registry", methods_of(KeyCalls)))
    finally:
        await channel.close()
