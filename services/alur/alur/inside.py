"""The owner's first token and first link where each service is by itself: asked of the registry, as a service asks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import cast

from alur.dev.owner import OwnerCalls
from alur_common.calls.client import Channel, add_calls, methods_of
from alur_common.calls.settings import CallSettings
from alur_gateway.settings import Settings
from alur_sdk.errors import InvalidError, Problem


def new_token(name: str, expires_seconds: float | None) -> str:
    """Return a new token of the owner. Raises `InvalidError` outside of a service's surroundings."""

    async def ask(registry: OwnerCalls) -> str:
        owner = await registry.owner()
        made = await registry.create_token(owner, name=name, expires_in_seconds=expires_seconds)
        return made.secret

    return asyncio.run(_asked(ask))


def new_sign_in_link() -> str:
    """Return a one-time link by which the owner signs in. Raises as `new_token` does."""

    async def ask(registry: OwnerCalls) -> str:
        return await registry.new_sign_in_link()

    return f"{Settings.load().public_url.rstrip('/')}/sign-in#token={asyncio.run(_asked(ask))}"


async def _asked(ask: Callable[[OwnerCalls], Awaitable[str]]) -> str:
    calls = CallSettings()
    if calls.token is None and calls.identity is None:
        text = (
            "--as-service asks the registry as a service does, and ALUR_CALLS_TOKEN is not set: "
            "run it where a service runs, as `kubectl exec deploy/alur-gateway -- alur token create --as-service`"
        )
        raise InvalidError(text, [Problem("ALUR_CALLS_TOKEN", "missing", text)])
    channel = Channel(Settings.load().registry, calls)
    try:
        return await ask(cast("OwnerCalls", add_calls(channel, "registry", methods_of(OwnerCalls))))
    finally:
        await channel.close()
