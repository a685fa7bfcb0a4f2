from __future__ import annotations

from typing import Any

import pytest

from alur_engine.applying import begin
from alur_engine.journal import Finished, ItemDone, Resolved, Started
from alur_engine.planning import Rest, recover
from alur_engine.state import Run
from alur_sdk.items import Item, Outputs
from tests.unit.engine.flowing import Edge, Flow, graph

PAY: dict[str, Any] = {"type": "http.request", "params": {"method": "POST"}, "inDoubt": "ask"}
TWO = [Item({"n": 0}), Item({"n": 1})]


def paid(number: int) -> Outputs:
    return {"main": [Item({"paid": number}, None, number)]}


class Doubt:
    """A write node over some items that was cut off; each decision is read back from the journal by the next owner."""

    def __init__(self, *done: int, **pay: Any) -> None:
        nodes: dict[str, Any] = {"t": "trigger.manual", "pay": {**PAY, **pay}, "next": "core.set"}
        edges: list[Edge] = [("t", "pay"), ("pay", "next")]
        if pay.get("onError") == "branch":
            edges.append(("pay", "error", "next"))
        self._graph = graph(nodes, edges)
        self.flow = Flow(self._graph, begin(self._graph, TWO))
        self.flow.take(Started("pay", "", 1, 0.0, {"0": {}, "1": {}}))
        for number in done:
            self.flow.take(ItemDone("pay", "", number, paid(number)))

    def decide(self, outcome: str, item: int | None = None, outputs: Outputs | None = None) -> None:
        self.recover()
        assert isinstance(self.flow.drive(), Rest)
        outputs = paid(item or 0) if outputs is None else outputs
        self.flow.take(Resolved("pay", "", 1.0, outcome, outputs, item))

    def recover(self) -> None:
        before = self.flow.entries
        again = self.flow.replayed([item.json for item in TWO])
        self.flow = Flow(self._graph, again, entries=before)
        recover(self.flow.state)

    @property
    def run(self) -> Run:
        run = self.flow.state.find_run("pay", "")
        assert run is not None
        return run


def test_a_decision_about_one_item_leaves_the_others_in_doubt() -> None:
    for item in (0, 1):
        for outcome in ("done", "not-done", "fail"):
            doubt = Doubt()
            doubt.decide(outcome, item)
            doubt.recover()
            assert (doubt.run.status, doubt.run.undecided()) == ("in-doubt", [1 - item])


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_what_each_item_came_to_goes_on_in_their_order(order: tuple[int, int]) -> None:
    doubt = Doubt()
    for item in order:
        doubt.decide("done", item)
    assert [item.json for item in doubt.run.outputs["main"]] == [{"paid": 0}, {"paid": 1}]
    assert doubt.run.status == "succeeded"


def test_only_the_items_that_did_not_happen_are_tried_again() -> None:
    doubt = Doubt()
    doubt.decide("not-done", 1)
    doubt.decide("done", 0)
    assert (doubt.run.status, doubt.run.attempt) == ("ready", 0)
    assert doubt.run.outcomes == {0: paid(0)}


@pytest.mark.parametrize(("policy", "port"), [("continue", "main"), ("branch", "error")])
def test_only_the_item_that_failed_becomes_an_error_item(policy: str, port: str) -> None:
    doubt = Doubt(onError=policy)
    doubt.decide("fail", 1)
    doubt.decide("done", 0)
    shown = [(name, item.json) for name, items in doubt.run.outputs.items() for item in items]
    assert (doubt.run.status, shown[0]) == ("failed", ("main", {"paid": 0}))
    ((name, failed),) = shown[1:]
    assert (name, failed["item"], failed["error"]["code"]) == (port, {"n": 1}, "resolved-as-failed")


def test_an_item_that_failed_is_told_though_the_other_is_done_when_tried_again() -> None:
    doubt = Doubt(onError="continue")
    doubt.decide("fail", 0)
    doubt.decide("not-done", 1)
    doubt.recover()
    run = doubt.run
    assert (run.status, list(run.outcomes or {})) == ("ready", [0])
    doubt.flow.take(Started("pay", "", 1, 2.0))
    outputs = {"main": [*(run.outcomes or {})[0]["main"], *paid(1)["main"]]}
    doubt.flow.take(Finished("pay", "", 1, 2.0, 3.0, outputs))
    assert (run.status, run.error is not None) == ("failed", True)


def test_one_failed_item_fails_a_node_that_stops_once_all_are_decided() -> None:
    doubt = Doubt()
    doubt.decide("fail", 1)
    doubt.decide("not-done", 0)
    assert (doubt.run.status, doubt.flow.state.is_over) == ("failed", True)


@pytest.mark.parametrize("item", [2, 9, -1, 1])
def test_a_decision_about_an_item_that_is_not_in_doubt_changes_nothing(item: int) -> None:
    doubt = Doubt(1)
    doubt.decide("done", item, {"main": [Item({"forged": True})]})
    assert (doubt.run.status, doubt.run.outcomes) == ("in-doubt", {1: paid(1)})


def test_a_decision_about_the_rest_keeps_what_is_known() -> None:
    doubt = Doubt(1)
    doubt.decide("done", None, {"main": [Item({"by": "hand"})]})
    assert [item.json for item in doubt.run.outputs["main"]] == [{"by": "hand"}, {"paid": 1}]
    assert doubt.run.status == "succeeded"


def test_what_is_decided_once_is_not_kept_for_the_next_doubt() -> None:
    doubt = Doubt()
    doubt.decide("not-done")
    doubt.flow.take(Started("pay", "", 1, 2.0))
    doubt.recover()
    assert (doubt.run.status, doubt.run.undecided()) == ("in-doubt", [0, 1])


def test_a_node_run_of_which_every_item_is_known_is_not_in_doubt() -> None:
    doubt = Doubt(0, 1)
    doubt.recover()
    assert doubt.run.status == "ready"


@pytest.mark.parametrize(
    ("outcome", "policy", "status"),
    [("done", "stop", "succeeded"), ("fail", "stop", "failed"), ("fail", "continue", "failed")],
)
def test_a_node_run_without_items_is_decided_as_a_whole(
    outcome: str, policy: str, status: str
) -> None:
    made = graph({"t": "trigger.manual", "pay": {**PAY, "onError": policy}}, [("t", "pay")])
    fresh = Flow(made, begin(made, [], start="pay"))
    fresh.take(Started("pay", "", 1, 0.0, {}))
    recover(fresh.state)
    assert isinstance(fresh.drive(), Rest)
    fresh.take(Resolved("pay", "", 1.0, outcome, paid(0)))
    assert fresh.statuses()["pay"] == status
