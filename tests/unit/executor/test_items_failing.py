"""Items of one node run that fail while others do not: by a time-out, for good, or for a while."""

from __future__ import annotations

from typing import Any

import pytest

from alur_common.executions import Execution
from alur_common.executions.content import read_entries
from alur_engine.journal import Finished, decode_entry
from alur_sdk.errors import Permanent, RateLimited, Retryable
from tests.support.virtual_time import in_virtual_time
from tests.unit.executor.world import World, chain, node

NUMBERED = ({"n": 1}, {"n": 2}, {"n": 3})
RETRY = {"attempts": 3, "delay": "PT1S", "factor": 1, "jitter": 0}
NOT_YET = Retryable("not yet")


def _came(output: list[dict[str, Any]]) -> list[Any]:
    """Return for each item what was answered, or the code of its error and what had failed."""
    return [
        (item["error"]["code"], item["item"]["n"]) if "error" in item else item["answer"]
        for item in output
    ]


def _branching(kind: str, **more: Any) -> dict[str, Any]:
    """Return a node whose answers and error items come together again."""
    spec = chain(node("a", kind, onError="branch", **more), node("end", "core.merge"))
    spec["edges"].append({"from": "a", "output": "error", "to": "end"})
    return spec


@pytest.mark.parametrize(("kind", "late"), [("sim.write", [2, 3]), ("sim.read", [2])])
@in_virtual_time
async def test_each_item_leaves_a_node_whose_time_is_over(
    world: World, kind: str, late: list[int]
) -> None:
    world.outside.next.append(None)
    world.outside.hold()
    ended = await world.run(chain(node("a", kind, onError="continue", timeout="PT1S")), *NUMBERED)
    expected = [("timeout", n) if n in late else n for n in (1, 2, 3)]
    assert (ended.status, _came(ended.output)) == ("succeeded", expected)


@in_virtual_time
async def test_what_failed_before_the_time_was_over_keeps_its_error(world: World) -> None:
    world.outside.next = [Permanent("no"), None]
    world.outside.hold()
    ended = await world.run(_branching("sim.write", timeout="PT1S"), *NUMBERED)
    assert _came(ended.output) == [2, ("node-failed", 1), ("timeout", 3)]


@in_virtual_time
async def test_an_item_that_was_not_sent_in_time_says_so(world: World) -> None:
    world.outside.hold()
    ended = await world.run(chain(node("a", onError="continue", timeout="PT1S")), *NUMBERED)
    late = "it took longer than PT1S"
    unsent = f"{late}, before this item had its turn"
    assert [item["error"]["message"] for item in ended.output] == [late, unsent, unsent]
    assert _asked(world) == [1]


@in_virtual_time
async def test_each_item_leaves_a_node_of_another_pool_whose_time_is_over(world: World) -> None:
    spec = chain(node("a", pool="gpu", onError="continue", timeout="PT1S"))
    await world.executor(pools="default")
    ended = await world.rest(await world.start(spec, *NUMBERED))
    assert _came(ended.output) == [("timeout", 1), ("timeout", 2), ("timeout", 3)]


@in_virtual_time
async def test_executions_that_have_ended_are_heard_though_the_time_is_over(world: World) -> None:
    waits = node("wait", "core.wait", params={"for": "PT{{ $json.n * $json.n }}M"})
    world.definitions.add("child", chain(waits, node("a", "sim.read")))
    calls = {"workflow": "child", "mode": "each"}
    call = node("call", "core.workflow", params=calls, onError="continue", timeout="PT2M")
    ended = await world.run(chain(call), *NUMBERED)
    assert _came(ended.output) == [1, ("timeout", 2), ("timeout", 3)]


async def _last(world: World, execution: Execution) -> Finished:
    """Return the last entry of its journal: the end of a node run."""
    batches = await world.journals.read(execution.id)
    *_, last = await read_entries(batches, execution.entries, world.blobs)
    entry = decode_entry(last)
    assert isinstance(entry, Finished)
    return entry


def _asked(world: World) -> list[Any]:
    return [call.body["n"] for call in world.outside.calls]


@pytest.mark.parametrize("kind", ["sim.write", "sim.read"])
@in_virtual_time
async def test_an_item_that_failed_for_good_is_not_tried_again_with_the_others(
    world: World, kind: str
) -> None:
    world.outside.next = [Permanent("no"), NOT_YET, None, NOT_YET]
    ended = await world.run(chain(node("a", kind, onError="continue", retry=RETRY)), *NUMBERED)
    assert (ended.status, _asked(world)) == ("succeeded", [1, 2, 3, 2, 2])
    assert _came(ended.output) == [("node-failed", 1), 2, 3]
    last = await _last(world, ended)
    error = {"code": "node-failed", "message": "no", "node": "a", "item": 0}
    assert (last.attempt, last.error) == (3, error)


@in_virtual_time
async def test_an_item_that_failed_for_good_is_remembered_by_the_next_executor(
    world: World,
) -> None:
    world.outside.next = [Permanent("no"), NOT_YET]
    retry = {"attempts": 2, "delay": "PT1H", "maxDelay": "PT1H", "jitter": 0}
    first = await world.executor()
    spec = _branching("sim.write", retry=retry)
    execution_id = await world.start(spec, *NUMBERED)
    await world.rest(execution_id, "waiting")
    await world.kill(first)
    await world.executor("two")
    ended = await world.rest(execution_id)
    assert (_asked(world), _came(ended.output)) == ([1, 2, 3, 2], [2, 3, ("node-failed", 1)])


@in_virtual_time
async def test_nothing_is_tried_again_for_a_node_that_one_item_failed_for_good(
    world: World,
) -> None:
    held = world.outside.hold()
    world.outside.next.append(Permanent("no"))
    await world.executor()
    spec = chain(node("a", "sim.read", retry=RETRY))
    execution_id = await world.start(spec, *NUMBERED)
    await world.outside.until(2)
    held.set_exception(NOT_YET)
    ended = await world.rest(execution_id)
    assert (ended.status, (ended.error or {})["message"], _asked(world)) == ("failed", "no", [1, 2])


@in_virtual_time
async def test_the_longest_pause_that_an_item_asks_for_is_kept(world: World) -> None:
    world.outside.next = [NOT_YET, RateLimited("slower", 4.5), RateLimited("slow", 2.0)]
    await world.run(chain(node("a", onError="continue", retry=RETRY)), *NUMBERED)
    times = [call.at for call in world.outside.calls]
    assert round(times[3] - times[2], 1) == 4.5
