"""What expressions see of other nodes' items, and what finding it costs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from alur_engine.pairing import find_ancestor
from alur_engine.views import view_of_node
from alur_sdk.errors import ExpressionError
from alur_sdk.items import Item
from tests.unit.engine.flowing import flow
from tests.unit.engine.test_flow import CHAIN, LOOP, LOOP_EDGES, THREE, ended


def test_a_view_shows_first_last_all_and_the_paired_item() -> None:
    made = flow(LOOP, LOOP_EDGES, THREE)
    ended(made)
    run = made.state.find_run("z", "")
    assert run is not None
    view = view_of_node(made.state, run, "t", 1)
    assert (view.first(), view.last()) == ({"json": {"x": 1}}, {"json": {"x": 3}})
    assert view.all() == [{"json": json} for json in THREE]
    assert view.item == {"json": {"x": 2}}


class Counted(list[Item]):
    """Items that count how many of them were gone through."""

    seen = 0

    def __iter__(self) -> Iterator[Item]:
        for item in super().__iter__():
            Counted.seen += 1
            yield item


def test_the_paired_item_is_found_without_going_through_all_the_others() -> None:
    made = flow(CHAIN, [("t", "a"), ("a", "b")], [{"x": n} for n in range(1_000)])
    ended(made)
    run, source = made.state.find_run("b", ""), made.state.find_run("t", "")
    assert run is not None
    assert source is not None
    source.outputs = {port: Counted(items) for port, items in source.outputs.items()}
    Counted.seen = 0
    for index in range(1_000):
        view = view_of_node(made.state, run, "t", index)
        assert (view.item, view.last()) == ({"json": {"x": index}}, {"json": {"x": 999}})
    assert Counted.seen == 0


def test_an_item_of_many_sources_is_followed_to_the_first_only() -> None:
    made = flow(CHAIN, [("t", "a"), ("a", "b")], THREE)
    ended(made)
    run, middle = made.state.find_run("b", ""), made.state.find_run("a", "")
    assert run is not None
    assert middle is not None
    asked: list[int] = []

    class Sources(tuple[int, ...]):
        def __iter__(self) -> Iterator[int]:
            for source in super().__iter__():
                asked.append(source)
                yield source

    middle.outputs["main"][0].source = Sources((1, 0, 2))
    found = find_ancestor(run, 0, "t")
    assert found is not None
    assert (found.json, asked) == ({"x": 2}, [1])


def test_a_node_that_is_unknown_or_has_not_run_is_told() -> None:
    made = flow(CHAIN, [("t", "a"), ("a", "b")], waits={"a": {"signal": "s"}})
    made.drive()
    run = made.state.find_run("a", "")
    assert run is not None
    for name in ("ghost", "b"):
        with pytest.raises(ExpressionError, match=name):
            view_of_node(made.state, run, name, 0)
