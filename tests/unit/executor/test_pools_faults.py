"""What dies, stands still or breaks while nodes run in a pool: done once or under one key, and nothing is left."""

from __future__ import annotations

import asyncio

from structlog.testing import capture_logs

from alur_common.executions import Execution, Message, Task
from alur_executor.ports import Trace
from alur_executor.service.serving import MOST_BREAKS, MOST_CLAIMS
from alur_sdk.errors import StorageError, UnavailableError
from tests.support.virtual_time import in_virtual_time
from tests.unit.executor.pooling import gpu, kill, nothing_is_left, owner, serving
from tests.unit.executor.world import World, chain

RANDOM = {"body": {"n": "{{ $json.n }}", "drawn": "{{ Math.random() }}", "at": "{{ $now }}"}}


@in_virtual_time
async def test_one_that_dies_in_mid_run_is_followed_by_another_with_key_and_content(
    world: World,
) -> None:
    await owner(world)
    first = await serving(world)
    world.outside.hold()
    execution_id = await world.start(chain(gpu(params=RANDOM)), {"n": 1})
    await world.outside.until(1)
    await kill(world, first)
    await serving(world, "gpu-2")
    ended = await world.rest(execution_id)
    one, two = world.outside.calls
    assert (one.key, one.body, ended.status) == (two.key, two.body, "succeeded")
    assert await nothing_is_left(world, ended)


@in_virtual_time
async def test_items_that_had_come_to_something_there_are_not_sent_again(world: World) -> None:
    await owner(world)
    first = await serving(world)
    world.outside.next = [None, None]
    world.outside.hold()
    execution_id = await world.start(chain(gpu()), *({"n": n} for n in range(3)))
    await world.outside.until(3)
    await kill(world, first)
    await serving(world, "gpu-2")
    ended = await world.rest(execution_id)
    assert [call.body["n"] for call in world.outside.calls] == [0, 1, 2, 2]
    assert [item["answer"] for item in ended.output] == [0, 1, 2]


@in_virtual_time
async def test_the_result_of_one_that_was_taken_for_dead_is_refused(world: World) -> None:
    await owner(world)
    await serving(world)
    held = world.outside.hold()
    execution_id = await world.start(chain(gpu()), {"n": 1})
    await world.outside.until(1)
    await world.workers.remove("gpu-1")
    second = world.outside.hold()
    await serving(world, "gpu-2")
    await world.pools.sweep()
    await world.outside.until(2)
    with capture_logs() as logs:
        held.set_result(None)
        await asyncio.sleep(0.5)
    assert "task belongs to another" in [log["event"] for log in logs]
    assert (await world.executions.get(execution_id)).status == "waiting"
    second.set_result(None)
    assert (await world.rest(execution_id)).status == "succeeded"


@in_virtual_time
async def test_items_that_came_to_something_in_time_are_kept_when_it_is_over(world: World) -> None:
    await owner(world)
    made = await serving(world)
    world.outside.next = [None]
    world.outside.hold()
    spec = chain(gpu(timeout="PT30S", retry={"attempts": 2, "delay": "PT1S"}))
    execution_id = await world.start(spec, {"n": 0}, {"n": 1})
    await world.outside.until(2)
    await kill(world, made)  # so that its own time-out never comes
    await serving(world, "gpu-2", "browser")
    await world.workers.renew("gpu-1", 1e9, 0.0, "", ("gpu",))
    await asyncio.sleep(40)
    await world.recovery.wake_due()
    await world.workers.remove("gpu-1")
    await serving(world, "gpu-3")
    ended = await world.rest(execution_id)
    assert [call.body["n"] for call in world.outside.calls] == [0, 1, 1]
    assert [item["answer"] for item in ended.output] == [0, 1]
    assert await nothing_is_left(world, ended)


@in_virtual_time
async def test_what_asks_is_decided_by_a_person_after_a_death_there(world: World) -> None:
    await owner(world)
    first = await serving(world)
    world.outside.hold()
    execution_id = await world.start(chain(gpu(inDoubt="ask")), {"n": 1})
    await world.outside.until(1)
    await kill(world, first)
    await serving(world, "gpu-2")
    await world.rest(execution_id, "in-doubt")
    assert len(world.outside.calls) == 1
    await world.tell(execution_id, "resolve", "1", node="a", outcome="not-done")
    ended = await world.rest(execution_id)
    assert (ended.status, len(world.outside.calls)) == ("succeeded", 2)
    assert await nothing_is_left(world, ended)


@in_virtual_time
async def test_an_owner_that_dies_before_it_offers_leaves_that_to_the_next(world: World) -> None:
    executor = await owner(world)
    offered = asyncio.Event()

    async def never(task: Task) -> None:
        offered.set()
        await asyncio.sleep(1e6)

    offer, world.tasks.offer = world.tasks.offer, never  # type: ignore[method-assign]  # the moment in between
    execution_id = await world.start(chain(gpu()), {"n": 1})
    await offered.wait()
    await world.kill(executor)
    world.tasks.offer = offer  # type: ignore[method-assign]  # the next one lives
    await owner(world, "two")
    await serving(world)
    assert (await world.rest(execution_id)).status == "succeeded"


