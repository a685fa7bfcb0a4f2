"""Security events in tests: noted in a list."""

from __future__ import annotations

from collections.abc import Sequence

from alur_common.security.events import SecurityEvent


class Noted:
    """`Notes` that remember; also the log into which others write."""

    def __init__(self) -> None:
        self.events: list[SecurityEvent] = []

    def note(self, event: SecurityEvent) -> None:
        self.events.append(event)

    async def record_security_events(self, events: Sequence[SecurityEvent]) -> None:
        self.events += events

    @property
    def kinds(self) -> list[str]:
        return [event.kind for event in self.events]

    @property
    def only(self) -> SecurityEvent:
        (event,) = self.events
        return event
