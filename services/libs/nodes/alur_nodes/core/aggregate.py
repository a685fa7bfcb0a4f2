"""The node `core.aggregate`."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Literal

from pydantic import Field, model_validator

from alur_nodes.paths import MISSING, Path, parse_path, put, value_at
from alur_nodes.values import UNORDERED, identity, numbers, order_key, plain
from alur_sdk import BatchNode, Effect, Item, Json, NodeContext, Outputs, Params, Permanent

Function = Literal["count", "sum", "avg", "min", "max", "first", "last", "list", "distinct"]


class Value(Params):
    """One value computed over the items of a group."""

    path: Path | None = Field(
        default=None,
        description="Where the value is in each item; only `count` can do without.",
        json_schema_extra={"x-ui": {"widget": "path"}},
    )
    as_: Path | None = Field(
        default=None,
        alias="as",
        description="Where the result goes; absent: a field named as the function.",
        json_schema_extra={"x-ui": {"widget": "path"}},
    )
    function: Function = Field(description="What to compute. Absent values and nulls do not count.")

    @model_validator(mode="after")
    def _has_a_path(self) -> Value:
        if self.path is None and self.function != "count":
            raise ValueError(f"`{self.function}` needs a path")
        return self


class AggregateParams(Params):
    """How items are brought together."""

    group: list[Path] = Field(
        default_factory=list,
        max_length=20,
        description="Items with the same values at these paths are one group; empty: all are.",
        json_schema_extra={"x-ui": {"widget": "paths"}},
    )
    into: Path | None = Field(
        default=None,
        description="A field for the list of the group's items; `items` when nothing is computed.",
        json_schema_extra={"x-ui": {"widget": "path"}},
    )
    values: list[Value] = Field(
        default_factory=list, max_length=100, description="What to compute over each group."
    )


class Aggregate(BatchNode[AggregateParams]):
    """Make one item of each group of items: their list, their count, sum, average and so on.

    Groups come in the order of their first items, and hold the values that they share. Numbers
    are added as JavaScript adds them. `min` and `max` also compare texts; a sum over anything
    but numbers fails.
    """

    label = "Aggregate"
    icon = "sum"
    effect = Effect.PURE
    example = {
        "group": ["country"],
        "values": [{"path": "total", "as": "revenue", "function": "sum"}, {"function": "count"}],
    }

    def run(
        self, params: AggregateParams, inputs: Mapping[str, Sequence[Item]], ctx: NodeContext
    ) -> Outputs:
        items = inputs["main"]
        groups = _groups(items, params.group)
        return {"main": [_summary(params, items, indices) for indices in groups]}


def _groups(items: Sequence[Item], paths: list[str]) -> list[list[int]]:
    if not paths:
        return [list(range(len(items)))]
    groups: dict[Hashable, list[int]] = {}
    for at, item in enumerate(items):
        key = tuple(identity(value_at(item.json, path)) for path in paths)
        groups.setdefault(key, []).append(at)
    return list(groups.values())


def _summary(params: AggregateParams, items: Sequence[Item], indices: list[int]) -> Item:
    fresh: dict[str, Json] = {}
    for path in params.group:
        value = value_at(items[indices[0]].json, path)
        if value is not MISSING:
            put(fresh, path, value)
    into = params.into or (None if params.values else "items")
    if into is not None:
        put(fresh, into, [items[at].json for at in indices])
    for value in params.values:
        put(fresh, value.as_ or value.function, _computed(value, items, indices))
    return Item(fresh, source=tuple(indices))


def _computed(value: Value, items: Sequence[Item], indices: list[int]) -> Json:
    if value.path is None:
        return len(indices)
    steps = parse_path(value.path)
    if len(steps) == 1:
        name = str(steps[0])
        found = [items[at].json.get(name) for at in indices]
    else:
        found = [value_at(items[at].json, value.path) for at in indices]
    present = [each for each in found if each is not None and each is not MISSING]
    return _FUNCTIONS[value.function](present, value.path)


def _sum(values: list[Json], path: str) -> Json:
    return plain(sum(numbers(values, path)))


def _average(values: list[Json], path: str) -> Json:
    return plain(sum(numbers(values, path)) / len(values)) if values else None


def _extreme(choose: Callable[..., Json]) -> Callable[[list[Json], str], Json]:
    def chosen(values: list[Json], path: str) -> Json:
        kinds = {order_key(value)[0] for value in values}
        if len(kinds) > 1 or UNORDERED in kinds:
            raise Permanent(f"`{path}` holds values that have no order among them", code="bad-data")
        return choose(values, key=order_key, default=None)

    return chosen


def _distinct(values: list[Json], _: str) -> Json:
    firsts: dict[Hashable, Json] = {}
    for value in values:
        firsts.setdefault(identity(value), value)
    return list(firsts.values())


_FUNCTIONS: dict[str, Callable[[list[Json], str], Json]] = {
    "count": lambda values, _: len(values),
    "sum": _sum,
    "avg": _average,
    "min": _extreme(min),
    "max": _extreme(max),
    "first": lambda values, _: values[0] if values else None,
    "last": lambda values, _: values[-1] if values else None,
    "list": lambda values, _: values,
    "distinct": _distinct,
}
