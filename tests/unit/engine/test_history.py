"""What a journal tells of a node that opens scopes: it lasts as long as what happens within."""

from __future__ import annotations

from typing import Any

from alur_engine.applying import apply
from alur_engine.history import node_change, summary
from alur_engine.journal import Stopped, decode_entry
from alur_engine.state import Run, State
from alur_sdk.items import Item, Outputs
from tests.unit.engine.flowing import flow

NODES = {
    "t": "trigger.manual",
    "try": "core.try",
    "each": "core.each",
    "a": "core.set",
    "z": "core.set",
}
EDGES = [
    ("t", "try"),
    ("try", "try", "each"),
    ("each", "item", "a"),
    ("a", "each"),
    ("each", "done", "z"),
]
THREE = [{"x": 1}, {"x": 2}, {"x": 3}]


def _true_for_the_first(_: Run, items: list[Item]) -> Outputs:
    return {"true" if item.json["x"] == 1 else "false": [item] for item in items}


def timed(state: State, ended: dict[str, float]) -> None:
    """Let every run begin at 10 and end when it is told, else at once."""
    for frame in state.frames.values():
        for run in frame.runs.values():
            run.started_at = 10.0
            run.ended_at = ended.get(f"{run.node.name}@{frame.path}", 10.0)


def durations(state: State) -> dict[str, Any]:
    return {row["name"]: row.get("durationMs") for row in summary(state, has_ended=True)}


def test_a_loop_lasts_until_its_last_turn_has_ended() -> None:
    made = flow(NODES, EDGES, THREE)
    made.drive()
    timed(made.state, {"a@each[1]": 12.0, "a@each[2]": 14.5})
    assert durations(made.state) == {"try": 4500, "each": 4500, "a": 4500, "z": 0}


def test_a_try_lasts_until_what_it_holds_has_ended() -> None:
    made = flow(NODES, EDGES, THREE)
    made.drive()
    timed(made.state, {"a@each[0]": 11.0, "z@": 13.0})
    assert durations(made.state) == {"try": 3000, "each": 1000, "a": 1000, "z": 3000}


def test_a_loop_whose_turns_still_run_has_no_duration_yet() -> None:
    made = flow(NODES, EDGES, THREE, waits={"a": {"signal": "s"}})
    made.drive()
    timed(made.state, {})
    run = made.state.find_run("each", "")
    assert run is not None
    assert node_change(run)["status"] == "running"
    assert node_change(run)["durationMs"] is None


def test_a_row_always_says_when_and_how_long_also_where_nothing_ran() -> None:
    made = flow(NODES, EDGES, THREE)
    rows = summary(made.state, has_ended=True)
    assert [(r["status"], r["attempts"]) for r in rows] == [("cancelled", 0)] + [("skipped", 0)] * 3
    assert all((row["startedAt"], row["durationMs"]) == (None, None) for row in rows)


def test_a_node_that_ended_the_execution_well_says_when_it_began() -> None:
    made = flow({"stop": "core.stop"}, [], THREE)
    apply(made.state, Stopped("stop", "", 12.0, 11.5))
    (row,) = summary(made.state, has_ended=True)
    assert (row["startedAt"], row["durationMs"]) == ("1970-01-01T00:00:11.500Z", 500)


def test_an_entry_of_a_stop_that_was_kept_before_is_read() -> None:
    assert decode_entry(["stopped", "a", "", 12.0]) == Stopped("a", "", 12.0)


def test_a_node_in_a_loop_that_ran_in_one_turn_alone_is_summed_up_by_that_turn() -> None:
    nodes = {"t": "trigger.manual", "each": "core.each", "if": "core.if", "a": "core.set"}
    edges = [("t", "each"), ("each", "item", "if"), ("if", "true", "a"), ("a", "each")]
    made = flow(nodes, edges, THREE, does={"if": _true_for_the_first})
    made.drive()
    timed(made.state, {"a@each[0]": 11.0})
    (row,) = (row for row in summary(made.state, has_ended=True) if row["name"] == "a")
    assert (row["status"], row["items"], row["attempts"]) == ("succeeded", 1, 1)
    assert (row["runs"], row["durationMs"]) == (3, 1000)
