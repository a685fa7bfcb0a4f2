"""A person decides about the items of an effect in doubt one by one, and the executor dies between the decisions."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from alur_common.executions import Execution
from tests.support.virtual_time import in_virtual_time
from tests.unit.executor.world import World, chain, node

ITEMS = [{"n": 0}, {"n": 1}]


async def _in_doubt(world: World, **more: Any) -> str:
    """Kill the executor in the first of two calls; return the execution once it rests in doubt."""
    executor = await world.executor()
    world.outside.hold()
    execution_id = await world.start(chain(node("a", inDoubt="ask", **more)), *ITEMS)
    await world.outside.until(1)
    await world.kill(executor)
    executor = await world.executor("two")
    await world.rest(execution_id, "in-doubt")
    return execution_id


async def _decided(world: World, execution_id: str, *decisions: dict[str, Any]) -> Execution:
    """Take these decisions, each by an executor of its own, and return the execution at rest."""
    for number, decision in enumerate(decisions):
        executor = world.now
        assert executor is not None
        await world.kill(executor, executor._parts.worker)
        await world.executor(f"next {number}")
        await world.tell(execution_id, "resolve", str(number), node="a", **decision)
        await asyncio.sleep(10)  # it is in doubt already: it may be so again, or go on
        await world.rest(execution_id, "in-doubt")
    return await world.executions.get(execution_id)


def done(item: int) -> dict[str, Any]:
    return {"item": item, "outcome": "done", "output": {"by": item}}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@in_virtual_time
async def test_the_execution_goes_on_when_each_item_is_decided(
    world: World, order: tuple[int, int]
) -> None:
    execution_id = await _in_doubt(world)
    first = await _decided(world, execution_id, done(order[0]))
    assert (first.status, first.output) == ("in-doubt", None)
    ended = await _decided(world, execution_id, done(order[1]))
    assert (ended.status, ended.output) == ("succeeded", [{"by": 0}, {"by": 1}])
    assert len(world.outside.calls) == 1


@in_virtual_time
async def test_only_what_a_person_says_did_not_happen_is_sent_again(world: World) -> None:
    execution_id = await _in_doubt(world)
    again = {"item": 1, "outcome": "not-done"}
    assert (await _decided(world, execution_id, again)).status == "in-doubt"
    assert len(world.outside.calls) == 1
    ended = await _decided(world, execution_id, done(0))
    assert [call.body["n"] for call in world.outside.calls] == [0, 1]
    assert ended.output == [{"by": 0}, {"n": 1, "answer": 1}]


@in_virtual_time
async def test_an_item_that_a_person_lets_fail_takes_no_other_with_it(world: World) -> None:
    execution_id = await _in_doubt(world, onError="continue")
    failed = {"item": 1, "outcome": "fail"}
    ended = await _decided(world, execution_id, failed, {"item": 0, "outcome": "not-done"})
    assert ended.status == "succeeded"
    first, second = ended.output
    assert first == {"n": 0, "answer": 0}
    assert (second["item"], second["error"]["code"]) == ({"n": 1}, "resolved-as-failed")


@in_virtual_time
async def test_one_item_that_is_done_without_output_goes_on_as_it_came(world: World) -> None:
    execution_id = await _in_doubt(world)
    ended = await _decided(world, execution_id, {"item": 1, "outcome": "done"}, done(0))
    assert ended.output == [{"by": 0}, {"n": 1}]
