"""Schedules: each due time starts one execution, whatever dies in between."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from alur_common.clock import Clock
from alur_common.definitions import WorkflowRecord
from alur_common.documents.port import Document, Documents, Where
from alur_common.schedules import SCHEDULES
from alur_common.starts import StartRequest, Starts
from alur_common.telemetry.logs import get_logger
from alur_common.telemetry.tracing import NOTHING
from alur_scheduler.domain.due import Rule, delay, dues, next_due, rule_of, to_fire
from alur_scheduler.domain.followed import FOLLOWED, followed
from alur_scheduler.domain.partitions import WHOLE, slot_of
from alur_scheduler.ports import Definitions, Meter, Share, Tracing
from alur_sdk.errors import (
    ConflictError,
    ExistsError,
    InvalidError,
    NotFoundError,
)
from alur_sdk.instants import rfc3339

TYPE = "trigger.schedule"
FIRST_PAGE, PAGE = 20, 200
"""Mostly few are due at once, or none: then one look tells that, and when the next one is."""
_log = get_logger("alur.scheduler")


class Schedules:
    """Keeps one document for each schedule: when it is due next. It moves on after the start is durable.

    Whoever plans a schedule need not hold its partition; whoever fires it leaves its fence in the document.
    """

    def __init__(
        self,
        documents: Documents,
        definitions: Definitions,
        starts: Starts,
        *,
        clock: Clock,
        meter: Meter,
        share: Share = WHOLE,
        tracing: Tracing | None = None,
    ) -> None:
        self._documents = documents
        self._definitions = definitions
        self._starts = starts
        self._clock = clock
        self._meter = meter
        self._share = share
        self._tracing = tracing
        self.running_since = clock.now()
        """Since when nothing is missed: what was due before is made up for as its trigger says."""

    async def sync(self, record: WorkflowRecord) -> bool:
        """Plan what is new or changed, and forget what is gone or rests, but not what a newer record says."""
        wanted = {} if record.is_suspended else _rules(record)
        for schedule in await self._of(record.uid):
            if schedule["trigger"] not in wanted:
                await self._forget(schedule, record.revision)
        return any([await self._plan(record, trigger, rule) for trigger, rule in wanted.items()])

    async def _plan(self, record: WorkflowRecord, trigger: str, rule: Rule) -> bool:
        """Return whether it was not there."""
        while True:
            known = await self._documents.find_one(SCHEDULES, f"{record.uid}/{trigger}")
            if known is not None and followed(known) > record.revision:
                return False
            plan = self._plan_of(record, trigger, rule, known)
            if plan == known:
                return False
            if await self._is_written(plan, known):
                return known is None

    def _plan_of(
        self, record: WorkflowRecord, trigger: str, rule: Rule, known: Document | None
    ) -> Document:
        """Return what is to be written in the place of what is known; when it is due holds on with the rule.

        A rule that cannot be planned takes the place of the one before as well: it is never due, and says why.
        """
        held: Document | None = None
        if known is not None and _same(known["rule"], rule) and "slot" in known:
            held = {**known, FOLLOWED: record.revision}
        if held is not None and not held.get("problem"):
            return held
        due, problem = self._first_due(rule)
        if held is not None and held["problem"] == problem:
            return held
        plan = {**_new_plan(record, trigger, rule, due), "problem": problem}
        plan["fence"] = 0 if known is None else known.get("fence", 0)
        if problem is not None:
            where = {"workflow_id": record.uid, "trigger": trigger}
            _log.warning("schedule not planned", **where, reason=problem)
        return plan

    def _first_due(self, rule: Rule) -> tuple[float | None, str | None]:
        """Return when a rule is due first, and why it cannot be planned."""
        try:
            return next_due(rule, self._clock.now()), None
        except InvalidError as error:
            return None, error.message

    async def _forget(self, schedule: Document, revision: int) -> None:
        """Delete it, unless it follows a newer revision of its workflow by now."""
        known: Document | None = schedule
        while known is not None and followed(known) <= revision:
            try:
                await self._documents.delete(SCHEDULES, known["id"], at_revision=known["revision"])
            except ConflictError:  # it was fired, or planned anew
                known = await self._documents.find_one(SCHEDULES, known["id"])
            else:
                return

    async def _is_written(self, document: Document, known: Document | None) -> bool:
        try:
            if known is None:
                await self._documents.insert(SCHEDULES, document)
            else:
                await self._documents.replace(SCHEDULES, document, at_revision=known["revision"])
        except (ConflictError, ExistsError, NotFoundError):
            return False  # it was fired, or another scheduler plans the same
        return True

    async def remove(self, uid: str) -> None:
        """Forget the schedules of a workflow that was deleted. Safe to repeat."""
        for schedule in await self._of(uid):
            await self._documents.delete(SCHEDULES, schedule["id"])

    async def _of(self, uid: str) -> list[Document]:
        return await self._documents.find(SCHEDULES, [Where("uid", "eq", uid)])

    async def fire_due(self) -> float | None:
        """Start what is due in our share; return when the next one is, or None. A repeat starts nothing twice."""
        slots = self._share.slots
        if slots is not None and not slots:
            return None
        ours = [] if slots is None else [Where("slot", "in", slots)]
        where = [*ours, Where("fire_at", "gt", 0)]
        now, after, limit = self._clock.now(), None, FIRST_PAGE
        following: list[float] = []
        while True:
            page = await self._documents.find(
                SCHEDULES, where, sort=("fire_at",), limit=limit, after=after
            )
            due = [schedule for schedule in page if schedule["fire_at"] <= now]
            fired = await asyncio.gather(*(self._fire_guarded(schedule) for schedule in due))
            following += [at for at in fired if at is not None]
            following += [schedule["fire_at"] for schedule in page[len(due) :][:1]]
            if len(due) < limit:
                return min(following, default=None)
            after, limit = [page[-1]["fire_at"], page[-1]["id"]], PAGE

    async def _fire_guarded(self, schedule: Document) -> float | None:
        """Fire one, and return when it is next; should that fail, it is fired later, and the others all the same."""
        try:
            return await self._fire(schedule)
        except Exception:  # noqa: BLE001  # one that is broken holds no other up
            _log.exception(
                "schedule not fired", workflow_id=schedule["uid"], trigger=schedule["trigger"]
            )
            return None

    async def _fire(self, schedule: Document) -> float | None:
        fence = self._fence_of(schedule)
        if fence is None:
            return None
        now = self._clock.now()
        rule = Rule(**schedule["rule"])
        times = list(dues(rule, schedule["due_at"], now))
        following = next_due(rule, times[-1] if times else now)
        record = await self._record_of(schedule)
        if record is None:
            return None
        previous = schedule["previous"]
        since = min(self.running_since, self._share.since)
        more = following is not None and following <= now
        for due in to_fire(rule, times, since, more=more):
            if self._share.fence_of(schedule["uid"]) != fence:
                return None
            await self._start(record, schedule["trigger"], due, previous)
            previous = due
        self._meter.drift(self._clock.now() - schedule["fire_at"])
        fire_at = None if following is None else following + delay(rule, schedule["id"], following)
        moved = {
            **schedule,
            "previous": previous,
            "fence": fence,
            "due_at": following,
            "fire_at": fire_at,
        }
        await self._move(schedule, moved)
        return fire_at

    async def _record_of(self, schedule: Document) -> WorkflowRecord | None:
        """Return the workflow to start; None when it is gone, rests or has no such trigger: then so is its schedule."""
        where = (schedule["tenant"], schedule["project"], schedule["workflow"])
        try:
            record = await self._definitions.active(*where)
            if record.revision < followed(schedule):
                record = await self._definitions.newest(*where)
        except NotFoundError:
            await self._documents.delete(SCHEDULES, schedule["id"])
            return None
        if record.uid != schedule["uid"]:
            await self._documents.delete(SCHEDULES, schedule["id"])
            return None
        if record.is_suspended or schedule["trigger"] not in _rules(record):
            await self._forget(schedule, record.revision)
            return None
        return record

    def _fence_of(self, schedule: Document) -> int | None:
        """Return the fence under which we fire it, or None when another one does, or has done so by now."""
        fence = self._share.fence_of(schedule["uid"])
        if fence is not None and schedule.get("fence", 0) > fence:
            self._share.refused("schedule", schedule["uid"], schedule["fence"])
            return None
        return fence

    async def _move(self, schedule: Document, moved: Document) -> None:
        """Write when it is due next. What was written there meanwhile holds, and is read again at the next look."""
        try:
            await self._documents.replace(SCHEDULES, moved, at_revision=schedule["revision"])
        except NotFoundError:
            return
        except ConflictError:
            now = await self._documents.find_one(SCHEDULES, schedule["id"])
            if now is not None and now.get("fence", 0) > moved["fence"]:
                self._share.refused("schedule", schedule["uid"], now["fence"])

    async def _start(
        self, record: WorkflowRecord, trigger: str, due: float, previous: float | None
    ) -> None:
        item = {
            "due": rfc3339(due),
            "firedAt": rfc3339(self._clock.now()),
            "previous": rfc3339(previous),
        }
        request = StartRequest(
            mode="schedule",
            input=[item],
            trigger=trigger,
            source=("schedule", trigger, f"{due:.3f}"),
        )
        span = None if self._tracing is None else self._tracing.firing(record, trigger)
        with span or NOTHING:
            await self._starts.start(record, request)


def _rules(record: WorkflowRecord) -> dict[str, Rule]:
    spec = record.document["spec"]
    zone = spec.get("settings", {}).get("timeZone", "UTC")
    return {
        trigger["name"]: rule_of(trigger.get("params", {}), zone, record.activated_at)
        for trigger in spec.get("triggers", ())
        if trigger["type"] == TYPE and not trigger.get("disabled", False)
    }


def _new_plan(record: WorkflowRecord, trigger: str, rule: Rule, due: float | None) -> Document:
    key = f"{record.uid}/{trigger}"
    return {
        "id": key,
        "uid": record.uid,
        FOLLOWED: record.revision,
        "slot": slot_of(record.uid),
        "tenant": record.tenant,
        "project": record.project,
        "workflow": record.name,
        "trigger": trigger,
        "rule": asdict(rule),
        "due_at": due,
        "fire_at": None if due is None else due + delay(rule, key, due),
        "previous": None,
    }


def _same(known: Mapping[str, Any], rule: Rule) -> bool:
    """Return whether nothing that decides due times changed; `every` counts from the activation."""
    wanted = asdict(rule)
    if rule.every is None:
        return {**known, "activated_at": 0} == {**wanted, "activated_at": 0}
    return dict(known) == wanted
