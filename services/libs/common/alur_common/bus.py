"""The `Bus` port: events between services, delivered at least once to each group."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from alur_common.events import Event

Handler = Callable[[Any], Awaitable[None]]


class Bus(Protocol):
    """Publish and subscribe. Handlers may get an event twice; events of one key arrive in order."""

    async def publish(self, event: Event) -> None:
        """Hand the event to every group that subscribes to its topic."""

    def subscribe(self, event: type[Event], group: str, handler: Handler) -> None:
        """Call `handler` for each event of this type, once for the whole group."""
