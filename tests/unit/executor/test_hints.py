"""A message reaches its execution though the hint that it lies there is lost; a hint makes nobody run more than he may."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from alur_common.executions import Message
from tests.support.virtual_time import in_virtual_time
from tests.unit.executor.world import World, chain, node

HINTS_SECONDS = 120
"""Within so long a scheduler tells of what lies unread."""


async def _looks(world: World, seconds: int) -> None:
    for _ in range(0, seconds, 5):
        await asyncio.sleep(5)
        await world.recovery.nudge()


@in_virtual_time
async def test_a_cancellation_reaches_what_runs_though_its_hint_was_lost(world: World) -> None:
    await world.executor()
    world.outside.hold()
    execution_id = await world.start(chain(node("a")), {"n": 1})
    await world.outside.until(1)
    await asyncio.sleep(1)
    await world.inbox.put(Message(execution_id, "cancel", "", {"reason": "enough"}))
    await _looks(world, HINTS_SECONDS)
    assert (await world.executions.get(execution_id)).status == "cancelled"


@in_virtual_time
async def test_a_signal_reaches_a_wait_beside_a_long_branch_though_its_hint_was_lost(
    world: World,
) -> None:
    await world.executor()
    world.outside.hold()
    wait = node("wait", "core.wait", params={"signal": "go"})
    spec = {
        "nodes": [node("long"), wait, node("after")],
        "edges": [{"from": "wait", "to": "after"}],
    }
    execution_id = await world.start(spec, {"n": 1})
    await world.outside.until(1)
    await asyncio.sleep(1)
    await world.inbox.put(Message(execution_id, "signal", "go", {"n": 2}))
    await _looks(world, HINTS_SECONDS)
    assert [call.body["n"] for call in world.outside.calls] == [1, 2]


@in_virtual_time
async def test_a_signal_that_what_runs_does_not_wait_for_is_told_of_now_and_then_only(
    world: World,
) -> None:
    await world.executor()
    world.outside.hold()
    execution_id = await world.start(chain(node("a")), {"n": 1})
    await world.outside.until(1)
    await asyncio.sleep(1)
    await world.inbox.put(Message(execution_id, "signal", "typo", {}))
    told = 0
    for _ in range(600):
        await asyncio.sleep(1)
        told += await world.recovery.nudge()
    assert 0 < told <= 16


@in_virtual_time
async def test_a_signal_that_comes_again_before_the_first_is_removed_ends_the_next_wait(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.executor()
    spec = chain(*(node(name, "core.wait", params={"signal": "next"}) for name in ("one", "two")))
    execution_id = await world.start(spec, {"n": 0})
    await world.rest(execution_id, "waiting")
    read = world.inbox.read

    async def just_after(key: str) -> list[Message]:
        monkeypatch.setattr(world.inbox, "read", read)
        found = await read(key)
        await world.tell(execution_id, "signal", "next", n=2)
        return found

    monkeypatch.setattr(world.inbox, "read", just_after)
    await world.tell(execution_id, "signal", "next", n=1)
    ended = await world.rest(execution_id)
    assert (ended.status, ended.output) == ("succeeded", [{"n": 2}])
    assert await world.inbox.read(execution_id) == []


TWO = chain(*(node(name, "core.wait", params={"signal": "next"}) for name in ("one", "two")))


@pytest.mark.parametrize("step", ["mark", "remove"])
@in_virtual_time
async def test_a_signal_whose_taker_dies_ends_one_wait_and_no_other(
    world: World, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """After it said who takes it, and after its effect was durable."""
    executor = await world.executor()
    execution_id = await world.start(TWO, {"n": 0})
    await world.rest(execution_id, "waiting")
    real, reached = getattr(world.inbox, step), asyncio.Event()

    async def dies(*given: Any) -> None:
        if step == "mark":
            await real(*given)
        reached.set()
        await asyncio.Event().wait()

    with monkeypatch.context() as patched:
        patched.setattr(world.inbox, step, dies)
        await world.tell(execution_id, "signal", "next", n=1)
        await reached.wait()
        await world.kill(executor)
    await world.executor("two")
    assert (await world.rest(execution_id, "waiting")).status == "waiting"
    await world.tell(execution_id, "signal", "next", n=2)
    ended = await world.rest(execution_id)
    assert (ended.status, ended.output) == ("succeeded", [{"n": 2}])
    assert await world.inbox.read(execution_id) == []


async def _waiting(world: World, count: int) -> list[str]:
    spec = chain(node("wait", "core.wait", params={"signal": "go"}), node("after"))
    waiting = [await world.start(spec, {"n": n}) for n in range(count)]
    for execution_id in waiting:
        await world.rest(execution_id, "waiting")
    return waiting


@pytest.mark.parametrize("limit", ["executions", "tenant_executions"])
@in_virtual_time
async def test_hints_bring_no_more_into_memory_than_may_be_there(world: World, limit: str) -> None:
    capacity: dict[str, Any] = {limit: 2}
    executor = await world.executor(**capacity)
    waiting = await _waiting(world, 10)
    held = [world.outside.hold() for _ in waiting]
    for execution_id in waiting:
        await world.tell(execution_id, "signal", "go", n=1)
    await asyncio.sleep(1)
    assert len(executor._sessions) == 2
    for each in held:
        each.set_result(None)
    ended = [(await world.rest(execution_id)).status for execution_id in waiting]
    assert ended == ["succeeded"] * 10


@in_virtual_time
async def test_a_hint_reaches_what_runs_though_there_is_no_room(world: World) -> None:
    await world.executor(executions=1)
    world.outside.hold()
    execution_id = await world.start(chain(node("a")), {"n": 1})
    await world.outside.until(1)
    await world.tell(execution_id, "cancel", "")
    await asyncio.sleep(1)
    assert (await world.executions.get(execution_id)).status == "cancelled"


@in_virtual_time
async def test_what_is_cancelled_before_it_begins_does_nothing(world: World) -> None:
    execution_id = await world.start(chain(node("a")), {"n": 1})
    await world.executor()
    await world.tell(execution_id, "cancel", "", reason="enough")
    ended = await world.rest(execution_id)
    assert (ended.status, ended.reason) == ("cancelled", "enough")
    assert world.outside.calls == []


@in_virtual_time
async def test_what_is_cancelled_while_it_waits_for_room_does_nothing(world: World) -> None:
    await world.executor(executions=1)
    held = world.outside.hold()
    first, second = [await world.start(chain(node("a")), {"n": n}) for n in range(2)]
    await world.outside.until(1)
    await world.tell(second, "cancel", "")
    held.set_result(None)
    ended = [(await world.rest(one)).status for one in (first, second)]
    assert ended == ["succeeded", "cancelled"]
    assert len(world.outside.calls) == 1
