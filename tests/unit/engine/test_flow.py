"""How items flow: firing, skipping, loops, `core.try`, waits, limits, and that a replay leads to the same state."""

from __future__ import annotations

from typing import Any

import pytest

from alur_engine.applying import apply, begin
from alur_engine.history import files_of, node_detail, rebuild, runs_of, summary
from alur_engine.journal import Cancelled, Finished, Resolved, Stopped, decode_entry, encode_entry
from alur_engine.planning import End, Rest, Suspend, recover
from alur_engine.state import Limits, Run
from alur_sdk.errors import InvalidError, StorageError
from alur_sdk.items import Item, Outputs
from tests.unit.engine.flowing import Flow, flow

CHAIN = {"t": "trigger.manual", "a": "core.set", "b": "core.set"}
LOOP = {"t": "trigger.manual", "each": "core.each", "a": "core.set", "z": "core.set"}
LOOP_EDGES = [("t", "each"), ("each", "item", "a"), ("a", "each"), ("each", "done", "z")]
TRY = {
    "t": "trigger.manual",
    "try": "core.try",
    "a": "core.set",
    "b": "core.set",
    "c": "core.set",
    "f": "core.set",
    "join": "core.merge",
}
TRY_EDGES = [
    ("t", "try"),
    ("try", "try", "a"),
    ("a", "b"),
    ("try", "catch", "c"),
    ("try", "finally", "f"),
    ("b", "main", "join", "a"),
    ("c", "main", "join", "b"),
]
THREE = [{"x": 1}, {"x": 2}, {"x": 3}]


def split_by_size(_: Run, items: list[Item]) -> Outputs:
    return {
        "true": [item for item in items if item.json["x"] > 1],
        "false": [item for item in items if item.json["x"] <= 1],
    }


def ended(made: Flow) -> End:
    command = made.drive()
    assert isinstance(command, End)
    return command


def test_a_chain_runs_in_order_and_its_last_node_gives_the_output() -> None:
    made = flow(CHAIN, [("t", "a"), ("a", "b")])
    assert ended(made).status == "succeeded"
    assert (made.ran, made.output) == (["a", "b"], [{"x": 1}])


def test_a_branch_that_is_not_taken_is_skipped_and_a_merge_does_not_wait_for_it() -> None:
    nodes = {"t": "trigger.manual", "if": "core.if", "l": "core.set", "r": "core.set"}
    edges = [("t", "if"), ("if", "true", "l"), ("if", "false", "r"), ("l", "main", "m", "a")]
    made = flow(
        {**nodes, "m": "core.merge"},
        [*edges, ("r", "main", "m", "b")],
        does={"if": split_by_size},
    )
    assert ended(made).status == "succeeded"
    assert made.statuses()["l"] == "skipped"
    assert made.ran == ["if", "r", "m"]


def test_a_merge_of_mode_first_fires_once_and_at_its_first_input() -> None:
    nodes = {"t": "trigger.manual", "a": "core.set", "b": "core.set"}
    first = {"type": "core.merge", "params": {"mode": "first"}}
    edges = [("t", "a"), ("t", "b"), ("a", "main", "m", "a"), ("b", "main", "m", "b")]
    made = flow({**nodes, "m": first}, edges)
    assert ended(made).status == "succeeded"
    assert made.ran.count("m") == 1
    assert made.output == [{"x": 1}]


@pytest.mark.parametrize(
    ("how", "ran"),
    [
        ({}, ["a", "b"]),
        ({"start": "b"}, ["b"]),
        ({"trigger": "t2"}, ["b"]),
    ],
)
def test_an_execution_begins_where_it_is_told(how: dict[str, Any], ran: list[str]) -> None:
    made = flow({**CHAIN, "t2": "trigger.webhook"}, [("t", "a"), ("a", "b"), ("t2", "b")], **how)
    ended(made)
    assert made.ran == ran


def test_without_triggers_it_begins_at_all_roots() -> None:
    made = flow({"a": "core.set", "b": "core.set"}, [])
    ended(made)
    assert (made.ran, made.output) == (["a", "b"], [{"x": 1}, {"x": 1}])


@pytest.mark.parametrize(("start", "code"), [("ghost", "unknown-node"), ("a", "inside-loop")])
def test_a_start_that_cannot_be_is_refused(start: str, code: str) -> None:
    with pytest.raises(InvalidError) as refused:
        flow(LOOP, LOOP_EDGES, start=start)
    assert refused.value.problems[0].code == code


def test_a_loop_runs_its_body_for_each_item_and_emits_what_comes_back_in_order() -> None:
    made = flow(LOOP, LOOP_EDGES, THREE)
    assert ended(made).status == "succeeded"
    assert made.ran == ["each", "a@each[0]", "a@each[1]", "a@each[2]", "z"]
    assert made.output == THREE


def test_a_loop_takes_as_many_items_a_turn_as_it_is_told() -> None:
    made = flow(LOOP, LOOP_EDGES, THREE, size=2)
    ended(made)
    assert made.ran == ["each", "a@each[0]", "a@each[1]", "z"]


