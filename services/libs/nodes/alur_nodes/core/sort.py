"""The node `core.sort`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from pydantic import Field

from alur_nodes.paths import MISSING, Path, value_at
from alur_nodes.values import order_key
from alur_sdk import BatchNode, Effect, Item, Json, NodeContext, Outputs, Params


class SortKey(Params):
    """One value to sort by."""

    path: Path = Field(
        description="Where the value is.", json_schema_extra={"x-ui": {"widget": "path"}}
    )
    order: Literal["ascending", "descending"] = Field(
        default="ascending", description="Smallest or largest first."
    )


class SortParams(Params):
    """What to sort by."""

    by: list[SortKey] = Field(
        min_length=1,
        max_length=20,
        description="What to sort by; items that are equal in the first go by the next.",
    )


class Sort(BatchNode[SortParams]):
    """Put the items into order.

    Numbers come before texts, texts go by code point, and items without a value come last
    whatever the order. Items that are equal stay as they were.
    """

    label = "Sort"
    icon = "sort-ascending"
    effect = Effect.PURE
    example = {"by": [{"path": "price.total", "order": "descending"}, {"path": "name"}]}

    def run(
        self, params: SortParams, inputs: Mapping[str, Sequence[Item]], ctx: NodeContext
    ) -> Outputs:
        items = inputs["main"]
        order = list(range(len(items)))
        # Sorting is stable, so the last key goes first.
        for key in reversed(params.by):
            values = [value_at(item.json, key.path) for item in items]
            order = _sorted(order, values, descending=key.order == "descending")
        return {"main": [Item(items[at].json, items[at].binary, at) for at in order]}


def _sorted(order: list[int], values: list[Json], *, descending: bool) -> list[int]:
    present = [at for at in order if values[at] is not MISSING and values[at] is not None]
    absent = [at for at in order if values[at] is MISSING or values[at] is None]
    present.sort(key=_key_of(values, present), reverse=descending)
    return present + absent


def _key_of(values: list[Json], present: list[int]) -> Callable[[int], Any]:
    """Return what to sort by: numbers alone and texts alone are compared as they are, which is many times faster."""
    kinds = {type(values[at]) for at in present}
    if kinds <= {int, float} or kinds == {str}:
        return values.__getitem__
    return lambda at: order_key(values[at])
