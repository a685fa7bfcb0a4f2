"""Progress of executions that run in other processes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Protocol, cast

from alur_common.calls.channels import Channels
from alur_common.calls.client import add_calls, methods_of
from alur_common.executions import Executions, Workers
from alur_common.progress import QUEUE_LENGTH, Change, LocalProgress
from alur_sdk.errors import UnavailableError

PORT = "progress"
LOOK_SECONDS = 0.25
"""How often the store is asked who runs an execution that nobody has claimed yet."""


class ProgressCalls(Protocol):
    """How an executor is watched."""

    def watch(self, execution_id: str) -> AsyncIterator[Change]:
        """Yield what is known of an execution that runs there, and then what changes, until it does not any more."""


class ProgressPort:
    """`ProgressCalls` of an executor."""

    def __init__(self, progress: LocalProgress) -> None:
        self._progress = progress

    async def watch(self, execution_id: str) -> AsyncIterator[Change]:
        """Yield what is known of an execution that runs there, and then what changes, until it does not any more."""
        with self._progress.watch(execution_id) as changes:
            known = self._progress.live(execution_id)
            if known is None:
                return
            for change in known:
                yield change
            while (change_or_loss := await changes.get()) is not None:
                yield change_or_loss
                if change_or_loss["type"] == "execution" and change_or_loss["status"] != "running":
                    return


class RemoteProgress:
    """What a gateway's watchers see: it follows an execution to whichever executor owns it."""

    def __init__(self, executions: Executions, workers: Workers, channels: Channels) -> None:
        self._executions = executions
        self._workers = workers
        self._channels = channels
        self.live: Callable[[str], list[Change] | None] = lambda _: None
        """Nothing runs in this process."""

    @contextmanager
    def watch(self, execution_id: str) -> Iterator[asyncio.Queue[Change | None]]:
        """Yield a queue of changes; None in it means: look again and start over."""
        queue: asyncio.Queue[Change | None] = asyncio.Queue(QUEUE_LENGTH)
        following = asyncio.get_running_loop().create_task(self._follow(execution_id, queue))
        try:
            yield queue
        finally:
            following.cancel()

    async def _follow(self, execution_id: str, queue: asyncio.Queue[Change | None]) -> None:
        while True:
            with suppress(UnavailableError):  # the store, or the owner: it is looked at again
                execution = await self._executions.find(execution_id)
                if execution is None or execution.has_ended:
                    await queue.put(None)
                    return
                owner = execution.owner
                address = await self._workers.find_address(owner) if owner else None
                if address is not None:
                    with suppress(UnavailableError):
                        await self._copy(address, execution_id, queue)
                    await queue.put(None)
            await asyncio.sleep(LOOK_SECONDS)

    async def _copy(
        self, address: str, execution_id: str, queue: asyncio.Queue[Change | None]
    ) -> None:
        channel = await self._channels.to(address)
        port = cast("ProgressCalls", add_calls(channel, PORT, methods_of(ProgressCalls)))
        async for change in port.watch(execution_id):
            await queue.put(change)
