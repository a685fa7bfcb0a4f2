"""The `Bus` port: events between services, delivered at least once to each group."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from alur_common.events import Event
from alur_sdk.errors import InvalidError

Handler = Callable[[Any], Awaitable[Awaitable[None] | None]]
"""Handles an event. What it returns, if anything, is done when the event has had its effect: a broker counts it then."""
Wanted = Callable[[Any], bool]


class PoisonError(InvalidError):
    """An event that may have no effect, whenever it is tried: it goes to the dead letters at once."""


class Bus(Protocol):
    """Publish and subscribe. Handlers may get an event twice; events of one key arrive in order."""

    async def publish(self, event: Event) -> None:
        """Hand the event to every group that subscribes to its topic."""

    def tell(self, event: Event) -> None:
        """Hand it over soon, and do not wait. What is lost on the way is found in the store by whoever looks there."""

    def subscribe(
        self,
        event: type[Event],
        group: str,
        handler: Handler,
        *,
        when: Wanted | None = None,
        broadcast: bool = False,
    ) -> None:
        """Call `handler` for each event of this type that `when` holds for, once for the whole group.

        No service asks for `when` now: each record is read all the same, so a topic of its own costs less. With `broadcast`
        the group is this process alone, and only what comes from now on concerns it.
        """


class Broker(Bus, Protocol):
    """A bus as whoever composes the process has it: it is begun and ended."""

    async def start(self) -> None:
        """Begin to deliver to those who have subscribed; nothing is subscribed after."""

    async def close(self) -> None:
        """Take nothing new, finish what is being handled, and stop."""
