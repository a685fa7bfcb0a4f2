"""What nodes say while they run is kept with their runs, within bounds."""

from __future__ import annotations

from typing import Any

import pytest

from alur_common.executions.content import read_entries
from alur_engine.applying import begin
from alur_engine.document import Spec
from alur_engine.graph import build_graph
from alur_engine.history import logs_of, node_detail, rebuild, summary
from alur_engine.state import State
from alur_executor.service.logs import CUT, LONGEST, MOST_CHARACTERS, MOST_LINES, RunLogs
from alur_sdk.errors import Retryable
from alur_sdk.items import Item
from alur_sdk.nodes import Effect, ItemNode, NodeContext, Params
from tests.simulation import world as simulated
from tests.support.clock import FakeClock
from tests.support.virtual_time import in_virtual_time
from tests.unit.executor.world import World, chain, node


class SayParams(Params):
    """What is said, and whether it goes well afterwards."""

    text: str
    fails: bool = False


class Say(ItemNode[SayParams]):
    """Says something."""

    effect = Effect.PURE

    def run_item(self, params: SayParams, item: Item, ctx: NodeContext) -> Item:
        ctx.log(params.text, attempt=ctx.attempt)
        if params.fails:
            raise Retryable("again")
        return item


@pytest.fixture(autouse=True)
def says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(simulated.CLASSES, "sim.read", Say)


async def history(world: World, spec: dict[str, Any], *items: dict[str, Any]) -> State:
    ended = await world.run(spec, *items)
    batches = await world.journals.read(ended.id)
    entries = await read_entries(batches, ended.entries, world.parts("reader").blobs)
    graph = build_graph(Spec.model_validate(spec), simulated.catalogue())
    return rebuild(graph, list(items) or [{}], entries)


@in_virtual_time
async def test_lines_are_kept_with_their_run_in_order(world: World) -> None:
    params = {"text": "{{ 'saw ' + $json.n }}"}
    state = await history(world, chain(node("say", "sim.read", params=params)), {"n": 1}, {"n": 2})
    assert [line["text"] for line in logs_of(state)] == ["saw 1 attempt=1", "saw 2 attempt=1"]
    (run,), _ = node_detail(state, "say")
    assert [line["attempt"] for line in run["logs"]] == [1, 1]
    (row,) = summary(state, has_ended=True)
    assert row["logs"] == 2
    assert logs_of(state, "other") == []


@in_virtual_time
async def test_each_attempt_keeps_its_own_lines(world: World) -> None:
    retry = {"attempts": 2, "delay": "PT1S"}
    params = {"text": "tried", "fails": True}
    state = await history(world, chain(node("say", "sim.read", params=params, retry=retry)))
    texts = [(line["attempt"], line["text"]) for line in logs_of(state)]
    assert texts == [(1, "tried attempt=1"), (2, "tried attempt=2")]


@in_virtual_time
async def test_what_is_kept_of_an_execution_is_bounded_across_its_waits(world: World) -> None:
    says = {"params": {"text": "x" * LONGEST}}
    waits = {"params": {"for": "PT10S"}}
    parts = [
        part
        for number in range(4)
        for part in (
            node(f"say{number}", "sim.read", **says),
            node(f"wait{number}", "core.wait", **waits),
        )
    ]
    state = await history(world, chain(*parts), *({"n": n} for n in range(MOST_LINES)))
    texts = [line["text"] for line in logs_of(state)]
    assert sum(len(text) for text in texts if text != CUT) > MOST_CHARACTERS - LONGEST
    assert sum(len(text) for text in texts) <= MOST_CHARACTERS + 4 * len(CUT)
    assert texts[-1] == CUT


KEY = ("n", "")


def fresh() -> State:
    return begin(build_graph(Spec.model_validate(chain(node("n"))), simulated.catalogue()), [])


def logs() -> RunLogs:
    return RunLogs(FakeClock(), fresh())


def test_what_is_too_much_is_cut_and_said_so() -> None:
    kept = logs()
    for number in range(MOST_LINES + 50):
        kept.add(KEY, str(number))
    entry = kept.take(KEY, 1)
    assert entry is not None
    texts = [text for _, text in entry.lines]
    assert texts == [*map(str, range(MOST_LINES)), CUT]
    assert kept.take(KEY, 1) is None


def test_a_loop_that_says_much_fills_no_journal() -> None:
    state = fresh()
    kept = RunLogs(FakeClock(), state)
    total = 0
    for number in range(2 * MOST_CHARACTERS // LONGEST):
        key = ("n", f"loop[{number}]")
        kept.add(key, "x" * (LONGEST + 1))
        kept.add(key, "y" * LONGEST)
        entry = kept.take(key, 1)
        assert entry is not None
        state.said += sum(len(text) for _, text in entry.lines)  # as applying it does
        total += sum(len(text) for _, text in entry.lines if text != CUT)
        assert max(len(text) for _, text in entry.lines) <= LONGEST
    assert total <= MOST_CHARACTERS


def test_an_attempt_that_is_made_anew_says_nothing_twice() -> None:
    kept = logs()
    kept.add(KEY, "first")
    kept.drop(KEY)
    assert not kept