def test_a_loop_without_a_way_back_emits_what_went_in() -> None:
    made = flow(LOOP, [edge for edge in LOOP_EDGES if edge != ("a", "each")], THREE)
    ended(made)
    run = made.state.find_run("z", "")
    assert run is not None
    assert [item.json for item in run.items_of()] == THREE


def test_what_a_loop_body_drops_does_not_come_back() -> None:
    made = flow(
        {**LOOP, "if": "core.if"},
        [*LOOP_EDGES[:2], ("a", "if"), ("if", "true", "each"), LOOP_EDGES[3]],
        THREE,
        does={"if": split_by_size},
    )
    ended(made)
    assert made.output == THREE[1:]


def test_loops_nest_and_each_turn_has_its_path() -> None:
    nodes = {**LOOP, "in": "core.each"}
    edges = [("t", "each"), ("each", "item", "in"), ("in", "item", "a"), ("a", "in")]
    made = flow(nodes, [*edges, ("in", "done", "each"), ("each", "done", "z")], THREE[:2])
    ended(made)
    assert "a@each[1]/in[0]" in made.ran
    assert made.output == THREE[:2]


def test_a_failure_in_a_loop_ends_the_execution() -> None:
    made = flow(LOOP, LOOP_EDGES, THREE, fails=frozenset({"a@each[1]"}))
    end = ended(made)
    assert end.status == "failed"
    assert made.statuses()["each"] == "failed"


def test_without_a_failure_catch_is_skipped_and_finally_runs() -> None:
    made = flow(TRY, TRY_EDGES)
    assert ended(made).status == "succeeded"
    assert set(made.ran) == {"try", "a", "b", "join", "f"}
    assert made.statuses()["c"] == "skipped"


def test_what_fails_under_try_enters_catch_as_an_error_item() -> None:
    made = flow(TRY, TRY_EDGES, fails=frozenset({"b"}))
    assert ended(made).status == "succeeded"
    assert set(made.ran) == {"try", "a", "b", "c", "join", "f"}
    assert {"error": {"code": "node-failed", "message": "boom", "node": "b"}} in made.output


@pytest.mark.parametrize("fails", [{"b", "c"}, {"f"}, {"b", "f"}])
def test_a_failure_in_catch_or_finally_leaves_the_try(fails: set[str]) -> None:
    made = flow(TRY, TRY_EDGES, fails=frozenset(fails))
    assert ended(made).status == "failed"
    assert "f" in made.ran
    assert made.statuses()["try"] == "failed"


def test_without_a_catch_the_failure_goes_on_after_finally() -> None:
    edges = [edge for edge in TRY_EDGES if "catch" not in edge and "c" not in edge]
    made = flow(TRY, edges, fails=frozenset({"a"}))
    assert ended(made).status == "failed"
    assert "f" in made.ran


def test_a_try_around_a_loop_catches_what_fails_in_a_turn() -> None:
    nodes = {**LOOP, "try": "core.try", "c": "core.set"}
    edges = [("t", "try"), ("try", "try", "each"), ("each", "item", "a"), ("a", "each")]
    made = flow(nodes, [*edges, ("try", "catch", "c")], THREE, fails=frozenset({"a@each[1]"}))
    assert ended(made).status == "succeeded"
    assert made.ran[-1] == "c"


def test_a_retry_waits_until_its_time_and_keeps_its_attempts() -> None:
    made = flow(CHAIN, [("t", "a"), ("a", "b")], retries={"a": 2})
    assert made.drive() == Suspend(1.0)
    made.now = 1.0
    assert made.drive() == Suspend(3.0)
    made.now = 3.0
    assert ended(made).status == "succeeded"
    assert made.ran == ["a", "a", "a", "b"]


def test_a_wait_suspends_until_its_time() -> None:
    made = flow(CHAIN, [("t", "a"), ("a", "b")], waits={"a": {"until": 50.0}})
    assert made.drive() == Suspend(50.0)
    made.now = 50.0
    assert ended(made).status == "succeeded"


def test_a_wait_for_a_signal_has_no_time() -> None:
    made = flow(CHAIN, [("t", "a"), ("a", "b")], waits={"a": {"signal": "go"}})
    assert made.drive() == Suspend(None)


def test_cancelling_ends_what_runs_and_late_answers_change_nothing() -> None:
    made = flow(CHAIN, [("t", "a"), ("a", "b")], waits={"a": {"signal": "go"}})
    made.drive()
    made.take(Cancelled("no longer wanted", 1.0))
    late = Finished("a", "", 1, 0, 0, {"main": [Item({})]})
    made.take(late)
    end = ended(made)
    assert (end.status, end.reason) == ("cancelled", "no longer wanted")
    assert made.statuses()["a"] == "cancelled"


def test_stopping_well_ends_the_execution_at_once() -> None:
    made = flow(CHAIN, [("t", "a"), ("a", "b")], waits={"a": {}})
    made.drive()
    made.take(Stopped("a", "", 1.0))
    assert ended(made).status == "succeeded"
    assert "b" not in made.ran


