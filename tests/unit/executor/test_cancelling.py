"""What a cancellation, a time-out or a failure beside it leaves of what ran: its history, and its children."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from alur_common.executions import Execution, Message
from alur_common.executions.content import read_entries
from alur_engine.document import Spec
from alur_engine.graph import build_graph
from alur_engine.history import rebuild, summary
from alur_sdk.errors import Permanent
from tests.simulation import world as simulated
from tests.support.virtual_time import in_virtual_time
from tests.unit.executor.world import World, chain, node


async def rows(world: World, ended: Execution, spec: dict[str, Any]) -> dict[str, Any]:
    """Return the rows of its history by name."""
    batches = await world.journals.read(ended.id)
    entries = await read_entries(batches, ended.entries, world.blobs)
    graph = build_graph(Spec.model_validate(spec), simulated.catalogue())
    state = rebuild(graph, [{"n": 1}], entries)
    return {row["name"]: row for row in summary(state, has_ended=True)}


def beside(spec: dict[str, Any], failing: dict[str, Any]) -> dict[str, Any]:
    """Return the workflow with a node that begins beside it."""
    return {**spec, "nodes": [*spec["nodes"], failing]}


@in_virtual_time
async def test_a_read_that_was_cancelled_at_once_says_when_it_began(world: World) -> None:
    await world.executor()
    world.outside.hold()
    spec = chain(node("look", "sim.read"))
    execution_id = await world.start(spec, {"n": 1})
    await world.outside.until(1)
    await world.tell(execution_id, "cancel", "cancel")
    ended = await world.rest(execution_id)
    look = (await rows(world, ended, spec))["look"]
    assert (ended.status, look["status"], look["attempts"]) == ("cancelled", "cancelled", 1)
    assert look["startedAt"] is not None


@in_virtual_time
async def test_a_read_beside_what_fails_says_when_it_began(world: World) -> None:
    world.outside.hold()
    world.outside.next.append(Permanent("no"))
    spec = beside(chain(node("look", "sim.read")), node("fail", "sim.read"))
    ended = await world.run(spec, {"n": 1})
    found = await rows(world, ended, spec)
    assert {name: (row["status"], row["attempts"]) for name, row in found.items()} == {
        "look": ("cancelled", 1),
        "fail": ("failed", 1),
    }
    assert found["look"]["startedAt"] is not None


CHILD = chain(node("inner", "sim.read"), node("act"))
CALL = node("call", "core.workflow", params={"workflow": "child"})


async def _calling(world: World, spec: dict[str, Any], calls: int = 1) -> str:
    """Start it; return its execution once so many of its reads outside are held."""
    world.definitions.add("child", CHILD)
    await world.executor()
    for _ in range(calls):
        world.outside.hold()
    execution_id = await world.start(spec, {"n": 1}, {"n": 2})
    await world.outside.until(calls)
    return execution_id


async def _children(world: World) -> list[tuple[str, str | None]]:
    await asyncio.sleep(60)
    return [(child.status, child.reason) for child in await world.all("child")]


def _left(parent: str) -> tuple[str, str]:
    return ("cancelled", f"execution {parent} waits for it no longer")


@in_virtual_time
async def test_cancelling_reaches_the_executions_that_are_waited_for(world: World) -> None:
    each = node("call", "core.workflow", params={"workflow": "child", "mode": "each"})
    parent = await _calling(world, chain(each), 2)
    await world.rest(parent, "waiting")
    await world.tell(parent, "cancel", "", reason="by hand")
    assert (await world.rest(parent)).status == "cancelled"
    assert await _children(world) == [_left(parent)] * 2
    assert len(world.outside.calls) == 2


@in_virtual_time
async def test_cancelling_reaches_what_the_other_workflow_waits_for(world: World) -> None:
    world.definitions.add("middle", chain(CALL))
    outer = node("outer", "core.workflow", params={"workflow": "middle"})
    parent = await _calling(world, chain(outer), 2)
    await world.rest(parent, "waiting")
    await world.tell(parent, "cancel", "")
    await world.rest(parent)
    (middle,) = await world.all("middle")
    assert await _children(world) == [_left(middle.id)]


@pytest.mark.parametrize("policy", ["stop", "continue"])
@in_virtual_time
async def test_a_time_out_of_the_node_reaches_them(world: World, policy: str) -> None:
    parent = await _calling(world, chain({**CALL, "timeout": "PT30S", "onError": policy}), 2)
    assert (await world.rest(parent)).status == ("failed" if policy == "stop" else "succeeded")
    assert await _children(world) == [_left(parent)]


@in_virtual_time
async def test_a_time_out_that_is_tried_again_waits_for_the_same_ones(world: World) -> None:
    retry = {"attempts": 2, "delay": "PT1S"}
    parent = await _calling(world, chain({**CALL, "timeout": "PT30S", "retry": retry}), 2)
    await asyncio.sleep(40)
    assert [child.status for child in await world.all("child")] == ["running"]
    await world.rest(parent)
    assert await _children(world) == [_left(parent)]


@in_virtual_time
async def test_a_time_out_of_the_execution_reaches_them(world: World) -> None:
    parent = await _calling(world, chain(CALL, settings={"timeout": "PT30S"}), 2)
    assert (await world.rest(parent)).status == "failed"
    assert await _children(world) == [_left(parent)]


@in_virtual_time
async def test_a_failure_beside_the_node_reaches_them(world: World) -> None:
    pause = node("pause", "core.wait", params={"for": "PT30S"})
    halt = node("halt", "core.stop", params={"message": "no"})
    spec = chain(pause, halt)
    parent = await _calling(world, beside(spec, CALL), 2)
    assert (await world.rest(parent)).status == "failed"
    assert await _children(world) == [_left(parent)]


@in_virtual_time
async def test_what_is_not_waited_for_goes_on(world: World) -> None:
    loose = node("call", "core.workflow", params={"workflow": "child", "wait": False})
    hold = node("hold", "core.wait", params={"signal": "go"})
    parent = await _calling(world, chain(loose, hold), 2)
    await world.rest(parent, "waiting")
    await world.tell(parent, "cancel", "")
    await world.rest(parent)
    assert await _children(world) == [("running", None)]


@in_virtual_time
async def test_it_reaches_one_that_is_started_just_then(world: World) -> None:
    world.definitions.add("child", CHILD)
    await world.executor()
    accept, begun = world.executions.accept, asyncio.Event()

    async def slow(execution: Execution) -> Execution:
        if execution.workflow == "child":
            begun.set()
            await asyncio.sleep(5)
        return await accept(execution)

    world.executions.accept = slow  # type: ignore[method-assign]  # a store that takes its time
    parent = await world.start(chain(CALL), {"n": 1})
    await begun.wait()
    await world.tell(parent, "cancel", "")
    assert (await world.rest(parent)).status == "cancelled"
    assert await _children(world) == [_left(parent)]


@in_virtual_time
async def test_it_reaches_one_that_was_started_as_the_parent_died(world: World) -> None:
    executor = await world.executor()
    world.definitions.add("child", CHILD)
    accept, accepted = world.executions.accept, asyncio.Event()

    async def unheard(execution: Execution) -> Execution:
        known = await accept(execution)
        if execution.workflow == "child":
            accepted.set()
            await asyncio.sleep(100)
        return known

    world.executions.accept = unheard  # type: ignore[method-assign]  # the moment in between
    parent = await world.start(chain(CALL), {"n": 1})
    await accepted.wait()
    await world.kill(executor)
    world.executions.accept = accept  # type: ignore[method-assign]  # as before
    await world.inbox.put(Message(parent, "cancel", "", {}))
    await world.executor("two")
    assert (await world.rest(parent)).status == "cancelled"
    assert await _children(world) == [_left(parent)]


@in_virtual_time
async def test_an_owner_that_dies_before_it_told_them_leaves_that_to_the_next(world: World) -> None:
    parent = await _calling(world, chain(CALL), 2)
    await world.rest(parent, "waiting")
    executor, put, told = world.now, world.inbox.put, asyncio.Event()
    assert executor is not None

    async def never(message: Message) -> None:
        if message.execution != parent:
            told.set()
            await asyncio.sleep(100)
        await put(message)

    world.inbox.put = never  # type: ignore[method-assign]  # it dies before it could
    await world.tell(parent, "cancel", "")
    await told.wait()
    await world.kill(executor)
    world.inbox.put = put  # type: ignore[method-assign]  # as before
    await world.executor("two")
    assert (await world.rest(parent)).status == "cancelled"
    assert await _children(world) == [_left(parent)]
