"""What goes on without an event: runs that are followed to their end, and their time to live."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import heapq
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from alur_common.telemetry import get_logger
from alur_operator.domain import status
from alur_operator.ports import Cluster, Object
from alur_operator.service.runs import RunKeeper
from alur_sdk.errors import AlurError

FIRST_SECONDS, SLOWEST_SECONDS, FACTOR = 0.5, 15.0, 1.2
AT_ONCE = 20
_log = get_logger("alur.operator")


@dataclass(slots=True)
class _Followed:
    body: Object
    due: float = 0.0
    """When it is looked at; what was due at another time before is no more."""
    pause: float = FIRST_SECONDS
    jitter: random.Random = field(default_factory=random.Random)
    context: contextvars.Context = field(default_factory=contextvars.copy_context)
    """The handler's that gave it to us: outside it kopf takes no Events."""

    def next_pause(self) -> float:
        """Return the pause before the next look; each is longer by a fifth, and not all end at once."""
        pause = self.pause
        self.pause = min(pause * FACTOR, SLOWEST_SECONDS)
        return pause * self.jitter.uniform(0.7, 1.0)


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
        followed = self._known.get(uid) or _Followed(body)
        followed.body = body
        due = self._next_look(followed)
        if due is None:
            self.drop(uid)
            return
        self._known[uid] = followed
        self._look_at(followed, due)

    def _look_at(self, followed: _Followed, due: float) -> None:
        followed.due = due
        heapq.heappush(self._due, (due, followed.body["metadata"]["uid"]))
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

    def _next_look(self, followed: _Followed) -> float | None:
        if _has_ended(followed.body):
            return self._runs.deletion_due(followed.body)
        now, deadline = self._now(), status.deadline(followed.body)
        look = now + followed.next_pause()
        if not now < deadline < look:
            return look
        # What becomes of it then is to be seen soon.
        followed.pause = FIRST_SECONDS
        return deadline

    def _ripe(self) -> list[_Followed]:
        found: dict[str, _Followed] = {}
        while self._due and self._due[0][0] <= self._now() and len(found) < AT_ONCE:
            due, uid = heapq.heappop(self._due)
            followed = self._known.get(uid)
            if followed is not None and followed.due == due:
                found[uid] = followed
        return list(found.values())

    async def _look(self, followed: _Followed) -> None:
        """Look once; what fails is looked at again. One run never keeps the others from being followed."""
        try:
            if _has_ended(followed.body):
                await self._runs.delete(followed.body)
                self.drop(followed.body["metadata"]["uid"])
            else:
                await self._follow(followed)
        except AlurError as error:
            self._put_off(followed, error.message)
        except Exception as error:  # noqa: BLE001  # the outermost loop of what is followed
            self._put_off(followed, repr(error))
            await self._tell_of(followed, error)

    async def _follow(self, followed: _Followed) -> None:
        body, uid = followed.body, followed.body["metadata"]["uid"]
        told = await self._runs.follow(body)
        await self._tell(body, told)
        if self._known.get(uid) is followed:
            # It may have been changed meanwhile.
            newest = followed.body
            self.take({**newest, "status": {**newest["status"], **told}})

    async def _tell(self, body: Object, told: Mapping[str, Any]) -> None:
        if status.is_told(told, body["status"]):
            return
        metadata = body["metadata"]
        name = (metadata["namespace"], metadata["name"])
        await self._cluster.patch_status("workflowruns", *name, told)

    async def _tell_of(self, followed: _Followed, error: Exception) -> None:
        """Tell, on the run itself, of what nobody expected."""
        try:
            told = self._runs.not_followed(followed.body, error)
            await self._tell(followed.body, told)
        except Exception as away:  # noqa: BLE001  # the outermost loop of what is followed
            _log.warning("run not told", run=_name_of(followed), reason=repr(away))
        else:
            followed.body = {**followed.body, "status": {**followed.body["status"], **told}}

    def _put_off(self, followed: _Followed, reason: str) -> None:
        _log.warning("run not followed", run=_name_of(followed), reason=reason)
        if self._known.get(followed.body["metadata"]["uid"]) is followed:
            self._look_at(followed, self._now() + followed.next_pause())


def _has_ended(body: Object) -> bool:
    return (body.get("status") or {}).get("phase") in status.ENDED


def _name_of(followed: _Followed) -> str:
    return str(followed.body["metadata"]["name"])
