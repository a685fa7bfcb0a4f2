"""What executions are told by REST: to end, a signal, how a doubt is resolved."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from alur_common.events import ExecutionCompleted, ExecutionNudged
from alur_common.executions import Parent, Status
from tests.unit.gateway.rest import (
    EXECUTIONS,
    START,
    RestWorld,
    saved_world,
    started,
)


@pytest.fixture
async def world(tmp_path: Path) -> RestWorld:
    return await saved_world(tmp_path)


async def test_a_queued_execution_is_cancelled_at_once(world: RestWorld) -> None:
    completed: list[ExecutionCompleted] = []

    async def see(event: ExecutionCompleted) -> None:
        completed.append(event)

    world.bus.subscribe(ExecutionCompleted, "test", see)
    execution_id = await started(world)
    answer = await world.ask("POST", f"{EXECUTIONS}/{execution_id}:cancel", {"reason": "no"})
    assert (answer.status, answer.json["status"], answer.json["reason"]) == (202, "cancelled", "no")
    again = await world.ask("POST", f"{EXECUTIONS}/{execution_id}:cancel")
    assert again.status == 202
    await asyncio.sleep(0)
    assert [event.status for event in completed] == ["cancelled"]
    assert (await world.executions.get(execution_id)).expire_at is not None


async def test_the_parent_of_a_queued_execution_that_is_cancelled_is_told(world: RestWorld) -> None:
    execution_id = await started(world)
    execution = await world.executions.get(execution_id)
    parent = Parent("mother", "call", "", 0, waits=True)
    await world.executions.save(replace(execution, parent=parent))
    await world.ask("POST", f"{EXECUTIONS}/{execution_id}:cancel")
    told = [(message.kind, message.key) for message in await world.inbox.read("mother")]
    assert told == [("child", execution_id)]


async def test_a_running_execution_is_told_to_end(world: RestWorld) -> None:
    nudged: list[str] = []

    async def see(event: ExecutionNudged) -> None:
        nudged.append(event.key)

    world.bus.subscribe(ExecutionNudged, "test", see)
    execution_id = await started(world)
    execution = await world.executions.get(execution_id)
    await world.executions.save(replace(execution, status="running"))
    await world.ask("POST", f"{EXECUTIONS}/{execution_id}:cancel", {"reason": "no"})
    await asyncio.sleep(0)
    (message,) = await world.inbox.read(execution_id)
    assert (message.kind, message.payload, nudged) == ("cancel", {"reason": "no"}, [execution_id])


async def test_what_has_ended_is_neither_cancelled_nor_signalled(world: RestWorld) -> None:
    world.succeed()
    answer = await world.ask("POST", START, {"input": [{}]}, query="wait=5")
    one = f"{EXECUTIONS}/{answer.json['id']}"
    assert (await world.ask("POST", f"{one}:cancel")).json["code"] == "wrong-state"
    assert (await world.ask("POST", f"{one}:signal", {"name": "go"})).status == 409


async def test_a_signal_lies_in_the_inbox(world: RestWorld) -> None:
    execution_id = await started(world)
    body = {"name": "approved", "payload": {"by": "ann"}}
    answer = await world.ask("POST", f"{EXECUTIONS}/{execution_id}:signal", body)
    (message,) = await world.inbox.read(execution_id)
    assert answer.status == 202
    assert (message.kind, message.key, message.payload) == ("signal", "approved", {"by": "ann"})


@pytest.mark.parametrize("status", ["in-doubt", "waiting"])
async def test_a_signal_wakes_only_what_waits_for_it(world: RestWorld, status: Status) -> None:
    """One in doubt that a signal wakes is running for a moment, in which it cannot be resolved."""
    nudged: list[str] = []

    async def on_nudged(event: ExecutionNudged) -> None:
        nudged.append(event.key)

    world.bus.subscribe(ExecutionNudged, "test", on_nudged)
    execution_id = await started(world)
    execution = await world.executions.get(execution_id)
    await world.executions.save(replace(execution, status=status, awaits=["go"]))
    for name, count in (("other", 0), ("go", 1)):
        await world.ask("POST", f"{EXECUTIONS}/{execution_id}:signal", {"name": name})
        await asyncio.sleep(0)
        assert len(nudged) == count
    assert {message.key for message in await world.inbox.read(execution_id)} == {"other", "go"}


async def test_only_what_is_in_doubt_is_resolved(world: RestWorld) -> None:
    execution_id = await started(world)
    body = {"node": "a", "outcome": "done", "output": {"ok": True}}
    resolve = f"{EXECUTIONS}/{execution_id}:resolve"
    assert (await world.ask("POST", resolve, body)).status == 409
    execution = await world.executions.get(execution_id)
    await world.executions.save(replace(execution, status="in-doubt"))
    other = await world.ask("POST", resolve, {**body, "node": "nope"})
    assert (other.status, other.json["errors"][0]["path"]) == (422, "node")
    beyond = await world.ask("POST", resolve, {**body, "item": 9})
    assert (beyond.status, beyond.json["errors"][0]["path"]) == (422, "item")
    assert (await world.ask("POST", resolve, body)).status == 202
    (message,) = await world.inbox.read(execution_id)
    assert (message.key, message.payload["outcome"]) == ("a//", "done")
    assert (await world.ask("POST", resolve, {**body, "item": 0})).status == 202
