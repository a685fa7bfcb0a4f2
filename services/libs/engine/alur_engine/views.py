"""What `$("name")` and `$input` show of other nodes' items."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from alur_engine.pairing import find_ancestor
from alur_engine.state import Run, State
from alur_sdk.errors import ExpressionError
from alur_sdk.items import Item


def shown(item: Item) -> dict[str, Any]:
    """Return an item as expressions see it: `{json, binary?}`."""
    if item.binary is None:
        return {"json": item.json}
    return {"json": item.json, "binary": item.binary}


class ItemsView:
    """Items of a node or an input port; `item` is the one that belongs to the current item."""

    __slots__ = ("_current", "_filled")

    def __init__(self, items: Sequence[Item], current: Item | None) -> None:
        self._filled: Sequence[Sequence[Item]] = (items,) if items else ()
        self._current = current

    @property
    def item(self) -> dict[str, Any] | None:
        return None if self._current is None else shown(self._current)

    def first(self) -> dict[str, Any] | None:
        return shown(self._filled[0][0]) if self._filled else None

    def last(self) -> dict[str, Any] | None:
        return shown(self._filled[-1][-1]) if self._filled else None

    def all(self) -> list[dict[str, Any]]:
        return [shown(item) for items in self._filled for item in items]


class PairedView(ItemsView):
    """Items of a run of another node; its `item` is found by pairing, when it is asked for.

    One is made for each evaluation, so what the ports hold is not copied. `is_around`: the reader is in its frame, or in one
    within; then its only item answers for all. That of a loop's last turn is one of many.
    """

    __slots__ = ("_index", "_name", "_reader")

    def __init__(self, run: Run, reader: Run, index: int, name: str, *, is_around: bool) -> None:
        filled = [items for items in run.outputs.values() if items]
        is_only = is_around and len(filled) == 1 and len(filled[0]) == 1
        super().__init__((), filled[0][0] if is_only else None)
        self._filled = filled
        self._reader = reader
        self._index = index
        self._name = name

    @property
    def item(self) -> dict[str, Any] | None:
        found = find_ancestor(self._reader, self._index, self._name) or self._current
        if found is None:
            raise ExpressionError(
                f"item {self._index} was not made from an item of {self._name!r}: use first(), last() or all()"
            )
        return shown(found)


def view_of_node(state: State, reader: Run, name: str, index: int) -> ItemsView:
    """Return what `$("name")` is for input item `index` of the run `reader`.

    Raises `ExpressionError` when there is no such node, or it has not run before this one.
    """
    if name not in state.graph.by_name:
        raise ExpressionError(f"there is no node named {name!r}")
    around = state.find_run(name, reader.frame.path)
    run = around or state.last_run(name)
    if run is None or run.status in ("pending", "ready", "running", "skipped", "cancelled"):
        raise ExpressionError(f"node {name!r} has not run before {reader.node.name!r}")
    return PairedView(run, reader, index, name, is_around=around is not None)
