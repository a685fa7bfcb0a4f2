"""Nodes that name a pool: they run where it is served, once, as if they had run beside the others."""

from __future__ import annotations

import asyncio

import pytest

from alur_common.definitions import VersionRecord
from alur_common.pools import Pools
from alur_engine.catalogue import Catalogue, NodeType
from alur_engine.expressions import Evaluator
from alur_executor.domain.programs import compile_program
from alur_sdk.errors import Permanent, Retryable
from alur_sdk.items import Item
from alur_sdk.nodes import Effect, ItemNode, NodeContext, Params
from tests.support.virtual_time import in_virtual_time
from tests.unit.executor.pooling import gpu, nothing_is_left, owner, ran, serving
from tests.unit.executor.world import World, chain, node


@in_virtual_time
async def test_a_node_of_a_pool_runs_there_and_its_execution_goes_on(world: World) -> None:
    ended = await ran(world, chain(gpu(), node("b")), {"n": 1})
    assert (ended.status, ended.output) == ("succeeded", [{"n": 1, "answer": 1}])
    assert len({call.key for call in world.outside.calls}) == 2
    assert await nothing_is_left(world, ended)


@in_virtual_time
async def test_an_executor_that_serves_the_pool_makes_no_detour(world: World) -> None:
    await world.executor(pools="default,gpu")
    ended = await world.rest(await world.start(chain(gpu(), node("b")), {"n": 1}))
    assert (ended.status, ended.epoch) == ("succeeded", 1)


@in_virtual_time
async def test_keys_and_contents_are_those_of_a_run_without_a_pool(world: World) -> None:
    execution_id = "0190a000-0000-7000-8000-000000000001"
    other = World()
    await other.executor()
    await other.rest(await other.start(chain(node("a")), {"n": 1}, id=execution_id))
    await owner(world)
    await serving(world)
    await world.rest(await world.start(chain(gpu()), {"n": 1}, id=execution_id))
    (here,), (there,) = other.outside.calls, world.outside.calls
    assert (here.key, here.body) == (there.key, there.body)


@in_virtual_time
async def test_what_the_node_sees_of_its_execution_is_the_same_there(world: World) -> None:
    seen = {"fields": {"of": "{{ $node('first').item.json.n }}", "all": "{{ $items.length }}"}}
    first = node("first", "core.set", params={"fields": {"n": "{{ $json.n + 1 }}"}})
    world.definitions.values = {"V": "7"}
    seen["fields"]["var"] = "{{ $vars.V }}"
    ended = await ran(world, chain(first, gpu("a", "core.set", params=seen)), {"n": 1}, {"n": 2})
    assert ended.output == [
        {"n": 2, "of": 2, "all": 2, "var": "7"},
        {"n": 3, "of": 3, "all": 2, "var": "7"},
    ]


@in_virtual_time
async def test_a_node_that_nobody_serves_waits_and_runs_once_somebody_does(world: World) -> None:
    executor = await owner(world)
    execution_id = await world.start(chain(gpu()), {"n": 1})
    waiting = await world.rest(execution_id, "waiting")
    await asyncio.sleep(3600)
    assert (waiting.owner, executor._sessions, world.outside.calls) == (None, {}, [])
    await serving(world)
    assert (await world.rest(execution_id)).status == "succeeded"


class Render(ItemNode[Params]):
    """A node type that names a pool."""

    label = "Render"
    effect = Effect.PURE
    pool = "gpu"

    def run_item(self, params: Params, item: Item, ctx: NodeContext) -> Item:
        return item


@pytest.mark.parametrize(
    ("written", "served", "travels"),
    [({}, "default", "gpu"), ({"pool": "browser"}, "gpu", "browser"), ({}, "default,gpu", None)],
)
def test_a_node_type_names_the_pool_of_nodes_that_name_none(
    written: dict[str, str], served: str, travels: str | None
) -> None:
    spec = {"nodes": [{"name": "a", "type": "my.render", **written}]}
    version = VersionRecord("t", "p", "w", "u", 1, {"spec": spec}, 0.0)
    types = Catalogue({"my.render": NodeType("my.render", pool=Render.pool)})
    pools = Pools.parse(served)
    program = compile_program(version, types, lambda _: Render, Evaluator(), pools)
    assert [step.pool for step in program.steps if step is not None] == [travels]


@in_virtual_time
async def test_an_executor_of_another_pool_leaves_it_alone(world: World) -> None:
    await owner(world)
    await serving(world, "web-1", "browser")
    await world.start(chain(gpu()), {"n": 1})
    await asyncio.sleep(100)
    assert world.outside.calls == []


@in_virtual_time
async def test_a_failure_is_tried_again_as_the_policy_says(world: World) -> None:
    world.outside.next = [Retryable("busy"), Retryable("busy")]
    retry = {"attempts": 3, "delay": "PT10S", "jitter": 0}
    ended = await ran(world, chain(gpu(retry=retry)), {"n": 1})
    times = [call.at for call in world.outside.calls]
    assert (ended.status, len({call.key for call in world.outside.calls})) == ("succeeded", 1)
    assert times[1] - times[0] >= 10
    assert times[2] - times[1] >= 20


