"""Nodes that see all items at once: quicker ways come to the same, and what is too much is refused while there is room."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alur_nodes.core import merge
from alur_nodes.core.merge import Merge
from alur_nodes.core.sort import Sort
from alur_nodes.values import order_key
from alur_sdk import ByteLimitError, Item, Json
from alur_sdk.testing import FakeContext, run_node

NUMBERS = st.integers() | st.floats(allow_nan=False)
VALUES: st.SearchStrategy[list[Json]] = st.lists(NUMBERS) | st.lists(st.text()) | st.lists(
    NUMBERS | st.text() | st.booleans() | st.none() | st.just([])
)  # fmt: skip


@pytest.mark.parametrize("order", ["ascending", "descending"])
@given(values=VALUES)
def test_values_of_one_kind_are_sorted_as_mixed_ones_are(order: str, values: list[Json]) -> None:
    context = FakeContext(inputs={"main": [Item({"v": value}) for value in values]})
    sorted_ = asyncio.run(run_node(Sort, {"by": [{"path": "v", "order": order}]}, context))
    assert isinstance(sorted_, dict)
    present = [at for at, value in enumerate(values) if value is not None]
    absent = [at for at, value in enumerate(values) if value is None]
    present.sort(key=lambda at: order_key(values[at]), reverse=order == "descending")
    assert [item.source for item in sorted_["main"]] == present + absent


async def test_items_that_come_to_too_many_fields_are_refused_before_all_are_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[Item] = []
    one = merge._one

    def counted(row: merge.Row) -> Item:
        made.append(one(row))
        return made[-1]

    monkeypatch.setattr(merge, "_one", counted)
    monkeypatch.setattr(merge, "MAX_FIELDS", 1_000)
    sides = {
        port: [Item({f"{port}{n}": n for n in range(50)}) for _ in range(100)]
        for port in ("main", "a")
    }
    with pytest.raises(ByteLimitError, match="more than 1,000 fields"):
        await run_node(Merge, {"mode": "combine"}, FakeContext(inputs=sides))
    assert len(made) == 11
    appended = await run_node(Merge, {"mode": "append"}, FakeContext(inputs=sides))
    assert isinstance(appended, dict)
    assert len(appended["main"]) == 200
