"""The bus of the simulation: events come late, twice, out of order, or never."""

from __future__ import annotations

import contextlib
from typing import Any

from alur_common.bus import Handler, Wanted
from alur_common.events import Event, ExecutionCompleted
from alur_sdk.errors import UnavailableError
from tests.simulation.network import Network
from tests.simulation.process import Process

LATE_SECONDS = 4.0


class SimulatedBus:
    """Delivers to one living member of each group."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self.completed: set[str] = set()
        """Executions of whose end anybody who follows the topic knows."""
        self.members: dict[str, dict[str, list[tuple[Process, Handler, Wanted | None]]]] = {}

    def join(
        self, process: Process, topic: str, group: str, handler: Handler, when: Wanted | None
    ) -> None:
        """Add a member to a group."""
        groups = self.members.setdefault(topic, {})
        groups.setdefault(group, []).append((process, handler, when))

    async def take(self, event: Event) -> None:
        """Take an event and see to its delivery."""
        network = self._network
        if isinstance(event, ExecutionCompleted):
            self.completed.add(event.key)
        random, faults = network.random, network.faults
        for group in self.members.get(event.topic, ()):
            if random.random() >= faults.dropped:
                network.loop.call_later(network.delay(), self._deliver, event, group)
            if random.random() < faults.repeated:
                late = random.random() * LATE_SECONDS
                network.loop.call_later(late, self._deliver, event, group)

    def _deliver(self, event: Event, group: str) -> None:
        members = self.members[event.topic][group]
        members[:] = [member for member in members if not member[0].is_dead]
        if members:
            process, handler, when = self._network.random.choice(members)
            if when is None or when(event):
                process.begin(_handle(process, handler, event))


async def _handle(process: Process, handler: Handler, event: Event) -> None:
    if not process.is_dead:
        await handler(event)


class ProcessBus:
    """`Bus` as one process has it."""

    def __init__(self, bus: SimulatedBus, process: Process, network: Network) -> None:
        self._bus = bus
        self._process = process
        self._network = network

    async def publish(self, event: Event) -> None:
        await self._network.ask(self._process, lambda: self._bus.take(event))

    def tell(self, event: Event) -> None:
        self._process.begin(self._tell(event))

    async def _tell(self, event: Event) -> None:
        with contextlib.suppress(UnavailableError):
            await self.publish(event)

    def subscribe(
        self,
        event: type[Event],
        group: str,
        handler: Handler,
        *,
        when: Wanted | None = None,
        **_: Any,
    ) -> None:
        self._bus.join(self._process, event.topic, group, handler, when)
