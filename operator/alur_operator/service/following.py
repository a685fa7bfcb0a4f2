"""What goes on without an event: runs that are followed to their end, and their time to live."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from alur_common.telemetry import get_logger
from alur_operator.domain.status import ENDED
from alur_operator.ports import Cluster, Object
from alur_operator.service.runs import RunKeeper
from alur_sdk.errors import AlurError

FIRST_SECONDS, SLOWEST_SECONDS, FACTOR = 0.5, 15.0, 1.5
AT_ONCE = 20
_log = get_logger("alur.operator")


@dataclass(slots=True)
class _Followed:
    body: Object
    pause: float = FIRST_SECONDS
    jitter: random.Random = field(default_factory=random.Random)
    context: contextvars.Context = field(default_factory=contextvars.copy_context)
    """The handler's that gave it to us: outside it kopf takes no Events."""

    def next_pause(self) -> float:
        """Return the pause before the next look; each is longer, and not all end at once."""
        pause = self.pause
        self.pause = min(pause * FACTOR, SLOWEST_SECONDS)
        return pause * self.jitter.uniform(0.8, 1.2)


class Following:
    """One loop for all runs: memory and requests grow with what runs, not with what has ended."""

    def __init__(self, runs: RunKeeper, cluster: Cluster, now: Callable[[], float]) -> None:
        self._runs = runs
        self._cluster = cluster
        self._now = now
        self._known: dict[str, _Followed] = {}
        self._due: list[tuple[float, str]] = []
        self._news = asyncio.Event()

    def __len__(self) -> int:
        return len(self._known)

    def take(self, body: Object) -> None:
        """Follow a run: to its end, then to the end of its time to live. What needs neither is forgotten."""
        uid = body["metadata"]["uid"]
        due = self._next_look(body, self._known.get(uid))
        if due is None:
            self.drop(uid)
            return
        known = self._known.setdefault(uid, _Followed(body))
        known.body = body
        heapq.heappush(self._due, (due, uid))
        self._news.set()

    def drop(self, uid: str) -> None:
        """Forget a run, for it is being deleted."""
        self._known.pop(uid, None)

    async def run(self) -> None:
        """Look when it is time, until cancelled."""
        while True:
            self._news.clear()
            batch = self._ripe()
            looks = [asyncio.create_task(self._look(f), context=f.context) for f in batch]
            await asyncio.gather(*looks)
            if batch:
                continue
            pause = max(self._due[0][0] - self._now(), 0.01) if self._due else None
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._news.wait()

    def _next_look(self, body: Object, known: _Followed | None) -> float | None:
        if (body.get("status") or {}).get("phase") in ENDED:
            return self._runs.deletion_due(body)
        return self._now() + (known or _Followed(body)).next_pause()

    def _ripe(self) -> list[_Followed]:
        found: dict[str, _Followed] = {}
        while self._due and self._due[0][0] <= self._now() and len(found) < AT_ONCE:
            _, uid = heapq.heappop(self._due)
            if uid in self._known:
                found[uid] = self._known[uid]
        return list(found.values())

    async def _look(self, followed: _Followed) -> None:
        """Look once; what fails is looked at again."""
        body = followed.body
        metadata = body["metadata"]
        try:
            if (body.get("status") or {}).get("phase") in ENDED:
                self.drop(metadata["uid"])
                await self._runs.delete(body)
                return
            told = await self._runs.follow(body)
            if told is None:
                told = self._runs.lost(body)
            if told != {key: body["status"].get(key) for key in told}:
                name = (metadata["namespace"], metadata["name"])
                await self._cluster.patch_status("workflowruns", *name, told)
        except AlurError as error:
            _log.warning("run not followed", run=metadata["name"], reason=error.message)
            self.take(body)
        else:
            if metadata["uid"] in self._known:
                self.take({**body, "status": {**body["status"], **told}})
