"""What a newer revision of a workflow says of its triggers is never undone by one that was read before it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from alur_common.definitions import WorkflowRecord
from alur_common.events import WorkflowVersionPublished
from alur_common.kafka.retrying import is_for_a_while
from alur_common.schedules import SCHEDULES
from alur_common.security.records import Page
from alur_scheduler.domain.collections import LISTENERS
from alur_scheduler.service.following import Following
from alur_scheduler.service.listeners import Listeners
from alur_sdk.errors import NotFoundError
from tests.support.virtual_time import in_virtual_time
from tests.unit.scheduler.test_schedules import World as Firing

TICK, TOPIC = "trigger.schedule", "trigger.kafka"


def record(revision: int, every: str, topic: str, **spec: Any) -> WorkflowRecord:
    triggers = [
        {"name": "tick", "type": TICK, "params": {"every": every, "catchUp": "none"}},
        {"name": "read", "type": TOPIC, "params": {"topic": topic}},
    ]
    document = {"spec": {"triggers": triggers, **spec}}
    return WorkflowRecord("t", "p", "w", "w", revision, document, revision, "", 0.0, 0.0, 0.0)


OLD = record(1, "PT1S", "old")
NEW = record(2, "PT1H", "new")
RESTS = record(2, "PT1S", "old", suspend=True)
BARE = replace(NEW, document={"spec": {"triggers": []}})


class World(Firing):
    """A registry of one workflow; `meanwhile` happens between the answer with a page and its use."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: Callable[[], Awaitable[None]] | None = None

    async def newest(self, tenant: str, project: str, name: str) -> WorkflowRecord:
        return await self.active(tenant, project, name)

    async def all_active(self, after: str | None, limit: int) -> Page[WorkflowRecord]:
        page = Page(list(self.workflows.values()), None)
        if self.meanwhile is not None:
            await self.meanwhile()
        return page

    def following(self) -> Following:
        keepers = (self.firing(), Listeners(self.documents))
        return Following(self, keepers)  # type: ignore[arg-type]  # it is asked for no more

    async def publish(self, now: WorkflowRecord | None) -> None:
        """Have another scheduler hear of it."""
        self.workflows = {} if now is None else {"w": now}
        event = WorkflowVersionPublished("w", "t", "p", "w", deleted=now is None)
        await self.following().on_published(event)

    async def begin_late(self, now: WorkflowRecord | None) -> None:
        """Load a page that is outdated once it is used."""

        async def publish() -> None:
            await self.publish(now)

        self.meanwhile = publish
        await self.following().load()

    async def kept(self) -> list[str]:
        schedules = await self.documents.find(SCHEDULES)
        listeners = await self.documents.find(LISTENERS)
        return [one["rule"]["every"] for one in schedules] + [
            one["params"]["topic"] for one in listeners
        ]


@pytest.fixture
def world() -> World:
    return World()


async def _kept(every: str, topic: str) -> list[str]:
    fresh = World()
    await fresh.publish(record(1, every, topic))
    return await fresh.kept()


@pytest.mark.parametrize("is_known", [True, False], ids=["known before", "new"])
async def test_a_page_read_before_a_publish_does_not_overwrite_it(
    world: World, is_known: bool
) -> None:
    world.workflows["w"] = OLD
    if is_known:
        await world.publish(OLD)
    await world.begin_late(NEW)
    assert await world.kept() == await _kept("PT1H", "new")


@pytest.mark.parametrize("now", [RESTS, BARE, None], ids=["suspended", "bare", "deleted"])
@pytest.mark.parametrize("is_known", [True, False], ids=["known before", "new"])
async def test_a_page_read_before_the_end_of_a_trigger_does_not_bring_it_back(
    world: World, now: WorkflowRecord | None, is_known: bool
) -> None:
    world.workflows["w"] = OLD
    if is_known:
        await world.publish(OLD)
    await world.begin_late(now)
    assert await world.kept() == []
    world.clock.advance(5)
    await world.firing().fire_due()
    assert await world.dues("w") == []


async def test_a_page_read_while_it_rested_does_not_end_what_was_resumed(world: World) -> None:
    await world.publish(replace(RESTS, revision=1))
    await world.begin_late(NEW)
    assert await world.kept() == await _kept("PT1H", "new")


async def test_what_an_older_scheduler_wrote_is_taken_over(world: World) -> None:
    await world.publish(OLD)
    for collection in (SCHEDULES, LISTENERS):
        (one,) = await world.documents.find(collection)
        del one["workflow_revision"]
        await world.documents.replace(collection, one)
    await world.publish(NEW)
    assert await world.kept() == await _kept("PT1H", "new")


async def test_a_revision_that_changes_no_rule_keeps_when_it_is_due(world: World) -> None:
    await world.publish(OLD)
    world.clock.advance(0.5)
    due = (await world.schedule("w"))["fire_at"]
    await world.publish(replace(OLD, revision=2))
    written = await world.schedule("w")
    assert (written["fire_at"], written["workflow_revision"]) == (due, 2)


@pytest.mark.parametrize(
    "now", [RESTS, BARE, replace(OLD, uid="other")], ids=["suspended", "bare", "another"]
)
async def test_what_rests_or_is_gone_is_not_fired_before_that_is_heard_of(
    world: World, now: WorkflowRecord
) -> None:
    await world.publish(OLD)
    world.workflows["w"] = now
    world.clock.advance(5)
    await world.firing().fire_due()
    assert await world.dues("w") == []
    assert await world.documents.find(SCHEDULES) == []


async def test_what_is_remembered_of_a_workflow_that_rested_does_not_end_its_schedule(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    resumed = replace(OLD, revision=3)
    await world.publish(resumed)

    async def remembered(*_: str) -> WorkflowRecord:
        return RESTS

    async def newest(*_: str) -> WorkflowRecord:
        return resumed

    monkeypatch.setattr(world, "active", remembered)
    monkeypatch.setattr(world, "newest", newest)
    world.clock.advance(1)
    await world.firing().fire_due()
    assert len(await world.dues("w")) == 1


async def test_a_workflow_that_is_gone_when_it_is_looked_at_again_is_forgotten(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(*_: str) -> WorkflowRecord:
        raise NotFoundError("there is no workflow w")

    world.workflows["w"] = OLD
    monkeypatch.setattr(world, "newest", gone)
    await world.following().load()
    assert await world.kept() == []


@in_virtual_time
async def test_a_version_that_the_registry_does_not_have_is_tried_later_and_given_up_in_the_end(
    world: World,
) -> None:
    """Its store was restored; what it has is kept, and whoever waits behind the event need not."""
    world.workflows["w"] = OLD
    event = WorkflowVersionPublished("w", "t", "p", "w", version=2)
    with pytest.raises(NotFoundError, match="version 2 of w") as raised:
        await world.following().on_published(event)
    assert not is_for_a_while(raised.value)
    assert await world.kept() == await _kept("PT1S", "old")


@in_virtual_time
async def test_a_version_that_a_registry_sees_a_moment_later_is_waited_for(world: World) -> None:
    world.workflows["w"] = OLD
    event = WorkflowVersionPublished("w", "t", "p", "w", version=2)
    following = asyncio.create_task(world.following().on_published(event))
    await asyncio.sleep(2)
    world.workflows["w"] = NEW
    await following
    assert await world.kept() == await _kept("PT1H", "new")
