"""Items of one node run that fail while others do not: by a time-out, for good, or for a while."""

from __future__ import annotations

from typing import Any

import pytest

from alur_sdk.errors import Permanent
from tests.support.virtual_time import in_virtual_time
from tests.unit.executor.world import World, chain, node

NUMBERED = ({"n": 1}, {"n": 2}, {"n": 3})


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
