"""Which item of an earlier node an item was made from, through loops and `core.try`."""

from __future__ import annotations

from typing import Any

import pytest

from alur_engine.pairing import find_ancestor
from alur_engine.state import Run
from alur_engine.views import view_of_node
from alur_sdk.errors import ExpressionError
from alur_sdk.items import Item, Outputs
from tests.unit.engine.flowing import Flow, flow

LOOP = {"t": "trigger.manual", "each": "core.each", "a": "core.set", "z": "core.set"}
LOOP_EDGES = [("t", "each"), ("each", "item", "a"), ("a", "each"), ("each", "done", "z")]
FORK = {**LOOP, "if": "core.filter", "y": "core.set", "join": "core.merge"}
FORK_EDGES = [
    ("t", "each"),
    ("each", "item", "if"),
    ("if", "kept", "y"),
    ("y", "main", "join", "a"),
    ("if", "dropped", "join", "b"),
    ("join", "each"),
    ("each", "done", "z"),
]
THREE = [{"x": 1}, {"x": 2}, {"x": 3}]


def tenfold(_: Run, items: list[Item]) -> Outputs:
    return {"main": [Item({"x": item.json["x"] * 10}, None, at) for at, item in enumerate(items)]}


def descending(_: Run, items: list[Item]) -> Outputs:
    order = sorted(range(len(items)), key=lambda at: -items[at].json["x"])
    return {"main": [Item(items[at].json, None, at) for at in order]}


def keeps(*wanted: int) -> Any:  # noqa: ANN401  # what `Flow.does` takes
    def does(_: Run, items: list[Item]) -> Outputs:
        outputs: Outputs = {"kept": [], "dropped": []}
        for at, item in enumerate(items):
            port = "kept" if item.json["x"] in wanted else "dropped"
            outputs[port].append(Item(item.json, None, at))
        return outputs

    return does


def reader(made: Flow, name: str, path: str = "") -> Run:
    made.drive()
    run = made.state.find_run(name, path)
    assert run is not None
    return run


def paired(made: Flow, name: str, of: str, path: str = "") -> list[int]:
    """Return what `$("of").item.json.x` is for each item that enters the node `name`."""
    run = reader(made, name, path)
    views = [view_of_node(made.state, run, of, at).item for at in range(len(run.items_of()))]
    return [view["json"]["x"] for view in views if view is not None]


def test_an_item_finds_its_ancestor_through_a_loop_and_a_filter() -> None:
    made = flow(LOOP, LOOP_EDGES, THREE)
    run = reader(made, "z")
    found = find_ancestor(run, 2, "t")
    assert found is not None
    assert found.json == {"x": 3}
    assert find_ancestor(run, 9, "t") is None


@pytest.mark.parametrize("size", [1, 2, 3])
def test_after_a_loop_each_item_finds_its_own_of_the_last_node_of_the_body(size: int) -> None:
    made = flow(LOOP, LOOP_EDGES, THREE, does={"a": tenfold}, size=size)
    assert paired(made, "z", "a") == [10, 20, 30]


def test_after_nested_loops_each_item_finds_its_own_of_both_bodies() -> None:
    nodes = {**LOOP, "inner": "core.each", "b": "core.set"}
    edges = [
        ("t", "each"),
        ("each", "item", "a"),
        ("a", "inner"),
        ("inner", "item", "b"),
        ("b", "inner"),
        ("inner", "done", "each"),
        ("each", "done", "z"),
    ]
    made = flow(nodes, edges, THREE, does={"a": tenfold, "b": tenfold}, size=2)
    assert paired(made, "z", "b") == [100, 200, 300]
    assert paired(made, "z", "a") == [10, 20, 30]
    assert paired(made, "z", "t") == [1, 2, 3]


def test_an_item_that_never_entered_a_node_of_a_loop_is_paired_with_none_of_its_items() -> None:
    made = flow(FORK, FORK_EDGES, THREE, does={"if": keeps(2, 3), "y": tenfold})
    run = reader(made, "z")
    with pytest.raises(ExpressionError, match="item 0 was not made from an item of 'y'"):
        _ = view_of_node(made.state, run, "y", 0).item
    assert [view_of_node(made.state, run, "y", at).item for at in (1, 2)] == [
        {"json": {"x": 20}},
        {"json": {"x": 30}},
    ]


def test_a_node_that_the_last_turn_skipped_is_found_by_the_items_that_entered_it() -> None:
    made = flow(FORK, FORK_EDGES, THREE, does={"if": keeps(2), "y": tenfold})
    run = reader(made, "z")
    assert view_of_node(made.state, run, "y", 1).item == {"json": {"x": 20}}


def test_the_only_item_of_a_node_beside_answers_for_all() -> None:
    nodes = {"t": "trigger.manual", "one": "core.limit", "w": "core.set", "z": "core.merge"}
    edges = [("t", "one"), ("t", "w"), ("one", "main", "z", "a"), ("w", "main", "z", "b")]
    first = {"one": lambda _, items: {"main": [Item({"x": 7}, None, 0)] if items else []}}
    made = flow(nodes, edges, THREE, does=first)
    run = reader(made, "z")
    assert view_of_node(made.state, run, "one", 3).item == {"json": {"x": 7}}


TRY = {
    "t": "trigger.manual",
    "sort": "core.sort",
    "try": "core.try",
    "a": "core.set",
    "c": "core.set",
    "f": "core.set",
}
TRY_EDGES = [
    ("t", "sort"),
    ("sort", "try"),
    ("try", "try", "a"),
    ("try", "catch", "c"),
    ("try", "finally", "f"),
]


@pytest.mark.parametrize(("scope", "first"), [("try", "a"), ("finally", "f")])
def test_in_a_scope_of_try_each_item_finds_its_own(scope: str, first: str) -> None:
    made = flow(TRY, TRY_EDGES, THREE, does={"sort": descending})
    run = reader(made, first)
    assert [item.json["x"] for item in run.items_of()] == [3, 2, 1], scope
    assert paired(made, first, "sort") == paired(made, first, "t") == [3, 2, 1]


def test_in_finally_items_that_were_made_from_one_find_their_own() -> None:
    split = {"sort": lambda _, items: {"main": [Item(json, None, 0) for json in THREE]}}
    made = flow(TRY, TRY_EDGES, does=split)
    assert paired(made, "f", "sort") == [1, 2, 3]
    assert paired(made, "f", "t") == [1, 1, 1]


def test_an_error_that_is_caught_is_paired_with_the_item_that_was_tried_alone() -> None:
    made = flow(TRY, TRY_EDGES, fails=frozenset({"a"}))
    assert paired(made, "c", "t") == [1]


def test_an_error_that_is_caught_is_paired_with_none_of_several_items() -> None:
    made = flow(TRY, TRY_EDGES, THREE, fails=frozenset({"a"}))
    run = reader(made, "c")
    with pytest.raises(ExpressionError, match="item 0 was not made from an item of 't'"):
        _ = view_of_node(made.state, run, "t", 0).item
