"""Channels to other processes, each opened once."""

from __future__ import annotations

from alur_common.calls.client import Channel
from alur_common.calls.settings import CallSettings

MOST = 200


class Channels:
    """Gives the channel to an address; the least used is closed when there are too many."""

    def __init__(self, settings: CallSettings) -> None:
        self._settings = settings
        self._open: dict[str, Channel] = {}

    async def to(self, address: str) -> Channel:
        """Return the channel to an address."""
        channel = self._open.pop(address, None)
        if channel is None:
            channel = Channel(address, self._settings)
            if len(self._open) >= MOST:
                oldest = next(iter(self._open))
                await self._open.pop(oldest).close()
        self._open[address] = channel
        return channel

    async def close(self) -> None:
        """Close them all."""
        while self._open:
            _, channel = self._open.popitem()
            await channel.close()
