"""Watching the workflows of a project: what changed since a place that the watcher knows."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass

from alur_common.bus import Bus
from alur_common.events import WorkflowVersionPublished
from alur_gateway.domain.errors import TooOldError

REMEMBERED = 10_000
BOOKMARK_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Changed:
    """One change, or with an empty name a sign of life. `token` is where to go on after it."""

    token: str
    name: str = ""
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class _Seen:
    number: int
    tenant: str
    project: str
    name: str
    deleted: bool


class WorkflowChanges:
    """The latest changes, in memory: a token of another process, or too old a one, means listing again."""

    def __init__(self, bus: Bus, *, gateway: str, origin: str) -> None:
        self._origin = origin
        self._latest: deque[_Seen] = deque(maxlen=REMEMBERED)
        self._number = 0
        self._news = asyncio.Event()
        bus.subscribe(
            WorkflowVersionPublished, f"watch-{gateway}", self._on_published, broadcast=True
        )

    async def follow(
        self, tenant: str, project: str, token: str = "", *, bookmark: float = BOOKMARK_SECONDS
    ) -> AsyncIterator[Changed]:
        """Yield changes after the token, or from now on; first a sign of life, and one whenever it is quiet.

        Raises `TooOldError` when the token, or a watcher that is too slow, lies before what is remembered.
        """
        number = self._number_of(token) if token else self._number
        yield Changed(self._token(number))
        while True:
            news = self._news
            for seen in self._after(number):
                number = seen.number
                if (seen.tenant, seen.project) == (tenant, project):
                    yield Changed(self._token(number), seen.name, seen.deleted)
            try:
                await asyncio.wait_for(news.wait(), bookmark)
            except TimeoutError:
                yield Changed(self._token(number))

    async def _on_published(self, event: WorkflowVersionPublished) -> None:
        """Remember a change. A repeated event is told again, which is harmless: watchers look the workflow up."""
        self._number += 1
        seen = _Seen(self._number, event.tenant, event.project, event.workflow, event.deleted)
        self._latest.append(seen)
        news, self._news = self._news, asyncio.Event()
        news.set()

    def _after(self, number: int) -> list[_Seen]:
        if number < self._number - len(self._latest):
            raise TooOldError("too much has changed since: list again, then watch without a token")
        return [seen for seen in self._latest if seen.number > number]

    def _token(self, number: int) -> str:
        return f"{self._origin}.{number}"

    def _number_of(self, token: str) -> int:
        origin, _, number = token.rpartition(".")
        if origin != self._origin or not number.isdigit() or int(number) > self._number:
            raise TooOldError(
                "this token is not known any more: list again, then watch without a token"
            )
        return int(number)
