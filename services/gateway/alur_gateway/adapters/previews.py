"""Previews in an executor of another process."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable

from alur_common.calls.channels import Channels
from alur_common.calls.executors import executor_at
from alur_common.executions.workers import Workers
from alur_common.previews import Preview
from alur_sdk.errors import UnavailableError
from alur_sdk.items import Json

TRIES = 3
PATIENCE_SECONDS = 5.0
LOOK_SECONDS = 0.25


class RemotePreviews:
    """`Previews` of any executor that lives.

    One that has just died is left for another, and where there is none, for one that starts: no more than three
    are tried, for a script may be what ended them.
    """

    def __init__(
        self,
        workers: Workers,
        channels: Channels,
        pick: Callable[[list[str]], str] = secrets.choice,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self._workers = workers
        self._channels = channels
        self._pick = pick
        self._patience_seconds = patience_seconds

    async def preview(self, tenant: str, asked: Preview) -> list[list[Json]]:
        """Return the outcome of each script. Raises `UnavailableError` when no executor is within reach."""
        now = asyncio.get_running_loop().time
        until = now() + self._patience_seconds
        tried: set[str] = set()
        while len(tried) < TRIES:
            leases = await self._workers.all()
            addresses = [each.address for each in leases if each.address not in {"", *tried}]
            if not addresses:
                if now() > until:
                    break
                await asyncio.sleep(LOOK_SECONDS)
                continue
            address = self._pick(addresses)
            tried.add(address)
            port = await executor_at(self._channels, address)
            try:
                return await port.preview(tenant, asked)
            except UnavailableError as error:
                if error.code != UnavailableError.code:
                    raise  # it is there, and says why it cannot
        raise UnavailableError("no executor is within reach to try this expression")
