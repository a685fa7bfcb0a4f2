"""Which inputs a node that joins branches is given: those that edges enter, also where they stay empty."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.virtual_time import in_virtual_time
from tests.unit.executor.world import World, node


def _joined(empty: str, other: str, **params: Any) -> dict[str, Any]:
    """Return a merge into which one branch leads nothing and the other all."""
    return {
        "nodes": [
            node("none", "core.filter", params={"condition": False}),
            node("all", "core.set", params={"fields": {"by": "all"}}),
            node("merge", "core.merge", params=params),
        ],
        "edges": [
            {"from": "none", "output": "kept", "to": "merge", "input": empty},
            {"from": "all", "to": "merge", "input": other},
        ],
    }


@pytest.mark.parametrize(("empty", "other"), [("main", "b"), ("b", "main"), ("a", "b")])
@pytest.mark.parametrize("params", [{"mode": "combine"}, {"mode": "by-key", "key": "n"}])
@in_virtual_time
async def test_nothing_comes_of_a_join_with_an_input_that_stays_empty(
    world: World, empty: str, other: str, params: dict[str, Any]
) -> None:
    ended = await world.run(_joined(empty, other, **params), {"n": 1}, {"n": 2})
    assert (ended.status, ended.output) == ("succeeded", [])


@in_virtual_time
async def test_what_only_other_inputs_have_is_none_of_the_first(world: World) -> None:
    params = {"mode": "by-key", "key": "n", "unmatched": "first"}
    assert (await world.run(_joined("main", "b", **params), {"n": 1})).output == []
    assert (await world.run(_joined("b", "main", **params), {"n": 1})).output == [
        {"n": 1, "by": "all"}
    ]


@in_virtual_time
async def test_the_input_of_an_execution_that_begins_at_a_join_passes_it(world: World) -> None:
    spec = _joined("a", "b", mode="combine")
    assert (await world.run(spec, {"n": 1}, start="merge")).output == [{"n": 1}]
