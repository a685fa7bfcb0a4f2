"""Security events: what somebody who looks after the installation should know of, recorded without ever being in the way.

Whatever refuses something notes it here. The same from the same origin is counted, not written again: what a stranger can
cause at will costs a bounded number of rows. An event never holds a secret, a payload or a whole address of a request.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

from alur_common.clock import Clock
from alur_common.telemetry import Metrics, get_logger
from alur_sdk.errors import AlurError

KINDS: Final[Mapping[str, str]] = {
    "code-stopped": "Code of a workflow was stopped in the jail: it reached a limit, or its process died.",
    "address-refused": "A node wanted to connect to an address that the outbound guard refuses.",
    "credential-refused": (
        "A node or trigger wanted to use a credential whose declared limits leave out its type, or the host."
    ),
    "proof-refused": "A webhook was called without the proof that it demands, or with a wrong one.",
    "event-refused": "An event from outside was unsigned, signed with a wrong key, or too old.",
    "rate-limited": "Somebody asked more often than a rate limit allows.",
    "permission-refused": (
        "Somebody who is known asked for what they may not do, or a workflow names what its publisher may not use."
    ),
    "sign-in-refused": "A token, a sign-in link or a session that does not count was used.",
}
"""Every kind, and what it means. Whoever adds one adds its row here: metrics, API, editor and docs read it."""

WINDOW_SECONDS: Final = 300.0
"""The same from the same origin within this time is one row and one more at its end."""
SOON_SECONDS: Final = 1.0
"""How long the first of its kind waits for others, so that they are written together."""
RETRY_SECONDS: Final = 10.0
"""How soon it is tried again to write what could not be written."""
_LOGGED: Final = (
    *("kind", "tenant", "reason", "who", "source", "target"),
    *("project", "workflow", "execution", "node", "count"),
)
"""What the log says of an event, where it is known."""
MOST_ORIGINS: Final = 20
"""Of one kind and tenant within a window; the rest are counted as `OTHERS` of their workflow, and of so many workflows."""
MOST_KEPT: Final = 1_000
"""Origins and unwritten events in memory; what is beyond is counted as lost."""
OTHERS: Final = "(others)"
_LONGEST: Final = 200
_log = get_logger("alur.security")


@dataclass(frozen=True, slots=True)
class SecurityEvent:
    """One thing that was refused or stopped, `count` times between two times in seconds since 1970.

    `tenant` is empty where nobody knows whose it is; `who` is a user, `source` an address or a producer outside, `target` what
    was wanted: an operation, a host, a trigger.
    """

    kind: str
    tenant: str = ""
    reason: str = ""
    who: str = ""
    source: str = ""
    target: str = ""
    project: str = ""
    workflow: str = ""
    execution: str = ""
    node: str = ""
    count: int = 1
    first_at: float = 0.0
    last_at: float = 0.0

    @property
    def origin(self) -> tuple[str, ...]:
        """Return what tells it from others of its kind and tenant: by whom, at what, and why."""
        by = (self.source, self.who, self.project, self.workflow, self.node)
        return (*by, self.target, self.reason)

    def cut(self) -> SecurityEvent:
        """Return it with texts of a length that a log can bear."""
        texts: dict[str, Any] = {
            name: value[:_LONGEST]
            for name in SecurityEvent.__slots__
            if isinstance(value := getattr(self, name), str)
        }
        return replace(self, **texts)


class SecurityLog(Protocol):
    """Where events are kept; the registry writes them into the audit log of their tenants."""

    async def record_security_events(self, events: Sequence[SecurityEvent]) -> None:
        """Keep them. One that is sent again after a failure may be kept twice."""


class Notes(Protocol):
    """Where somebody who refuses something says so."""

    def note(self, event: SecurityEvent) -> None:
        """Note an event; it neither waits nor raises."""


@dataclass(slots=True)
class _Origin:
    """What came from one origin and is not written yet, and when its next row may be."""

    due: float
    pending: SecurityEvent | None


class SecurityEvents:
    """Takes what is noted in this process, counts it, and writes it behind the back of whoever noted it."""

    def __init__(self, log: SecurityLog, clock: Clock, metrics: Metrics) -> None:
        self._store = log
        self._clock = clock
        self._noted = metrics.counter("security_events_total")
        self._lost = metrics.counter("security_events_lost_total")
        self._failures = metrics.counter("security_events_write_failures_total")
        self._origins: dict[tuple[str, ...], _Origin] = {}
        self._counts: dict[tuple[str, str], int] = {}
        self._writing: asyncio.Task[None] | None = None
        self._news = asyncio.Event()

    def note(self, event: SecurityEvent) -> None:
        """Count an event, and write it soon. It neither waits nor raises; call it on the event loop."""
        self._noted.labels(event.kind).inc(event.count)
        now = self._clock.now()
        event = replace(event.cut(), first_at=now, last_at=now)
        if not self._merged(event):
            event = self._admitted(event)
            if not self._merged(event):
                self._add(event)
        if self._writing is None or self._writing.done():
            # Of nobody's context: what it writes is not of the execution or the request that noted the first.
            loop, nobody = asyncio.get_running_loop(), contextvars.Context()
            self._writing = loop.create_task(self._write(), context=nobody)

    async def flush(self, *, all_of_it: bool = False) -> None:
        """Write what is due by now, or everything; what cannot be written is kept for the next time."""
        now = self._clock.monotonic()
        due: list[tuple[_Origin, SecurityEvent]] = []
        for key, origin in list(self._origins.items()):
            if not all_of_it and origin.due > now:
                continue
            if origin.pending is None:
                self._forget(key)
                continue
            due.append((origin, origin.pending))
            origin.pending, origin.due = None, now + WINDOW_SECONDS
        if due and not await self._written([event for _, event in due]):
            for origin, event in due:
                origin.pending = event if origin.pending is None else _joined(event, origin.pending)
                origin.due = now + RETRY_SECONDS

    async def close(self) -> None:
        """Write what is left, and stop; what cannot be written now is counted as lost."""
        if self._writing is not None:
            self._writing.cancel()
            await asyncio.gather(self._writing, return_exceptions=True)
        await self.flush(all_of_it=True)
        for origin in self._origins.values():
            if origin.pending is not None:
                self._lost.labels(origin.pending.kind).inc(origin.pending.count)

    def _merged(self, event: SecurityEvent) -> bool:
        origin = self._origins.get(_key(event))
        if origin is None:
            return False
        origin.pending = event if origin.pending is None else _joined(origin.pending, event)
        return True

    def _admitted(self, event: SecurityEvent) -> SecurityEvent:
        """Return the event, without its origin where its kind has too many of them; its workflow is told as long as it can be."""
        known = self._counts.get((event.kind, event.tenant), 0)
        if known < MOST_ORIGINS:
            return event
        others = replace(event, source=OTHERS, reason="", who="", target="", execution="", node="")
        if known < 2 * MOST_ORIGINS or _key(others) in self._origins:
            return others
        return replace(others, project="", workflow="")

    def _add(self, event: SecurityEvent) -> None:
        if len(self._origins) >= MOST_KEPT:
            self._lost.labels(event.kind).inc(event.count)
            return
        place = (event.kind, event.tenant)
        self._counts[place] = self._counts.get(place, 0) + 1
        self._origins[_key(event)] = _Origin(self._clock.monotonic() + SOON_SECONDS, event)
        self._news.set()

    def _forget(self, key: tuple[str, ...]) -> None:
        del self._origins[key]
        place = (key[0], key[1])
        self._counts[place] -= 1
        if not self._counts[place]:
            del self._counts[place]

    async def _written(self, events: Sequence[SecurityEvent]) -> bool:
        try:
            await self._store.record_security_events(events)
        except Exception as error:  # noqa: BLE001  # nobody waits for it who could be told
            self._failures.inc()
            is_known = isinstance(error, AlurError)
            _log.error(
                "security events not written",
                count=len(events),
                reason=str(error),
                exc_info=None if is_known else error,
            )
            return False
        for event in events:
            _log.warning("security event", **_logged(event))
        return True

    async def _write(self) -> None:
        """Go on until nothing is left to write or to count."""
        while self._origins:
            self._news.clear()
            soonest = min(origin.due for origin in self._origins.values())
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(soonest - self._clock.monotonic(), 0.0)):
                    await self._news.wait()
            await self.flush()


def _key(event: SecurityEvent) -> tuple[str, ...]:
    return (event.kind, event.tenant, *event.origin)


def _joined(first: SecurityEvent, then: SecurityEvent) -> SecurityEvent:
    """Return both as one: what the first says, and how often and how long."""
    return replace(first, count=first.count + then.count, last_at=then.last_at)


def _logged(event: SecurityEvent) -> dict[str, object]:
    """Return what the log says of an event."""
    return {name: value for name in _LOGGED if (value := getattr(event, name))}
