"""What an execution starts: sub-workflows and the error workflow, each once, whatever dies in between."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from structlog.testing import capture_logs

from alur_common.executions import Execution
from alur_common.executions.cancelling import Cancelling
from alur_common.starts import MAX_DEPTH
from alur_sdk.errors import Permanent, UnavailableError
from tests.support.virtual_time import in_virtual_time
from tests.unit.executor.world import World, chain, node

DOUBLE = chain(node("double", "core.set", params={"fields": {"m": "{{ $json.n * 2 }}"}}))


def calls(workflow: str = "child", **params: Any) -> dict[str, Any]:
    """Return a node that runs another workflow."""
    return node("call", "core.workflow", params={"workflow": workflow, **params})


@in_virtual_time
async def test_a_node_goes_on_with_what_the_other_workflow_came_to(world: World) -> None:
    world.definitions.add("child", DOUBLE)
    ended = await world.run(chain(calls(), node("b")), {"n": 1})
    (child,) = await world.all("child")
    assert (child.mode, child.depth, child.status) == ("child", 1, "succeeded")
    assert (ended.status, ended.output) == ("succeeded", [{"n": 1, "m": 2, "answer": 1}])


@in_virtual_time
async def test_a_parent_is_not_in_memory_while_its_child_runs(world: World) -> None:
    world.definitions.add("child", chain(node("a")))
    held = world.outside.hold()
    executor = await world.executor()
    parent = await world.start(chain(calls()), {"n": 1})
    await world.outside.until(1)
    waiting = await world.rest(parent, "waiting")
    assert (waiting.owner, parent in executor._sessions) == (None, False)
    held.set_result(None)
    assert (await world.rest(parent)).status == "succeeded"


@in_virtual_time
async def test_without_wait_it_goes_on_at_once_with_the_id(world: World) -> None:
    world.definitions.add("child", chain(node("a")))
    world.outside.hold()
    ended = await world.run(chain(calls(wait=False)), {"n": 1})
    (child,) = await world.all("child")
    assert (ended.output, child.status) == ([{"id": child.id}], "running")


@in_virtual_time
async def test_each_item_may_have_an_execution_of_its_own(world: World) -> None:
    world.definitions.add("child", DOUBLE)
    ended = await world.run(chain(calls(mode="each")), {"n": 1}, {"n": 2}, {"n": 3})
    assert [item["m"] for item in ended.output] == [2, 4, 6]
    assert len(await world.all("child")) == 3


SRC = node("src", "core.noop")
FROM = node(
    "from", "core.set", params={"keep": "none", "fields": {"n": '{{ $("src").item.json.n }}'}}
)


@pytest.mark.parametrize("wait", [True, False])
@pytest.mark.parametrize(("mode", "given"), [("each", [1, 2, 3]), ("all", [1])])
@in_virtual_time
async def test_what_an_execution_for_one_item_came_to_is_paired_with_it(
    world: World, mode: str, given: list[int], wait: bool
) -> None:
    world.definitions.add("child", DOUBLE)
    spec = chain(SRC, calls(mode=mode, wait=wait), FROM)
    ended = await world.run(spec, *({"n": n} for n in given))
    assert [item["n"] for item in ended.output] == given


@pytest.mark.parametrize("wait", [True, False])
@in_virtual_time
async def test_what_an_execution_for_several_items_came_to_is_paired_with_none(
    world: World, wait: bool
) -> None:
    world.definitions.add("child", DOUBLE)
    ended = await world.run(chain(SRC, calls(wait=wait), FROM), {"n": 1}, {"n": 2})
    assert ended.status == "failed"
    assert "was not made from an item of 'src'" in (ended.error or {})["message"]


@in_virtual_time
async def test_a_child_that_fails_fails_its_node(world: World) -> None:
    world.definitions.add("child", chain(node("a")))
    world.outside.next = [Permanent("no")]
    ended = await world.run(chain(calls()), {"n": 1})
    error = ended.error or {}
    assert (ended.status, error["code"], error["node"]) == ("failed", "child-failed", "call")
    assert "'child' ended failed: no" in error["message"]


@pytest.mark.parametrize(("policy", "port"), [("continue", "main"), ("branch", "error")])
@in_virtual_time
async def test_a_child_that_fails_leaves_its_node_as_on_error_says(
    world: World, policy: str, port: str
) -> None:
    world.definitions.add("child", chain(node("a")))
    held = world.outside.hold()
    world.outside.next.append(Permanent("no"))
    spec = chain({**calls(mode="each"), "onError": policy}, node("b", "core.noop"))
    if policy == "branch":
        spec["edges"].append({"from": "call", "output": "error", "to": "b"})
    await world.executor()
    parent = await world.start(spec, {"n": 1}, {"n": 2})
    await world.outside.until(2)
    assert (await world.rest(parent, "waiting")).status == "waiting"
    held.set_result(None)
    ended = await world.rest(parent)
    done, failed = sorted(ended.output, key=lambda item: "error" in item)
    assert (ended.status, done) == ("succeeded", {"n": 1, "answer": 1})
    assert (failed["item"], failed["error"]["code"]) == ({"n": 2}, "child-failed")


@pytest.mark.parametrize(
    ("policy", "comes_to"),
    [("stop", ("failed", "child-failed")), ("continue", ("succeeded", None))],
)
@in_virtual_time
async def test_a_parent_hears_of_a_child_that_is_ended_while_it_queues(
    world: World, policy: str, comes_to: tuple[str, str | None]
) -> None:
    world.definitions.add("child", {**DOUBLE, "settings": {"concurrency": {"limit": 1}}})
    await world.executor()
    parent = await world.start(chain({**calls(), "onError": policy}), {"n": 1})
    await world.rest(parent, "waiting")
    (child,) = await world.all("child")
    cancelling = Cancelling(
        world.executions, world.inbox, world.bus, world.outbox, world.replies, clock=world.clock
    )
    assert await cancelling.cancel(child, {}, "skipped") is not None
    ended = await world.rest(parent)
    assert (ended.status, (ended.error or {}).get("code")) == comes_to
    assert await world.inbox.read(parent) == []


@in_virtual_time
async def test_a_workflow_that_does_not_exist_fails_the_node(world: World) -> None:
    ended = await world.run(chain(calls("gone")), {"n": 1})
    assert (ended.status, (ended.error or {})["code"]) == ("failed", "not-found")


@in_virtual_time
async def test_workflows_that_call_one_another_come_to_an_end(world: World) -> None:
    ended = await world.run(chain(calls("w")), {"n": 1})
    assert ended.status == "failed"
    assert "deep" in (ended.error or {})["message"]
    assert len(await world.all("w")) == MAX_DEPTH + 1


class Accepting:
    """Stands in for the store's `accept`: it does what it should, and its answer is never heard."""

    def __init__(self, world: World) -> None:
        self._accept = world.executions.accept
        self.accepted = asyncio.Event()

    async def __call__(self, execution: Execution) -> Execution:
        await self._accept(execution)
        self.accepted.set()
        await asyncio.sleep(100)
        raise AssertionError("whoever asked is dead by now")

    def end(self, world: World) -> None:
        world.executions.accept = self._accept  # type: ignore[method-assign]  # as before


