"""No tenant starves another."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alur_common.starts import StartRequest
from alur_executor.domain.fair_queue import FairQueue
from alur_executor.service.attempts import MANY
from alur_executor.settings import Settings
from alur_nodes.core.aggregate import Aggregate
from alur_nodes.core.limit import Limit
from alur_nodes.core.merge import Merge
from alur_nodes.core.sort import Sort
from alur_nodes.core.unique import Unique
from alur_sdk import BatchNode
from alur_sdk.errors import InvalidError
from tests.support.virtual_time import in_virtual_time
from tests.unit.executor.world import World, chain, node

ROOM = 4
Waiting = list[tuple[str, int]]
waiting = st.lists(st.tuples(st.sampled_from("abc"), st.integers(-2, 2)), max_size=40)


def _filled(entries: Waiting, most: int = 0) -> FairQueue:
    queue = FairQueue(most)
    for number, (tenant, priority) in enumerate(entries):
        queue.put(tenant, f"{number}", priority)
    return queue


@given(waiting)
def test_what_waits_is_taken_once(entries: Waiting) -> None:
    queue = _filled(entries)
    taken = [queue.take() for _ in entries]
    assert sorted(key for _, key in filter(None, taken)) == sorted(map(str, range(len(entries))))
    assert queue.take() is None
    assert len(queue) == 0


@given(waiting)
def test_of_one_tenant_a_higher_priority_goes_first_and_the_older_of_two(entries: Waiting) -> None:
    queue = _filled([("a", priority) for _, priority in entries])
    taken = [int(found[1]) for found in iter(queue.take, None)]
    assert taken == sorted(taken, key=lambda number: (-entries[number][1], number))


@given(waiting)
def test_tenants_that_wait_have_the_same_share(entries: Waiting) -> None:
    queue = _filled(entries)
    running: Counter[str] = Counter()
    while (found := queue.take()) is not None:
        queue.begun(found[0])
        running[found[0]] += 1
        left = {tenant for tenant in queue._waiting if running[tenant] < running[found[0]] - 1}
        assert left == set()


@given(
    st.lists(
        st.tuples(
            st.sampled_from(("put", "take", "end")), st.sampled_from("abc"), st.integers(0, 2)
        ),
        max_size=200,
    ),
    st.integers(0, 2),
)
def test_it_is_always_the_turn_of_who_has_the_fewest_running(
    steps: list[tuple[str, str, int]], most: int
) -> None:
    queue, running = FairQueue(most), Counter[str]()
    for number, (step, tenant, priority) in enumerate(steps):
        if step == "put":
            queue.put(tenant, f"{number}", priority)
        elif step == "end" and running[tenant]:
            running[tenant] -= 1
            queue.ended(tenant)
        elif step == "take":
            ready = [t for t in queue._waiting if not most or running[t] < most]
            fewest = min((running[t] for t in ready), default=None)
            found = queue.take()
            assert (None if found is None else running[found[0]]) == fewest
            if found is not None:
                running[found[0]] += 1
                queue.begun(found[0])


def test_a_tenant_of_three_times_the_weight_has_three_times_as_much_running() -> None:
    queue = FairQueue(weights={"a": 3.0})
    for number in range(40):
        queue.put("ab"[number % 2], f"{number}", 0)
    running = Counter[str]()
    for _ in range(12):
        tenant = (queue.take() or ("",))[0]
        queue.begun(tenant)
        running[tenant] += 1
    assert running == {"a": 9, "b": 3}


@pytest.mark.parametrize("weight", ["0", "-1", "NaN", "1000"])
def test_a_share_that_is_none_stops_the_start(weight: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALUR_EXECUTOR_TENANT_WEIGHTS", f'{{"acme": {weight}}}')
    with pytest.raises(InvalidError, match="TENANT_WEIGHTS: the share of acme"):
        Settings.load()


def test_what_it_remembers_does_not_grow_with_time() -> None:
    queue = _filled([("a", 0), ("b", 0)], most=1)
    for _ in range(10_000):
        queue.begun("c")
        queue.begun("a")
        queue.ended("a")
        queue.ended("c")
    assert len(queue._turns) < 100


def test_a_tenant_at_its_limit_waits_though_there_is_room() -> None:
    queue = _filled([("a", 0), ("a", 0), ("b", 0)], most=1)
    for tenant in ("a", "b"):
        assert (queue.take() or ("",))[0] == tenant
        queue.begun(tenant)
    assert queue.take() is None
    queue.ended("a")
    assert queue.take() == ("a", "1")


@in_virtual_time
async def test_what_finds_too_many_waiting_is_left_in_the_store_and_run_later(world: World) -> None:
    executor = await world.executor(executions=1, waiting=2)
    spec = chain(node("wait", "core.wait", params={"for": "PT1S"}))
    crowd = [await world.start(spec, {"n": n}) for n in range(6)]
    await asyncio.sleep(0.1)
    assert len(executor._queue) == 2
    ended = [(await world.rest(one)).status for one in crowd]
    assert ended == ["succeeded"] * 6


@in_virtual_time
async def test_the_one_among_many_of_another_is_next(world: World) -> None:
    await world.executor(executions=ROOM)
    spec = chain(node("wait", "core.wait", params={"for": "PT1S"}))
    crowd = [await world.start(spec, {"n": n}) for n in range(10 * ROOM)]
    await asyncio.sleep(0.1)
    record = replace(world.definitions.workflows["w"], tenant="u")
    request = StartRequest(mode="manual", input=[{"n": 0}])
    alone = (await world.starts.start(record, request)).execution.id
    ended = await world.rest(alone)
    done = [await world.executions.get(one) for one in crowd]
    assert sum(one.has_ended for one in done) <= 2 * ROOM
    assert ended.status == "succeeded"


@pytest.mark.parametrize(("count", "is_beside"), [(MANY, False), (MANY + 1, True)])
@pytest.mark.parametrize("kind", [Sort, Aggregate, Unique, Merge, Limit])
async def test_a_node_that_sees_many_items_at_once_leaves_the_loop_to_others(
    kind: type[BatchNode[Any]], count: int, is_beside: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, ran = World(), list[bool]()
    run = kind.run

    def noted(self: BatchNode[Any], *given: Any) -> Any:  # noqa: ANN401 as the node type has it
        ran.append(threading.current_thread() is not threading.main_thread())
        return run(self, *given)

    monkeypatch.setattr(kind, "run", noted)
    await world.executor()
    split = node("split", "core.split", params={"field": "rows"})
    params = {"core.sort": {"by": [{"path": "n"}]}, "core.limit": {"max": count}}
    name = f"core.{kind.__name__.lower()}"
    spec = chain(split, node("all", name, params=params.get(name, {})))
    rows = [{"n": -n} for n in range(count)]
    ended = await world.run(spec, {"rows": rows})
    assert ended.status == "succeeded", ended.error
    assert ran == [is_beside]
    expected = {Sort: rows[::-1], Aggregate: [{"items": rows}]}.get(kind, rows)
    assert ended.output == expected
