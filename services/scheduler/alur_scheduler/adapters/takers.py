"""Executors that take up what nobody drives."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import cycle

from alur_common.bus import Bus
from alur_common.calls.channels import Channels
from alur_common.calls.executors import executor_at
from alur_common.events import ExecutionAdmitted
from alur_common.executions import Execution, Workers
from alur_common.pools import DEFAULT_POOL
from alur_common.telemetry.logs import get_logger
from alur_sdk.errors import UnavailableError

HAND_OVER_SECONDS = 1.0
_log = get_logger("alur.scheduler")


class BusTakers:
    """Whoever the bus gives it to."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def take(self, executions: Sequence[Execution]) -> None:
        for execution in executions:
            self._bus.tell(ExecutionAdmitted(execution.id, execution.tenant, execution.priority))


class CalledTakers:
    """Executors whose leases hold, called: the bus may still give what it gets to one that has died."""

    def __init__(self, workers: Workers, channels: Channels, bus: Bus) -> None:
        self._workers = workers
        self._channels = channels
        self._fallback = BusTakers(bus)
        self._refusing: set[str] = set()
        """Addresses of those that took nothing up when they were last called."""

    async def take(self, executions: Sequence[Execution]) -> None:
        if not executions:
            return
        addresses = [
            lease.address
            for lease in await self._workers.all()
            if lease.address and lease.pools.serves(DEFAULT_POOL)
        ]
        self._refusing.intersection_update(addresses)
        if not addresses:
            await self._fallback.take(executions)  # for the first one that starts
            return
        shares: dict[str, list[Execution]] = {}
        for execution, address in zip(executions, cycle(addresses), strict=False):
            shares.setdefault(address, []).append(execution)
        # At once: one that does not answer, such as one that just starts, holds up its own share alone.
        await asyncio.gather(*(self._hand_over(*shared) for shared in shares.items()))

    async def _hand_over(self, address: str, share: Sequence[Execution]) -> None:
        port = await executor_at(self._channels, address)
        try:
            async with asyncio.timeout(HAND_OVER_SECONDS):
                await port.admit([(e.id, e.tenant, e.priority) for e in share])
        except (UnavailableError, TimeoutError) as error:
            self._tell(address, error)
            await self._fallback.take(share)
        else:
            self._refusing.discard(address)

    def _tell(self, address: str, error: UnavailableError | TimeoutError) -> None:
        """Say it once: one that stops is asked every second until it is gone."""
        if address not in self._refusing:
            self._refusing.add(address)
            reason = error.message if isinstance(error, UnavailableError) else "no answer in time"
            _log.warning("executor takes nothing up", address=address, reason=reason)
