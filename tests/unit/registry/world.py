"""What the tests of the registry stand on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from alur_common.bus import Handler, Wanted
from alur_common.events import Event
from alur_common.security.rights import Caller, Role

Doc = dict[str, Any]
CallerOf = Callable[[Role], Awaitable[Caller]]


class MovingClock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.seconds = 1_800_000_000.0

    def now(self) -> float:
        return self.seconds

    def monotonic(self) -> float:
        return self.seconds


class RememberingBus:
    """A bus that keeps what was published."""

    def __init__(self) -> None:
        self.events: list[Any] = []
        self.handlers: list[Handler] = []

    async def publish(self, event: Event) -> None:
        self.tell(event)

    def tell(self, event: Event) -> None:
        self.events.append(event)

    def subscribe(
        self,
        event: type[Event],
        group: str,
        handler: Handler,
        *,
        when: Wanted | None = None,
        broadcast: bool = False,
    ) -> None:
        self.handlers.append(handler)
