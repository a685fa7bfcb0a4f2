"""Previews: what an expression that needs the jail comes to, on data that its writer's editor sends."""

from __future__ import annotations

import asyncio
from typing import Final
from weakref import WeakValueDictionary

import structlog

from alur_common.previews import Preview
from alur_common.security.events import Notes
from alur_engine.expressions.sampling import scope_of
from alur_executor.ports import Jail
from alur_executor.service.coding import Answers
from alur_executor.service.foreseeing import told_by_jail
from alur_executor.service.noting import note_preview
from alur_jail import Ears, RunLimits
from alur_sdk.errors import AlurError, LimitedError
from alur_sdk.items import Json

LIMITS: Final = RunLimits(2.0, 64 * 1024 * 1024, values=50_000)
"""What all expressions of one field may use together: a person waits for them."""
AT_ONCE: Final = 2
MOST_WAITING: Final = 16
"""Of one tenant."""


class _Queue:
    """The previews of one tenant; so few of them come before those of others."""

    def __init__(self) -> None:
        self.gate = asyncio.Semaphore(AT_ONCE)
        self.waiting = 0


class Previews:
    """Evaluates beside the executions, few at once: most of the jail is theirs."""

    def __init__(self, jail: Jail, notes: Notes) -> None:
        self._jail = jail
        self._notes = notes
        self._gate = asyncio.Semaphore(AT_ONCE)
        self._of_tenants: WeakValueDictionary[str, _Queue] = WeakValueDictionary()

    async def preview(self, tenant: str, asked: Preview) -> list[list[Json]]:
        """Return the outcome of each script, as the jail tells it.

        Raises `LimitedError` when many wait already, and what the jail raises.
        """
        own = self._of_tenants.get(tenant)
        if own is None:
            own = self._of_tenants[tenant] = _Queue()
        if own.waiting >= MOST_WAITING:
            raise LimitedError("too many expressions are tried at the same time", 1.0)
        scope = scope_of(asked.sample, asked.now)
        run = {"idempotencyKey": "preview", "attempt": 1, "path": ""}
        answers = Answers(lambda _: scope, lambda _: run)
        request = {
            "sources": [
                {"script": script, "changes": changes} for script, changes in asked.scripts
            ],
            "items": list(scope.items) or [scope.item],
            "indexes": [scope.index if scope.items else 0],
            "now_ms": scope.now_ms,
            "time_zone": scope.time_zone,
        }
        own.waiting += 1
        try:
            async with own.gate, self._gate:
                ears = Ears(answers, structlog.get_logger("alur.preview").debug)
                return [
                    outcomes[0]
                    for outcomes in await told_by_jail(self._jail, tenant, request, LIMITS, ears)
                ]
        except AlurError as error:
            note_preview(self._notes, tenant, error)
            raise
        finally:
            own.waiting -= 1
