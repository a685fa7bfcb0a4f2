"""Tries: one attempt of a node run under way, and the journal entries that tell of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from alur_engine.journal import Failed, Finished, ItemDone, Started
from alur_engine.state import Run
from alur_executor.domain.programs import Step
from alur_executor.service.attempts import Attempt, error_json, outputs_of
from alur_executor.service.context import RunContext
from alur_executor.service.scoping import ItemScopes
from alur_sdk.errors import AlurError, Retryable
from alur_sdk.items import Item, Outputs
from alur_sdk.nodes import Effect


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
        goes_one_by_one = self.attempt is not None and self.step.graph.effect is Effect.WRITE
        attempt = self.begun()
        message = f"it took longer than {self.step.definition.timeout}"
        error = Retryable(message, code="timeout")
        rest = error
        if goes_one_by_one:
            rest = Retryable(f"{message}, before this item had its turn", code="timeout")
        known = {*attempt.done, *attempt.failed}
        for index in range(self._parts()):
            if index not in known:
                attempt.failed[index] = error
                error = rest
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
        """Return the entry of a good end, but for items that failed for good in an earlier attempt."""
        run = self.run
        return Finished(*run.key, self.number, self.started, ended, outputs, run.denied)

    def shown(self, failed: Mapping[int, AlurError]) -> dict[str, Any]:
        """Return how failures are shown: the first of them, with its item where there are several."""
        index = min(failed)
        shown: dict[str, Any] = error_json(failed[index], self.step)
        return {**shown, "item": index} if len(self.items) > 1 else shown

    def item_failed(self, index: int, error: AlurError) -> ItemDone:
        """Return the entry of an item that failed for good: what it came to is its error item."""
        failed = {index: error}
        outputs = outputs_of(Attempt(failed=failed), self.step, self.items)
        return ItemDone(*self.run.key, index, outputs, self.shown(failed))

    def failed(self, error: dict[str, Any], ended: float, retry_at: float | None = None) -> Failed:
        """Return the entry of a failure."""
        return Failed(*self.run.key, self.number, self.started, ended, error, retry_at)
