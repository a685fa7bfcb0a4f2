"""The names that start with `$`: what an expression sees of the execution."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from alur_engine.expressions.compiler.context import Code, Env
from alur_engine.expressions.luxon.value import now, today
from alur_engine.expressions.problems import range_error
from alur_engine.expressions.properties import thaw
from alur_engine.expressions.scope import Scope
from alur_engine.expressions.values import UNDEFINED, HostView, Json, Nodes, NodeView, Value

DATA: Final[Mapping[str, Callable[[Scope], Value]]] = {
    "$json": lambda s: s.json,
    "$item": lambda s: s.item,
    "$items": lambda s: s.items if isinstance(s.items, list) else list(s.items),
    "$binary": lambda s: s.binary,
    "$vars": lambda s: s.vars,
    "$env": lambda s: s.env,
    "$execution": lambda s: s.execution,
    "$workflow": lambda s: s.workflow,
    "$run": lambda s: s.run,
    "$trigger": lambda s: s.trigger,
}
"""Data of the execution, which nothing may change."""

MADE: Final[Mapping[str, Callable[[Scope], Value]]] = {
    "$index": lambda s: s.index,
    "$itemIndex": lambda s: s.index,
    "$runIndex": lambda s: s.run_index,
    "$now": now,
    "$today": today,
}
"""Values made for the expression."""


def _at(s: Scope, index: Value) -> Mapping[str, Json]:
    """Return an item; the current one is there even where nothing came in."""
    if type(index) is int and 0 <= index < len(s.items):
        item: Mapping[str, Json] = s.items[index]
        return item
    if type(index) is int and index == s.index:
        return {"json": s.json}
    raise range_error("there is no item of this index")


def _nodes_at(s: Scope, index: Value) -> Nodes:
    _at(s, index)
    return Nodes(lambda name: s.node(name, index))


OF_ITEM: Final[Mapping[str, Callable[[Scope, Value], Value]]] = {
    "json": lambda s, index: _at(s, index)["json"],
    "binary": lambda s, index: _at(s, index).get("binary", UNDEFINED),
    "$json": lambda s, index: _at(s, index)["json"],
    "$binary": lambda s, index: _at(s, index).get("binary", UNDEFINED),
    "$node": _nodes_at,
}
"""What `$item(index)` has: what these names are for the item at that index."""


class _OwnView:
    """A view whose items are the evaluation's own copies."""

    def __init__(self, scope: Scope, view: NodeView) -> None:
        self._scope = scope
        self._view = view

    @property
    def item(self) -> Json:
        return thaw(self._scope, self._view.item)

    def first(self) -> Json:
        return thaw(self._scope, self._view.first())

    def last(self) -> Json:
        return thaw(self._scope, self._view.last())

    def all(self) -> Sequence[Json]:
        return [thaw(self._scope, item) for item in self._view.all()]


def view_of(scope: Scope, view: NodeView, *, thaws: bool) -> HostView:
    """Return `view` as expressions see it."""
    return HostView(_OwnView(scope, view) if thaws else view)


def root(name: str, *, thaws: bool) -> Code | None:
    """Return the closure of a name that starts with `$`, or `None` when there is none such."""
    if name in DATA:
        return _data(name, thaws=thaws)
    if name in MADE:
        made = MADE[name]
        return lambda s, _e: made(s)
    if name == "$input":
        return lambda s, _e: view_of(s, s.input, thaws=thaws)
    if name == "$node":
        return _nodes(thaws=thaws)
    return None


def _nodes(*, thaws: bool) -> Code:
    if not thaws:
        return lambda s, _e: Nodes(lambda name: s.node(name, s.index))

    def nodes(s: Scope, _e: Env) -> Nodes:
        return Nodes(lambda name: _OwnView(s, s.node(name, s.index)))

    return nodes


def _data(name: str, *, thaws: bool) -> Code:
    get = DATA[name]
    if thaws:
        return lambda s, _e: thaw(s, get(s))
    if name == "$json":
        return lambda s, _e: s.json
    return lambda s, _e: get(s)
