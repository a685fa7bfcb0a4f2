"""Waits are durable, end by their node's time-out, and are seen by whoever looks into the store."""

from __future__ import annotations

import asyncio
import gc
import weakref
from typing import Any

import pytest

from alur_executor.service.session import Session
from tests.support.virtual_time import in_virtual_time
from tests.unit.executor.world import World, chain, node


def wait(name: str, **more: Any) -> dict[str, Any]:
    return node(name, "core.wait", params=more.pop("params"), **more)


@pytest.mark.parametrize("params", [{"for": "PT1H"}, {"signal": "approved"}])
@in_virtual_time
async def test_a_wait_fails_by_the_time_out_of_its_node(
    world: World, params: dict[str, str]
) -> None:
    begun = world.clock.now()
    spec = chain(wait("a", params=params, timeout="PT10S"))
    ended = await world.run(spec, {"n": 1})
    assert (ended.status, (ended.error or {})["code"]) == ("failed", "timeout")
    assert 10 <= (ended.finished_at or 0) - begun < 12


@in_virtual_time
async def test_a_wait_that_runs_out_of_time_is_tried_again_as_its_node_says(world: World) -> None:
    begun = world.clock.now()
    retry = {"attempts": 2, "delay": "PT1S"}
    spec = chain(wait("a", params={"signal": "x"}, timeout="PT10S", retry=retry))
    ended = await world.run(spec, {"n": 1})
    assert ended.status == "failed"
    assert (ended.finished_at or 0) - begun > 20


@in_virtual_time
async def test_a_failure_by_time_goes_the_way_of_failures(world: World) -> None:
    spec = chain(wait("a", params={"signal": "x"}, timeout="PT10S", onError="continue"), node("b"))
    ended = await world.run(spec, {"n": 1})
    assert ended.status == "succeeded"


@in_virtual_time
async def test_a_child_that_takes_too_long_fails_its_node(world: World) -> None:
    world.definitions.add("slow", chain(wait("z", params={"for": "PT1H"})))
    call = node("a", "core.workflow", params={"workflow": "slow", "wait": True}, timeout="PT10S")
    ended = await world.run(chain(call), {"n": 1})
    assert (ended.status, (ended.error or {})["code"]) == ("failed", "timeout")


@in_virtual_time
async def test_a_short_wait_goes_on_where_it_was_after_a_death(world: World) -> None:
    executor = await world.executor("one")
    execution_id = await world.start(chain(wait("a", params={"for": "PT4S"})), {"n": 1})
    begun = world.clock.now()
    await asyncio.sleep(2)
    assert (await world.executions.get(execution_id)).status == "waiting"
    await world.kill(executor, "one")
    await world.executor("two")
    ended = await world.rest(execution_id)
    assert (ended.finished_at or 0) - begun < 6


@in_virtual_time
async def test_what_runs_for_a_while_is_in_the_store_for_whoever_looks(world: World) -> None:
    await world.executor()
    world.outside.hold()
    execution_id = await world.start(chain(node("p", "core.set"), node("a", "sim.read")), {"n": 1})
    await asyncio.sleep(1)
    assert (await world.executions.get(execution_id)).status == "running"
    (batch,) = await world.journals.read(execution_id)
    assert [(entry[0], entry[1]) for entry in batch.entries] == [
        ("finished", "p"),
        ("started", "a"),
    ]


@in_virtual_time
async def test_executions_that_wait_leave_nothing_in_memory(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[weakref.ref[Session]] = []
    begin = Session.__init__

    def remembered(session: Session, *given: Any, **named: Any) -> None:
        begin(session, *given, **named)
        seen.append(weakref.ref(session))

    monkeypatch.setattr(Session, "__init__", remembered)
    await world.executor()
    spec = chain(wait("a", params={"signal": "x"}))
    for execution in [await world.start(spec, {"n": n}) for n in range(20)]:
        await world.rest(execution, "waiting")
    gc.collect()
    assert len(seen) >= 20
    assert [session() for session in seen if session() is not None] == []
