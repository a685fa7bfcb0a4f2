"""What a death in mid-run leaves to the next owner: the same ids, keys and contents, and nothing twice that had ended."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from structlog.testing import capture_logs

from alur_common.events import ExecutionNudged
from alur_common.executions import Message
from alur_executor.service.executor import MOST_BREAKS
from alur_sdk.errors import UnavailableError
from tests.simulation.world import Silent
from tests.support.virtual_time import in_virtual_time
from tests.unit.executor.world import World, chain, node

RANDOM = {"body": {"n": "{{ $json.n }}", "drawn": "{{ Math.random() }}"}}


async def _dies_in_call(
    world: World, number: int, spec: dict[str, Any], *items: dict[str, Any]
) -> str:
    """Kill the executor while this call of the outside waits for its answer; return the execution."""
    executor = await world.executor()
    world.outside.next = [None] * (number - 1)
    world.outside.hold()
    execution_id = await world.start(spec, *items)
    await world.outside.until(number)
    await world.kill(executor)
    return execution_id


@in_virtual_time
async def test_an_effect_that_was_cut_off_is_repeated_with_its_key_and_content(
    world: World,
) -> None:
    execution_id = await _dies_in_call(world, 1, chain(node("a", params=RANDOM)), {"n": 1})
    await world.executor("two")
    ended = await world.rest(execution_id)
    first, second = world.outside.calls
    assert (first.key, first.body) == (second.key, second.body)
    assert (ended.status, ended.output) == ("succeeded", [{"n": 1, "answer": 1}])


@in_virtual_time
async def test_an_effect_that_had_ended_is_not_repeated(world: World) -> None:
    execution_id = await _dies_in_call(world, 2, chain(node("a"), node("b")), {"n": 1})
    await world.executor("two")
    assert (await world.rest(execution_id)).status == "succeeded"
    keys = [call.key for call in world.outside.calls]
    assert len(keys) == 3
    assert keys[1] == keys[2] != keys[0]


@in_virtual_time
async def test_items_that_had_come_to_something_are_not_sent_again(world: World) -> None:
    items = [{"n": n} for n in range(3)]
    execution_id = await _dies_in_call(world, 3, chain(node("a")), *items)
    await world.executor("two")
    ended = await world.rest(execution_id)
    assert [call.body["n"] for call in world.outside.calls] == [0, 1, 2, 2]
    assert [item["answer"] for item in ended.output] == [0, 1, 2]


@in_virtual_time
async def test_nothing_goes_out_before_its_intent_is_durable(world: World) -> None:
    durable: list[int] = []
    world.outside.on_call = lambda _: durable.append(len(world.journal()))
    await world.run(chain(node("a"), node("b")), {"n": 1})
    assert durable == [1, 3]  # the intent of a; its result and the intent of b


@in_virtual_time
async def test_an_owner_that_was_replaced_stops_and_writes_nothing(world: World) -> None:
    execution_id, held = await world.replaced()
    ended = await world.rest(execution_id)
    with capture_logs() as logs:
        held.set_result(None)
        await asyncio.sleep(5)
    assert await world.executions.get(execution_id) == ended
    assert [log["event"] for log in logs] == ["execution belongs to another"]
    assert len(world.outside.calls) == 3


@pytest.mark.parametrize(
    ("outcome", "status", "calls"),
    [("done", "succeeded", 1), ("not-done", "succeeded", 2), ("fail", "failed", 1)],
)
@in_virtual_time
async def test_a_person_decides_about_what_asks(
    world: World, outcome: str, status: str, calls: int
) -> None:
    execution_id = await _dies_in_call(world, 1, chain(node("a", inDoubt="ask")), {"n": 1})
    await world.executor("two")
    await world.rest(execution_id, "in-doubt")
    payload = {"node": "a", "outcome": outcome, "output": {"by": "hand"}}
    await world.tell(execution_id, "resolve", "1", **payload)
    ended = await world.rest(execution_id)
    assert (ended.status, len(world.outside.calls)) == (status, calls)
    assert outcome != "done" or ended.output == [{"by": "hand"}]


@in_virtual_time
async def test_while_a_person_has_to_decide_all_else_of_the_execution_rests(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[str] = []
    monkeypatch.setattr(Silent, "in_doubt", lambda _: counted.append("in doubt"))
    pause = node("pause", "core.wait", params={"for": "PT1H"})
    spec = chain(pause, node("after", params={"body": {"n": 2}}))
    spec["nodes"].insert(0, node("a", inDoubt="ask"))
    execution_id = await _dies_in_call(world, 1, spec, {"n": 1})
    await world.executor("two")
    await world.rest(execution_id, "in-doubt")
    for _ in range(3):
        await asyncio.sleep(3600)
        await world.recovery.wake_due()
    assert (await world.executions.get(execution_id)).status == "in-doubt"
    assert len(counted) == 1
    await world.tell(execution_id, "resolve", "1", node="a", outcome="done", output={})
    assert (await world.rest(execution_id)).status == "succeeded"
    assert len(world.outside.calls) == 2


@pytest.mark.parametrize("outcome", ["done", "fail"])
@in_virtual_time
async def test_what_a_person_decided_is_not_asked_again(world: World, outcome: str) -> None:
    hold = node("hold", "core.wait", params={"signal": "go"})
    spec = chain(node("a", inDoubt="ask", onError="continue"), hold)
    execution_id = await _dies_in_call(world, 1, spec, {"n": 1})
    await world.executor("two")
    await world.rest(execution_id, "in-doubt")
    payload = {"node": "a", "outcome": outcome, "output": {"by": "hand"}}
    await world.tell(execution_id, "resolve", "1", **payload)
    await world.rest(execution_id, "waiting")
    await world.tell(execution_id, "signal", "go", n=2)
    assert (await world.rest(execution_id, "in-doubt")).status == "succeeded"


@in_virtual_time
async def test_a_signal_that_nobody_waits_for_wakes_nobody(world: World) -> None:
    await world.executor()
    spec = chain(node("hold", "core.wait", params={"signal": "go"}))
    execution_id = await world.start(spec, {"n": 1})
    before = await world.rest(execution_id, "waiting")
    assert before.awaits == ["go"]
    await world.inbox.put(Message(execution_id, "signal", "typo", {}))
    assert await world.recovery.nudge() == 0
    await asyncio.sleep(60)
    assert await world.executions.get(execution_id) == before
    await world.inbox.put(Message(execution_id, "signal", "go", {}))
    assert await world.recovery.nudge() == 1
    assert (await world.rest(execution_id)).status == "succeeded"


@in_virtual_time
async def test_what_is_out_of_reach_for_a_while_is_waited_for(world: World) -> None:
    world.definitions.failures = [UnavailableError("the registry restarts")] * 20
    ended = await world.run(chain(node("a")), {"n": 1})
    assert ended.status == "succeeded"


@in_virtual_time
async def test_a_session_that_breaks_again_and_again_fails_its_execution(world: World) -> None:
    world.definitions.failures = [RuntimeError("a fault of ours")] * (MOST_BREAKS + 1)
    ended = await world.run(chain(node("a")), {"n": 1})
    assert (ended.status, (ended.error or {})["code"]) == ("failed", "internal")


@in_virtual_time
async def test_a_stop_hands_back_what_does_not_end_in_time(world: World) -> None:
    executor = await world.executor("one", drain_seconds=2.0)
    world.outside.hold()
    execution_id = await world.start(chain(node("a")), {"n": 1})
    await asyncio.sleep(0.1)
    await executor.stop()
    await world.executor("two")
    assert (await world.rest(execution_id)).status == "succeeded"
    assert len({call.key for call in world.outside.calls}) == 1


@in_virtual_time
async def test_a_stop_lets_end_what_ends_in_time(world: World) -> None:
    executor = await world.executor()
    held = world.outside.hold()
    execution_id = await world.start(chain(node("a")), {"n": 1})
    asyncio.get_running_loop().call_later(1, held.set_result, None)
    await asyncio.sleep(0.1)
    await executor.stop()
    assert (await world.executions.get(execution_id)).status == "succeeded"
    assert len(world.outside.calls) == 1


@in_virtual_time
async def test_a_stop_begins_no_node_that_could_not_end_so_that_none_is_repeated(
    world: World,
) -> None:
    executor = await world.executor("one", drain_seconds=8.0)
    held = [world.outside.hold() for _ in range(2)]
    execution_id = await world.start(chain(node("a"), node("b"), node("c")), {"n": 1})
    loop = asyncio.get_running_loop()
    loop.call_later(0.5, held[0].set_result, None)
    loop.call_later(7, held[1].set_result, None)
    await asyncio.sleep(0.1)
    await executor.stop()
    assert loop.time() < 8
    assert len(world.outside.calls) == 2
    await world.executor("two")
    assert (await world.rest(execution_id)).status == "succeeded"
    assert len({call.key for call in world.outside.calls}) == len(world.outside.calls) == 3


@in_virtual_time
async def test_a_stop_waits_for_no_request_whose_turn_has_not_come(world: World) -> None:
    executor = await world.executor("one", drain_seconds=8.0)
    world.outside.in_turn.append(world.outside.hold())
    execution_id = await world.start(chain(node("a"), node("b")), {"n": 1})
    await asyncio.sleep(0.1)
    await executor.stop()
    assert asyncio.get_running_loop().time() < 2
    await world.executor("two")
    assert (await world.rest(execution_id)).status == "succeeded"
    assert len({call.key for call in world.outside.calls}) == 2


@in_virtual_time
async def test_a_cancellation_reaches_what_runs_while_its_executor_stops(world: World) -> None:
    executor = await world.executor("one", drain_seconds=8.0)
    world.outside.hold()
    execution_id = await world.start(chain(node("a"), node("b")), {"n": 1})
    await world.outside.until(1)
    stopping = asyncio.create_task(executor.stop())
    await asyncio.sleep(3)
    await world.inbox.put(Message(execution_id, "cancel", "", {}))
    await executor.on_nudged(ExecutionNudged(execution_id, "t"))
    await stopping
    assert (await world.executions.get(execution_id)).status == "cancelled"
    assert asyncio.get_running_loop().time() < 4


@in_virtual_time
async def test_a_stop_waits_in_memory_for_nothing_that_another_can_wait_for(world: World) -> None:
    executor = await world.executor("one", drain_seconds=8.0)
    wait = {"name": "w", "type": "core.wait", "params": {"for": "PT4S"}}
    execution_id = await world.start(chain(node("a"), wait, node("b")), {"n": 1})
    await world.outside.until(1)
    loop = asyncio.get_running_loop()
    await asyncio.sleep(0.1)
    begun = loop.time()
    await executor.stop()
    assert loop.time() - begun < 3
    await world.executor("two")
    assert (await world.rest(execution_id)).status == "succeeded"
    assert len(world.outside.calls) == 2
