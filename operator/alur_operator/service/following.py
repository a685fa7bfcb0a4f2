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
from alur_operator.domain.plan import written
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
    shown: Object | None = None
    """The status that the cluster has, where somebody else wrote it."""
    is_doubtful: bool = False
    """Whether its end is to be looked up, for that was told by somebody else."""
    pause: float = FIRST_SECONDS
    jitter: random.Random = field(default_factory=random.Random)
    context: contextvars.Context = field(default_factory=contextvars.copy_context)
    """The handler's that gave it to us: outside it kopf takes no Events."""

    def next_pause(self) -> float:
        """Return the pause before the next look; each is longer by a fifth, and not all end at once."""
        pause = self.pause
        self.pause = min(pause * FACTOR, SLOWEST_SECONDS)
        return pause * self.jitter.uniform(0.7, 1.0)


@dataclass(slots=True)
class _Said:
    """What the status of a run was when we last told or believed it, by its hash."""

    latest: int
    before: int
    """What the cluster may still show, for news of it come late."""
    has_begun: bool


class Following:
    """One loop for all runs: memory and requests grow with what runs, not with what has ended."""

    def __init__(self, runs: RunKeeper, cluster: Cluster, now: Callable[[], float]) -> None:
        self._runs = runs
        self._cluster = cluster
        self._now = now
        self._known: dict[str, _Followed] = {}
        self._said: dict[str, _Said] = {}
        self._due: list[tuple[float, str]] = []
        self._news = asyncio.Event()

    def __len__(self) -> int:
        return len(self._known)

    def take(self, body: Object) -> None:
        """Follow a run: to its end, then to the end of its time to live. What needs neither is forgotten, but for what was told."""
        uid = body["metadata"]["uid"]
        self._say(body)
        followed = self._known.get(uid) or _Followed(body)
        followed.body = body
        due = self._next_look(followed)
        if due is None:
            self._known.pop(uid, None)
            return
        self._known[uid] = followed
        self._look_at(followed, due)

    def see(self, body: Object) -> None:
        """Look soon at a run whose status is not what was told last: somebody else may have written it.

        What it says as it is seen first is believed. Before it began nothing is told here: its handler does that again and again.
        """
        uid, shown = body["metadata"]["uid"], _hash(body)
        said, has_begun = self._said.get(uid), _has_begun(body)
        if said is None or not (said.has_begun or has_begun):
            self._said[uid] = _Said(shown, shown, has_begun)
        elif shown == said.latest:
            said.before = shown
        elif shown != said.before:
            self._doubt(body)

    def _say(self, body: Object) -> None:
        uid, told = body["metadata"]["uid"], _hash(body)
        said = self._said.get(uid)
        before = told if said is None else said.before if said.latest == told else said.latest
        self._said[uid] = _Said(told, before, has_begun=True)

    def _doubt(self, body: Object) -> None:
        uid = body["metadata"]["uid"]
        followed = self._known.get(uid)
        if followed is None or _has_ended(followed.body):
            followed = self._known[uid] = _Followed({**body}, is_doubtful=True)
        followed.shown = body.get("status") or {}
        self._look_at(followed, self._now() + FIRST_SECONDS)

    def _look_at(self, followed: _Followed, due: float) -> None:
        followed.due = due
        heapq.heappush(self._due, (due, followed.body["metadata"]["uid"]))
        self._news.set()

    def drop(self, uid: str) -> None:
        """Forget a run, for it is being deleted."""
        self._known.pop(uid, None)
        self._said.pop(uid, None)

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
        if followed.is_doubtful:
            return self._now() + FIRST_SECONDS
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
            if _has_ended(followed.body) and not followed.is_doubtful:
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
        shown, was_doubtful = followed.shown, followed.is_doubtful
        look = self._runs.look_up if was_doubtful else self._runs.follow
        told = await look(_with_fields_of(followed.body, shown))
        uid = followed.body["metadata"]["uid"]
        if self._known.get(uid) is followed:
            # News of it may come before its answer.
            self._say(_with(followed.body, told))
        await self._tell(followed, told)
        if self._known.get(uid) is not followed:
            return
        followed.is_doubtful = False
        if followed.shown is shown:
            followed.shown = None
        # It may have been changed meanwhile.
        now = _with(followed.body, told)
        if was_doubtful and not (_has_ended(now) or told.get("executionId")):
            # It has not begun, as far as anybody knows: its handler has it.
            self._known.pop(uid)
            self._said[uid] = _Said(_hash(now), _hash(now), has_begun=False)
        else:
            self.take(now)

    async def _tell(self, followed: _Followed, told: Mapping[str, Any]) -> None:
        body, shown = followed.body, followed.shown
        if status.is_told(told, body["status"] if shown is None else shown):
            return
        metadata = body["metadata"]
        name = (metadata["namespace"], metadata["name"])
        await self._cluster.patch_status("workflowruns", *name, told)

    async def _tell_of(self, followed: _Followed, error: Exception) -> None:
        """Tell, on the run itself, of what nobody expected."""
        try:
            told = self._runs.not_followed(followed.body, error)
            await self._tell(followed, told)
        except Exception as away:  # noqa: BLE001  # the outermost loop of what is followed
            _log.warning("run not told", run=_name_of(followed), reason=repr(away))
        else:
            followed.body = _with(followed.body, told)

    def _put_off(self, followed: _Followed, reason: str) -> None:
        _log.warning("run not followed", run=_name_of(followed), reason=reason)
        if self._known.get(followed.body["metadata"]["uid"]) is followed:
            self._look_at(followed, self._now() + followed.next_pause())


def _has_ended(body: Object) -> bool:
    return (body.get("status") or {}).get("phase") in status.ENDED


def _has_begun(body: Object) -> bool:
    return bool((body.get("status") or {}).get("executionId")) or _has_ended(body)


def _with(body: Object, told: Mapping[str, Any]) -> Object:
    return {**body, "status": {**(body.get("status") or {}), **told}}


def _with_fields_of(body: Object, shown: Object | None) -> Object:
    """Return a run whose status has the fields that the cluster shows too, so that those are removed."""
    return {**body, "status": {**dict.fromkeys(shown or ()), **body["status"]}}


def _hash(body: Object) -> int:
    """Return what stays the same while a status does; an absent field and null make no difference."""
    shown = body.get("status") or {}
    return hash(written({key: value for key, value in shown.items() if value is not None}))


def _name_of(followed: _Followed) -> str:
    return str(followed.body["metadata"]["name"])