@in_virtual_time
async def test_an_outcome_of_which_nobody_told_is_told_by_the_scheduler(world: World) -> None:
    await owner(world)
    put = world.inbox.put

    async def lost(message: Message) -> None:
        raise UnavailableError("the store restarts")

    world.inbox.put = lost  # type: ignore[method-assign]  # it dies before it tells
    await serving(world)
    execution_id = await world.start(chain(gpu()), {"n": 1})
    await world.outside.until(1)
    await asyncio.sleep(1)
    world.inbox.put = put  # type: ignore[method-assign]  # others live
    assert (await world.executions.get(execution_id)).status == "waiting"
    ended = await world.rest(execution_id)
    assert (ended.status, len(world.outside.calls)) == ("succeeded", 1)


@in_virtual_time
async def test_a_claim_whose_answer_was_lost_is_taken_up(world: World) -> None:
    await owner(world)
    made = await serving(world)
    save = made._parts.tasks.save

    async def unanswered(task: Task) -> Task:
        made._parts.tasks.save = save  # type: ignore[method-assign]  # once
        await save(task)
        raise StorageError("the answer was lost")

    made._parts.tasks.save = unanswered  # type: ignore[method-assign]  # the moment in between
    assert (await world.rest(await world.start(chain(gpu()), {"n": 1}))).status == "succeeded"


@in_virtual_time
async def test_one_that_stops_offers_what_it_has_not_done_again(world: World) -> None:
    await owner(world)
    first = await serving(world)
    world.outside.hold()
    execution_id = await world.start(chain(gpu()), {"n": 1})
    await world.outside.until(1)
    await first.stop(1.0)
    await serving(world, "gpu-2")
    await world.outside.until(2)  # at once, with the lease of the first still held
    assert (await world.rest(execution_id)).status == "succeeded"


@in_virtual_time
async def test_a_task_that_nobody_waits_for_any_more_does_nothing(world: World) -> None:
    await owner(world)
    execution_id = await world.start(chain(gpu()), {"n": 1})
    await world.rest(execution_id, "waiting")
    (task,) = await world.tasks.oldest(9)
    await world.tell(execution_id, "cancel", "cancel")
    ended = await world.rest(execution_id)
    await world.tasks.offer(task)  # by an owner that stood still
    await serving(world)
    assert await nothing_is_left(world, ended)
    assert world.outside.calls == []


@in_virtual_time
async def test_a_task_of_an_ended_execution_goes_though_nobody_serves_its_pool(
    world: World,
) -> None:
    await owner(world)
    execution_id = await world.start(chain(gpu()), {"n": 1})
    await world.rest(execution_id, "waiting")
    (task,) = await world.tasks.oldest(9)
    await world.tell(execution_id, "cancel", "cancel")
    await world.rest(execution_id)
    await world.tasks.offer(task)
    await asyncio.sleep(20)
    await world.pools.sweep()
    assert await world.tasks.is_empty()


@in_virtual_time
async def test_what_kills_each_executor_that_runs_it_fails_in_the_end(world: World) -> None:
    await owner(world)
    execution_id = await world.start(chain(gpu()), {"n": 0}, {"n": 1})
    await world.rest(execution_id, "waiting")
    world.outside.next = [None]
    for number in range(MOST_CLAIMS):
        made = await serving(world, f"gpu-{number}")
        world.outside.hold()
        await world.outside.until(2 + number)
        await kill(world, made, f"gpu-{number}")
        await world.pools.sweep()
    await serving(world, "gpu-last")
    ended = await world.rest(execution_id)
    assert (ended.status, (ended.error or {})["code"]) == ("failed", "executors-died")
    assert [call.body["n"] for call in world.outside.calls] == [0] + [1] * MOST_CLAIMS


@in_virtual_time
async def test_a_registry_that_is_out_of_reach_for_a_while_fails_no_task(world: World) -> None:
    await owner(world)
    execution_id = await world.start(chain(gpu()), {"n": 1})
    await world.rest(execution_id, "waiting")
    world.definitions.failures = [UnavailableError("it restarts")] * 8
    await serving(world)
    assert (await world.rest(execution_id)).status == "succeeded"


@in_virtual_time
async def test_what_breaks_again_and_again_by_a_fault_of_ours_fails(world: World) -> None:
    await owner(world)
    execution_id = await world.start(chain(gpu()), {"n": 1})
    await world.rest(execution_id, "waiting")
    made = await serving(world)
    broken: list[int] = []

    async def breaks(task: Task, execution: Execution, trace: Trace | None) -> None:
        broken.append(1)
        raise RuntimeError("a fault of ours")

    made._perform = breaks  # type: ignore[method-assign]  # whatever it is
    ended = await world.rest(execution_id)
    assert (ended.status, len(broken)) == ("failed", MOST_BREAKS + 1)
    assert "the log says why" in (ended.error or {})["message"]
