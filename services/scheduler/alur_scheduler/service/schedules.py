"""Schedules: each due time starts one execution, whatever dies in between."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import structlog

from alur_common.clock import Clock
from alur_common.definitions import WorkflowRecord
from alur_common.documents.port import Document, Documents, Where
from alur_common.schedules import SCHEDULES
from alur_common.security.records import rfc3339
from alur_common.starts import StartRequest, Starts
from alur_common.telemetry.tracing import NOTHING
from alur_scheduler.domain.due import Rule, delay, dues, next_due, rule_of, to_fire
from alur_scheduler.ports import Definitions, Meter, Tracing
from alur_sdk.errors import ConflictError, InvalidError, NotFoundError

TYPE = "trigger.schedule"
PAGE = 200


class Schedules:
    """Keeps one document for each schedule: when it is due next. It moves on after the start is durable."""

    def __init__(
        self,
        documents: Documents,
        definitions: Definitions,
        starts: Starts,
        *,
        clock: Clock,
        meter: Meter,
        tracing: Tracing | None = None,
    ) -> None:
        self._documents = documents
        self._definitions = definitions
        self._starts = starts
        self._clock = clock
        self._meter = meter
        self._tracing = tracing
        self.running_since = clock.now()
        """Since when nothing is missed: what was due before is made up for as its trigger says."""

    async def sync(self, record: WorkflowRecord) -> None:
        """Plan what is new or changed, and forget what is gone or rests."""
        wanted = {} if record.is_suspended else _rules(record)
        await self.remove(record.uid, keep=frozenset(wanted))
        for trigger, rule in wanted.items():
            await self._plan(record, trigger, rule)

    async def _plan(self, record: WorkflowRecord, trigger: str, rule: Rule) -> None:
        key = f"{record.uid}/{trigger}"
        known = await self._documents.find_one(SCHEDULES, key)
        if known is not None and _same(known["rule"], rule):
            return
        try:
            due = next_due(rule, self._clock.now())
        except InvalidError as error:
            structlog.get_logger("alur.scheduler").warning(
                "schedule not planned",
                workflow_id=record.uid,
                trigger=trigger,
                reason=error.message,
            )
            return
        document: Document = {
            "id": key,
            "uid": record.uid,
            "tenant": record.tenant,
            "project": record.project,
            "workflow": record.name,
            "trigger": trigger,
            "rule": asdict(rule),
            "due_at": due,
            "fire_at": None if due is None else due + delay(rule, key, due),
            "previous": None,
        }
        if known is None:
            await self._documents.insert(SCHEDULES, document)
        else:
            await self._documents.replace(SCHEDULES, document, at_revision=known["revision"])

    async def remove(self, uid: str, keep: frozenset[str] = frozenset()) -> None:
        """Forget the schedules of a workflow but those of these triggers. Safe to repeat."""
        for schedule in await self._documents.find(SCHEDULES, [Where("uid", "eq", uid)]):
            if schedule["trigger"] not in keep:
                await self._documents.delete(SCHEDULES, schedule["id"])

    async def fire_due(self) -> float | None:
        """Start what is due; return when the next one is, or None. A repeat starts nothing twice."""
        while True:
            now = self._clock.now()
            where = [Where("fire_at", "lte", now)]
            found = await self._documents.find(SCHEDULES, where, sort=("fire_at",), limit=PAGE)
            for schedule in found:
                await self._fire(schedule, now)
            if len(found) < PAGE:
                break
        upcoming = await self._documents.find(
            SCHEDULES, [Where("fire_at", "gt", 0)], sort=("fire_at",), limit=1
        )
        return upcoming[0]["fire_at"] if upcoming else None

    async def _fire(self, schedule: Document, now: float) -> None:
        self._meter.drift(now - schedule["fire_at"])
        rule = Rule(**schedule["rule"])
        times = list(dues(rule, schedule["due_at"], now))
        try:
            record = await self._definitions.active(
                schedule["tenant"], schedule["project"], schedule["workflow"]
            )
        except NotFoundError:
            await self._documents.delete(SCHEDULES, schedule["id"])
            return
        previous = schedule["previous"]
        for due in to_fire(rule, times, self.running_since):
            await self._start(record, schedule["trigger"], due, previous)
            previous = due
        following = next_due(rule, times[-1] if times else now)
        moved = {
            **schedule,
            "previous": previous,
            "due_at": following,
            "fire_at": None
            if following is None
            else following + delay(rule, schedule["id"], following),
        }
        try:
            await self._documents.replace(SCHEDULES, moved, at_revision=schedule["revision"])
        except (ConflictError, NotFoundError):
            return  # it was changed or removed meanwhile: what is written there holds

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


def _same(known: Mapping[str, Any], rule: Rule) -> bool:
    """Return whether nothing that decides due times changed; `every` counts from the activation."""
    wanted = asdict(rule)
    if rule.every is None:
        return {**known, "activated_at": 0} == {**wanted, "activated_at": 0}
    return dict(known) == wanted
