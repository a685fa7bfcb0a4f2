"""What an expression sees of data that somebody sends along, instead of an execution's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from alur_engine.expressions.scope import Scope
from alur_engine.expressions.values import NodeView
from alur_engine.views import ItemsView, shown
from alur_sdk.errors import ExpressionError
from alur_sdk.items import Item

Sample = Mapping[str, Any]
"""`{json?, items?, index?, nodes?, vars?, workflow?, execution?, trigger?, timeZone?}`, items as their JSON."""


def scope_of(sample: Sample, now: float) -> Scope:
    """Return the scope of an item at the sample's `index`, at a time in seconds since 1970.

    `nodes` has the items that other nodes sent; what belongs to the current item there is the one at its index,
    or the first.
    """
    json = sample.get("json")
    items = [Item(each) for each in sample.get("items") or ([] if json is None else [json])]
    index = sample.get("index", 0)
    current = items[index] if 0 <= index < len(items) else Item({} if json is None else json)
    return Scope(
        json if json is not None else current.json,
        item=shown(current),
        items=[shown(item) for item in items],
        index=index,
        vars=sample.get("vars", {}),
        execution=sample.get("execution", {}),
        workflow=sample.get("workflow", {}),
        trigger=sample.get("trigger"),
        now_ms=int(now * 1000),
        time_zone=sample.get("timeZone", "UTC"),
        node=_Nodes(sample.get("nodes") or {}),
        input=ItemsView(items, current),
    )


class _Nodes:
    """What `$("name")` shows."""

    def __init__(self, nodes: Mapping[str, Sequence[Any]]) -> None:
        self._nodes = nodes

    def __call__(self, name: str, index: int) -> NodeView:
        if name not in self._nodes:
            raise ExpressionError(
                f"there are no items of {name!r} to try this on: run the workflow up to it",
                kind="ReferenceError",
            )
        items = [Item(each) for each in self._nodes[name]]
        current = items[index] if index < len(items) else next(iter(items), None)
        return ItemsView(items, current)
