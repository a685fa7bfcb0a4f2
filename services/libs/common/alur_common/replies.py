"""Replies: how the result of an execution reaches the caller who waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

SKIPPED = "skipped: as many run as the concurrency limit allows"
"""Why an execution was cancelled that its workflow's limit did not let in; whoever waits for it may come again."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a waiting caller is told: the end of an execution, or what `core.respond` answered.

    `kind` is `ended` (see `status`, `output`, `error`), `reply` (see `reply`: `{status, headers, body}`) or `waiting`
    (the execution suspended, or nothing is told of it here: the store says more).
    """

    kind: str
    status: str
    output: Any = None
    error: dict[str, Any] | None = None
    reply: dict[str, Any] | None = None


LOOK = Outcome("waiting", "running")
"""It has come to something: look into the store."""


class Replies(Protocol):
    """Where executors send outcomes to the gateway whose caller waits."""

    def send(self, gateway: str | None, execution_id: str, outcome: Outcome) -> None:
        """Hand it over if somebody waits; else nothing happens."""


class LocalReplies:
    """Replies within one process."""

    def __init__(self) -> None:
        self._waiting: dict[str, list[asyncio.Future[Outcome]]] = {}

    @contextmanager
    def expect(self, execution_id: str) -> Iterator[asyncio.Future[Outcome]]:
        """Yield a future of the next outcome of this execution. Enter it before the execution can end."""
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(execution_id, []).append(future)
        try:
            yield future
        finally:
            futures = self._waiting.get(execution_id, [])
            if future in futures:
                futures.remove(future)
            if not futures:
                self._waiting.pop(execution_id, None)

    def send(self, gateway: str | None, execution_id: str, outcome: Outcome) -> None:
        del gateway  # there is one
        for future in self._waiting.pop(execution_id, ()):
            if not future.done():
                future.set_result(outcome)
