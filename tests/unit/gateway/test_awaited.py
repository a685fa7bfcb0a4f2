"""What an execution rests for, as the API shows it."""

from __future__ import annotations

from typing import Any

from alur_engine.applying import apply, begin
from alur_engine.journal import ItemDone
from alur_engine.planning import recover
from alur_gateway.domain.awaited import doubts_of, waits_of
from alur_sdk.items import Item
from tests.unit.engine.flowing import Flow, flow

EDGES = [("t", "a"), ("t", "b")]
PAY = {"type": "http.request", "params": {"method": "POST", "url": "x"}, "inDoubt": "ask"}


def waiting(waits: dict[str, dict[str, Any]]) -> Flow:
    nodes = {"t": "trigger.manual", "a": "core.wait", "b": "core.wait"}
    made = flow(nodes, EDGES, waits=waits)
    made.drive()
    return made


def test_each_wait_tells_its_signal_time_or_children() -> None:
    made = waiting(
        {"a": {"signal": "approval", "until": 1_769_860_800.0}, "b": {"children": ["c"]}}
    )
    assert waits_of(made.state) == [
        {"node": "a", "path": "", "signal": "approval", "until": "2026-01-31T12:00:00.000Z"},
        {"node": "b", "path": "", "children": ["c"]},
    ]


def test_a_node_of_a_pool_tells_which() -> None:
    made = waiting({"a": {"pool": "gpu", "task": "e.t"}, "b": {"signal": "s"}})
    assert waits_of(made.state)[0] == {"node": "a", "path": "", "pool": "gpu"}


def test_a_retry_to_come_is_a_wait_for_its_time() -> None:
    made = waiting({"a": {"signal": "s"}, "b": {"signal": "s"}})
    next(iter(made.state.open)).retry_at = 1_769_860_801.0
    assert waits_of(made.state)[0]["until"] == "2026-01-31T12:00:01.000Z"


def test_a_doubt_names_the_items_without_an_outcome() -> None:
    items = [Item({"x": number}) for number in range(3)]
    made = flow({"t": "trigger.manual", "pay": PAY}, [("t", "pay")], waits={"pay": {}})
    made.drive()
    state = begin(made.graph, items)
    apply(state, made.entries[0])
    apply(state, ItemDone("pay", "", 1, {"main": []}))
    assert doubts_of(state) == []
    recover(state)
    assert doubts_of(state) == [{"node": "pay", "path": "", "items": [0, 2]}]
