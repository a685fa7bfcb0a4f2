"""Laws of paths, for any JSON."""

from __future__ import annotations

import copy
import time
import tracemalloc
from contextlib import suppress
from functools import partial
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alur_nodes.core.set import Set, SetParams
from alur_nodes.paths import MISSING, PathError, parse_path, picked, put, value_at, without
from alur_nodes.values import identity, order_key
from alur_sdk import Item, Json, NodeContext, Permanent

NAMES = st.sampled_from(["a", "b", "0", "1", "x y", "é"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from([0.5, 1.0, "", "a", "1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(NAMES, VALUES, max_size=4)


@st.composite
def paths(draw: st.DrawFn) -> str:
    steps = draw(st.lists(NAMES | st.integers(0, 3), max_size=3))
    return draw(NAMES) + "".join(f".{s}" if isinstance(s, str) else f"[{s}]" for s in steps)


@given(OBJECTS, paths(), VALUES)
def test_setting_a_value_changes_nothing_that_others_see(
    json: dict[str, Json], path: str, value: Json
) -> None:
    before = copy.deepcopy(json)
    with suppress(Permanent):
        put(dict(json), path, value)
    assert json == before


@given(OBJECTS, paths(), VALUES)
def test_what_was_set_is_there(json: dict[str, Json], path: str, value: Json) -> None:
    try:
        put(json, path, value)
    except Permanent:
        return
    assert value_at(json, path) == value


@given(OBJECTS, paths())
def test_what_was_taken_away_is_gone_and_all_else_is_as_it_was(
    json: dict[str, Json], path: str
) -> None:
    before = copy.deepcopy(json)
    left = without(json, path)
    assert json == before
    if value_at(json, path) is MISSING:
        assert left == json
    else:
        assert identity(left) != identity(json)


@given(OBJECTS, st.lists(paths(), max_size=3))
def test_what_was_picked_was_there(json: dict[str, Json], wanted: list[str]) -> None:
    try:
        chosen = picked(json, wanted)
    except Permanent:
        return
    if len(wanted) == 1:
        assert value_at(chosen, wanted[0]) == value_at(json, wanted[0])
    assert set(chosen) <= set(json)


@given(VALUES, VALUES)
def test_values_are_the_same_when_their_identities_are(left: Json, right: Json) -> None:
    assert identity(left) == identity(copy.deepcopy(left))
    if identity(left) == identity(right):
        assert left == right


@given(st.lists(VALUES))
def test_anything_can_be_sorted(values: list[Json]) -> None:
    ordered = sorted(values, key=order_key)
    assert sorted(ordered, key=order_key) == ordered


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("a", ("a",)),
        ("a.b[0].c", ("a", "b", 0, "c")),
        ("a[0][1]", ("a", 0, 1)),
        ("['a.b']", ("a.b",)),
        ('a["x]"]', ("a", "x]")),
        ("total price.é", ("total price", "é")),
        ("a.0", ("a", "0")),
    ],
)
def test_a_path_has_steps(text: str, steps: tuple[str | int, ...]) -> None:
    assert parse_path(text) == steps


def test_a_path_that_is_none_is_refused_soon() -> None:
    begun = time.process_time()
    with pytest.raises(PathError):
        parse_path("[" * 100_000)
    assert time.process_time() - begun < 1


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("a" + "[9999]" * 3_000, "may have 1000 characters"),
        ("a" + "[9999]" * 160, "places may be empty before all of its indices"),
        ("a[10001]", "an index may be 10000"),
    ],
)
def test_a_path_of_strangers_is_refused_before_it_fills_memory(path: str, error: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(Permanent, match=error):
            put({}, path, 1)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_places_before_an_index_are_filled_and_counted() -> None:
    fresh: dict[str, Json] = {"a": [1]}
    assert put(fresh, "a[2][3]", 7) == 4
    assert fresh == {"a": [1, None, [None, None, None, 7]]}
    assert put(fresh, "a[1]", 7) == 0
    assert put({}, "a[4000][5000].b[1000]", 1) == 10_000


def test_the_paths_of_one_item_fill_a_bounded_number_of_places() -> None:
    item = Item({"n": 1}, None)
    run = partial(Set().run_item, item=item, ctx=cast("NodeContext", None))
    assert len(run(SetParams(fields={f"a{n}[9999]": n for n in range(10)})).json) == 11
    with pytest.raises(Permanent, match="more than 100000 places"):
        run(SetParams(fields={f"a{n}[9999]": n for n in range(500)}))
