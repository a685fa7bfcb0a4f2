from __future__ import annotations

import asyncio

import pytest

from alur_registry.main import tend
from alur_sdk.errors import UnavailableError


class Sweeping:
    """A registry whose store is away at first; it lets itself be stopped at the third sweep."""

    def __init__(self) -> None:
        self.sweeps = 0
        self.done = asyncio.Event()

    async def sweep(self) -> None:
        self.sweeps += 1
        if self.sweeps == 1:
            raise UnavailableError("the store is away")
        self.done.set()

    async def relay(self) -> None:
        raise AssertionError("a change under way would be taken for one of the dead")


async def test_tending_goes_on_when_the_store_was_away() -> None:
    sweeping = Sweeping()
    tending = asyncio.create_task(tend(sweeping, 0))
    await asyncio.wait_for(sweeping.done.wait(), 5)
    tending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await tending