@pytest.mark.parametrize(
    ("limits", "word"),
    [(Limits(items=2), "items"), (Limits(node_runs=1), "node runs")],
)
def test_each_limit_has_its_own_error(limits: Limits, word: str) -> None:
    made = flow(CHAIN, [("t", "a"), ("a", "b")], THREE, limits=limits)
    end = ended(made)
    assert end.status == "failed"
    assert end.error is not None
    assert word in end.error["message"]


PAY: dict[str, Any] = {"type": "http.request", "params": {"method": "POST"}}


@pytest.mark.parametrize(
    ("policy", "status"), [(None, "ready"), ("retry", "ready"), ("ask", "in-doubt")]
)
def test_after_a_crash_an_unknown_effect_follows_its_policy(
    policy: str | None, status: str
) -> None:
    pay = {**PAY, **({"inDoubt": policy} if policy else {})}
    made = flow({"t": "trigger.manual", "pay": pay}, [("t", "pay")], waits={"pay": {}})
    made.drive()
    state = begin(made.graph, [Item({"x": 1})])
    apply(state, made.entries[0])
    recover(state)
    run = state.find_run("pay", "")
    assert run is not None
    assert run.status == status


@pytest.mark.parametrize(
    ("outcome", "status"), [("done", "succeeded"), ("not-done", "succeeded"), ("fail", "failed")]
)
def test_a_person_resolves_what_is_in_doubt(outcome: str, status: str) -> None:
    pay = {**PAY, "inDoubt": "ask"}
    made = flow({"t": "trigger.manual", "pay": pay}, [("t", "pay")], waits={"pay": {}})
    made.drive()
    fresh = Flow(made.graph, begin(made.graph, [Item({"x": 1})]))
    fresh.take(made.entries[0])
    recover(fresh.state)
    assert isinstance(fresh.drive(), Rest)
    fresh.take(Resolved("pay", "", 1.0, outcome, {"main": [Item({"paid": True})]}))
    assert ended(fresh).status == status


@pytest.mark.parametrize(
    ("nodes", "edges", "how"),
    [
        (CHAIN, [("t", "a"), ("a", "b")], {}),
        (LOOP, LOOP_EDGES, {}),
        (TRY, TRY_EDGES, {}),
        (TRY, TRY_EDGES, {"fails": frozenset({"b"})}),
        (TRY, TRY_EDGES, {"fails": frozenset({"b", "c"})}),
    ],
)
def test_a_replay_of_the_journal_leads_to_the_same_state(
    nodes: dict[str, Any], edges: list[tuple[str, ...]], how: dict[str, Any]
) -> None:
    made = flow(nodes, edges, THREE, **how)
    ended(made)
    again = Flow(made.graph, made.replayed(THREE))
    assert (again.statuses(), again.output) == (made.statuses(), made.output)


def test_the_history_tells_runs_items_and_errors() -> None:
    made = flow(LOOP, LOOP_EDGES, THREE, fails=frozenset({"a@each[2]"}))
    ended(made)
    entries = [encode_entry(entry) for entry in made.entries]
    state = rebuild(made.graph, THREE, entries)
    rows = {row["name"]: row for row in summary(state, has_ended=True)}
    assert rows["a"]["status"] == "failed"
    assert rows["a"]["runs"] == 3
    assert rows["z"]["status"] == "skipped"
    first, last = state.find_run("a", "each[0]"), state.find_run("a", "each[2]")
    assert first is not None
    assert last is not None
    first.started_at, last.ended_at = 10.0, 12.5
    for run in runs_of(state, "a"):
        run.started_at, run.ended_at = run.started_at or 11.0, run.ended_at or 11.0
    row = next(row for row in summary(state, has_ended=True) if row["name"] == "a")
    assert (row["startedAt"], row["durationMs"]) == ("1970-01-01T00:00:10.000Z", 2500)
    runs, following = node_detail(state, "a", at=(1, 0), limit=1)
    assert following == (2, 0)
    assert runs[0]["input"] == {"main": [{"json": {"x": 2}, "source": 1}]}
    assert node_detail(state, "a", at=(2, 0), limit=1)[1] is None


def test_an_entry_of_an_unknown_kind_is_told() -> None:
    with pytest.raises(StorageError, match="unknown kind"):
        decode_entry(["magic", "a", ""])


def test_binaries_and_sources_survive_the_journal() -> None:
    items = [Item({"a": 1}, {"file": {"blob": "0" * 64}}, (0, 2)), Item({"a": 2}, None, None)]
    entry = Finished("n", "p[0]", 2, 1.0, 2.0, {"main": items}, {"code": "x"}, 3, {"status": 200})
    assert decode_entry(encode_entry(entry)) == entry


def test_files_are_told_once_with_who_made_them() -> None:
    def file(blob: str) -> dict[str, Any]:
        return {"data": {"blob": blob, "size": 1, "mediaType": "text/plain"}}

    made = [Item({}, file("a")), Item({}), Item({}, file("b"))]
    ended = flow(CHAIN, [("t", "a"), ("a", "b")], does={"a": lambda _run, _items: {"main": made}})
    ended.drive()
    told = [(f["blob"], f["node"], f["item"], f["name"]) for f in files_of(ended.state)]
    assert told == [("a", "a", 0, "data"), ("b", "a", 2, "data")]
