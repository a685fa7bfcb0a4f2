"""Tries: one attempt of a node run under way, and the journal entries that tell of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from alur_engine.journal import Failed, Finished, Started
from alur_engine.state import Run
from alur_executor.domain.programs import Step
from alur_executor.service.attempts import Attempt
from alur_executor.service.context import RunContext
from alur_executor.service.scoping import ItemScopes
from alur_sdk.errors import Retryable
from alur_sdk.items import Item, Outputs


@dataclass(slots=True)
class Try:
    """One attempt under way: attempt `number` of a node run, begun at `started`, over `items`."""

    step: Step
    run: Run
    items: list[Item]
    context: RunContext
    scopes: ItemScopes
    started: float
    number: int
    is_seen: bool = False
    """That it has begun stands in the journal."""
    attempt: Attempt | None = None
    """What its items have come to so far."""

    def begun(self) -> Attempt:
        """Return what its items have come to so far: at first what those before it left."""
        if self.attempt is None:
            self.attempt = Attempt(done=dict(self.run.outcomes or {}))
        return self.attempt

    def late(self) -> Attempt:
        """Return what it came to when its time is over: all that has come to nothing yet has failed."""
        attempt = self.begun()
        error = Retryable(f"it took longer than {self.step.definition.timeout}", code="timeout")
        known = {*attempt.done, *attempt.failed}
        attempt.failed |= {index: error for index in range(self._parts()) if index not in known}
        return attempt

    def _parts(self) -> int:
        """Return of how many parts it tells one by one: items, or the executions that it waits for."""
        children = (self.run.wait or {}).get("children")
        if children is not None:
            return len(children)
        return len(self.items) if self.step.is_item else 1

    def limited(self, wait: dict[str, Any], now: float) -> dict[str, Any]:
        """Return what is waited for, with the end of the node's own time."""
        seconds = self.step.timeout
        return wait if seconds is None else {**wait, "limit": now + seconds}

    def started_entry(self, request: Any = None) -> Started:  # noqa: ANN401  # any JSON
        """Return the entry that it has begun; what it is about to write stands in it."""
        self.is_seen = True
        return Started(*self.run.key, self.number, self.started, request)

    def finished(self, outputs: Outputs, ended: float) -> Finished:
        """Return the entry of a good end."""
        return Finished(*self.run.key, self.number, self.started, ended, outputs)

    def failed(self, error: dict[str, Any], ended: float, retry_at: float | None = None) -> Failed:
        """Return the entry of a failure."""
        return Failed(*self.run.key, self.number, self.started, ended, error, retry_at)