@in_virtual_time
async def test_a_failure_fails_the_execution_with_its_node(world: World) -> None:
    world.outside.next = [Permanent("no")]
    ended = await ran(world, chain(gpu(), node("b")), {"n": 1})
    assert ended.status == "failed"
    assert ended.error == {"code": "node-failed", "message": "no", "node": "a"}


@in_virtual_time
async def test_parameters_that_cannot_be_evaluated_fail_their_items_alone(world: World) -> None:
    params = {"body": {"n": "{{ $json.a.b }}"}}
    spec = chain(gpu(params=params, onError="continue"))
    ended = await ran(world, spec, {"a": {"b": 1}}, {"a": None})
    assert ended.output[0]["answer"] == 1
    assert ended.output[1]["error"]["node"] == "a"


@in_virtual_time
async def test_the_time_of_the_node_ends_what_nobody_serves_and_what_runs(world: World) -> None:
    await owner(world)
    execution_id = await world.start(chain(gpu(timeout="PT30S")), {"n": 1})
    assert ((await world.rest(execution_id)).error or {})["code"] == "timeout"
    await serving(world)
    world.outside.hold()
    ended = await world.rest(await world.start(chain(gpu(timeout="PT30S")), {"n": 1}))
    assert (ended.status, (ended.error or {})["code"]) == ("failed", "timeout")
    assert await nothing_is_left(world, ended)


@in_virtual_time
async def test_what_is_cancelled_stops_where_it_runs(world: World) -> None:
    await owner(world)
    made = await serving(world)
    world.outside.hold()
    execution_id = await world.start(chain(gpu()), {"n": 1})
    await world.outside.until(1)
    await world.tell(execution_id, "cancel", "cancel")
    ended = await world.rest(execution_id)
    await asyncio.sleep(2)
    assert (ended.status, made._running) == ("cancelled", {})
    assert await nothing_is_left(world, ended)


@in_virtual_time
async def test_a_parallel_failure_withdraws_what_nobody_has_taken(world: World) -> None:
    world.outside.next = [Permanent("no")]
    spec = {"nodes": [gpu("a"), node("b")], "edges": []}
    await owner(world)
    ended = await world.rest(await world.start(spec, {"n": 1}))
    assert ended.status == "failed"
    assert await nothing_is_left(world, ended)


@in_virtual_time
async def test_no_more_run_at_once_than_there_is_room_for(world: World) -> None:
    await owner(world)
    made = await serving(world, room=2)
    held = [world.outside.hold() for _ in range(5)]
    spec = {"nodes": [gpu(f"n{n}") for n in range(5)], "edges": []}
    execution_id = await world.start(spec, {"n": 1})
    await asyncio.sleep(10)
    assert (len(made._running), len(world.outside.calls)) == (2, 2)
    for future in held:
        future.set_result(None)
    assert (await world.rest(execution_id)).status == "succeeded"


@pytest.mark.parametrize("mode", ["all", "each"])
@in_virtual_time
async def test_a_node_of_a_pool_may_start_other_workflows(world: World, mode: str) -> None:
    world.definitions.add("child", chain(node("c")))
    call = gpu("call", "core.workflow", params={"workflow": "child", "mode": mode})
    ended = await ran(world, chain(call, node("b")), {"n": 1}, {"n": 2})
    assert [item["answer"] for item in ended.output] == [1, 2]


@in_virtual_time
async def test_what_a_node_of_a_pool_answers_a_caller_is_kept(world: World) -> None:
    answer = gpu("answer", "core.respond", params={"status": 201, "body": {"n": "{{ $json.n }}"}})
    ended = await ran(world, chain(answer, node("b")), {"n": 1})
    assert ended.reply == {"status": 201, "headers": {}, "body": {"n": 1}}


@in_virtual_time
async def test_each_turn_of_a_loop_travels(world: World) -> None:
    spec = {
        "nodes": [node("each", "core.each", params={"size": 1}), gpu("a"), node("b", "core.noop")],
        "edges": [
            {"from": "each", "output": "item", "to": "a"},
            {"from": "a", "to": "each"},
            {"from": "each", "output": "done", "to": "b"},
        ],
    }
    ended = await ran(world, spec, *({"n": n} for n in range(4)))
    assert [item["answer"] for item in ended.output] == [0, 1, 2, 3]
    assert len({call.key for call in world.outside.calls}) == 4


@in_virtual_time
async def test_content_that_is_large_travels_by_reference(world: World) -> None:
    text = "x" * 400_000
    grow = gpu("a", "core.set", params={"fields": {"text": text, "n": "{{ $json.n }}"}})
    ended = await ran(
        world, chain(grow, gpu("b", "core.set", params={"fields": {"m": 1}})), {"n": 1}
    )
    assert (ended.status, ended.output_blob is not None) == ("succeeded", True)