@pytest.mark.parametrize("wait", [True, False])
@in_virtual_time
async def test_a_child_is_started_once_when_its_parent_dies_right_after(
    world: World, wait: bool
) -> None:
    world.definitions.add("child", DOUBLE)
    executor = await world.executor()
    parent = await world.start(chain(calls(wait=wait)), {"n": 1})
    accepting = Accepting(world)
    world.executions.accept = accepting  # type: ignore[method-assign]  # the moment in between
    await accepting.accepted.wait()
    await world.kill(executor)
    accepting.end(world)
    await world.executor("two")
    ended = await world.rest(parent)
    (child,) = await world.all("child")
    assert (ended.status, ended.epoch) == ("succeeded", 2 + wait)
    assert ended.output == ([{"n": 1, "m": 2}] if wait else [{"id": child.id}])


@in_virtual_time
async def test_a_store_that_is_out_of_reach_for_a_while_fails_no_node(world: World) -> None:
    world.definitions.add("child", DOUBLE)
    accept = world.executions.accept
    failures = [UnavailableError("the store restarts")] * 3

    async def refuse(execution: Execution) -> Execution:
        if failures:
            raise failures.pop()
        return await accept(execution)

    await world.executor()
    parent = await world.start(chain(calls()), {"n": 1})
    world.executions.accept = refuse  # type: ignore[method-assign]  # a store that restarts
    assert (await world.rest(parent)).status == "succeeded"


FAILS = chain(node("a"), settings={"errorWorkflow": "on-call"})


@in_virtual_time
async def test_the_error_workflow_gets_the_summary_of_what_failed(world: World) -> None:
    world.definitions.add("on-call", chain(node("tell", "core.noop")))
    world.outside.next = [Permanent("no")]
    failed = await world.run(FAILS, {"n": 1})
    (told,) = await world.all("on-call")
    (item,) = told.input
    assert (told.mode, told.depth) == ("error", 1)
    assert (told.cause, failed.handler) == (failed.id, told.id)
    assert item["execution"]["id"] == failed.id
    assert item["execution"]["error"] == {"code": "node-failed", "message": "no", "node": "a"}
    assert item["workflow"]["name"] == "w"


@in_virtual_time
async def test_an_error_workflow_starts_at_its_error_trigger(world: World) -> None:
    spec = chain(node("by-hand", "trigger.manual"), node("on-error", "trigger.error"), node("tell"))
    triggers, nodes = spec["nodes"][:2], spec["nodes"][2:]
    edges = [{"from": "on-error", "to": "tell"}]
    world.definitions.add("on-call", {"triggers": triggers, "nodes": nodes, "edges": edges})
    world.outside.next = [Permanent("no")]
    await world.run(FAILS, {"n": 1})
    (told,) = await world.all("on-call")
    told = await world.rest(told.id)
    assert (told.trigger, told.status, len(world.outside.calls)) == ("on-error", "succeeded", 2)


@in_virtual_time
async def test_the_error_workflow_is_not_told_of_what_went_well_or_was_cancelled(
    world: World,
) -> None:
    world.definitions.add("on-call", chain(node("tell", "core.noop")))
    await world.run(FAILS, {"n": 1})
    world.outside.hold()
    cancelled = await world.start(FAILS, {"n": 1})
    await world.outside.until(2)
    await world.tell(cancelled, "cancel", "cancel")
    assert (await world.rest(cancelled)).status == "cancelled"
    assert await world.all("on-call") == []


@in_virtual_time
async def test_the_error_workflow_is_started_once_when_the_executor_dies_before_the_end(
    world: World,
) -> None:
    world.definitions.add("on-call", chain(node("tell", "core.noop")))
    world.outside.next = [Permanent("no")]
    executor = await world.executor()
    save = world.executions.save

    async def never(execution: Execution) -> Execution:
        if execution.workflow == "w" and execution.has_ended:
            await asyncio.sleep(100)
        return await save(execution)

    world.executions.save = never  # type: ignore[method-assign]  # it dies before its end is written
    failed = await world.start(FAILS, {"n": 1})
    await asyncio.sleep(1)
    assert len(await world.all("on-call")) == 1
    await world.kill(executor)
    world.executions.save = save  # type: ignore[method-assign]  # the next one lives
    await world.executor("two")
    ended = await world.rest(failed)
    (told,) = await world.all("on-call")
    assert (ended.status, ended.handler) == ("failed", told.id)
    assert len(world.outside.calls) == 1


@in_virtual_time
async def test_an_error_workflow_that_fails_starts_no_other(world: World) -> None:
    world.definitions.add("on-call", FAILS)
    world.outside.next = [Permanent("no")] * 9
    await world.run(FAILS, {"n": 1})
    await asyncio.sleep(10)
    (told,) = await world.all("on-call")
    assert (told.status, len(world.outside.calls)) == ("failed", 2)


@in_virtual_time
async def test_an_error_workflow_that_is_gone_goes_to_the_log(world: World) -> None:
    world.outside.next = [Permanent("no")]
    with capture_logs() as logs:
        failed = await world.run(FAILS, {"n": 1})
    assert failed.status == "failed"
    assert [log["event"] for log in logs] == ["error workflow not started"]


@in_virtual_time
async def test_a_caller_is_told_that_its_execution_waits(world: World) -> None:
    await world.executor()
    execution_id = "0190a000-0000-7000-8000-000000000003"
    with world.replies.expect(execution_id) as told:
        spec = chain(node("ask", "core.wait", params={"signal": "approved"}))
        await world.start(spec, {"n": 1}, id=execution_id)
        outcome = await told
    assert (outcome.kind, outcome.status) == ("waiting", "waiting")


@in_virtual_time
async def test_the_message_of_a_child_goes_when_it_was_heard(world: World) -> None:
    world.definitions.add("child", DOUBLE)
    parent = (await world.run(chain(calls()), {"n": 1})).id
    assert await world.inbox.read(parent) == []
