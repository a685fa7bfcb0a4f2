"""The node `core.split`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from alur_nodes.paths import MISSING, Path, parse_path, picked, put, value_at, without
from alur_sdk import Effect, Item, ItemNode, Json, NodeContext, Params


class SplitParams(Params):
    """Which list to take apart."""

    field: Path = Field(
        description="Where the list is, e.g. `body.items`.",
        json_schema_extra={"x-ui": {"widget": "path"}},
    )
    into: Path | None = Field(
        default=None,
        description="Where each element goes; absent: an object becomes the item itself.",
        json_schema_extra={"x-ui": {"widget": "path"}},
    )
    keep: Literal["all", "none"] | list[Path] = Field(
        default="none", description="Which other fields each new item gets: all, none, or a list."
    )


class Split(ItemNode[SplitParams]):
    """Make an item of each element of a list.

    Objects become the items themselves; any other element goes into a field named as the last
    part of the path. A value that is no list counts as its only element; null and an absent
    field as none.
    """

    label = "Split out"
    icon = "fold-down"
    effect = Effect.PURE
    example = {"field": "body.items"}

    def run_item(self, params: SplitParams, item: Item, ctx: NodeContext) -> list[Item]:
        found = value_at(item.json, params.field)
        if found is None or found is MISSING:
            return []
        elements = found if type(found) is list else [found]
        if params.keep == "none" and params.into is None:
            name = str(parse_path(params.field)[-1])
            return [Item(e if type(e) is dict else {name: e}, item.binary) for e in elements]
        kept = _kept(params, item.json)
        return [Item(_joined(kept, element, params), item.binary) for element in elements]


def _kept(params: SplitParams, json: dict[str, Json]) -> dict[str, Json]:
    if params.keep == "none":
        return {}
    return without(json, params.field) if params.keep == "all" else picked(json, params.keep)


def _joined(kept: dict[str, Json], element: Json, params: SplitParams) -> dict[str, Json]:
    if params.into is None and type(element) is dict:
        return {**kept, **element}
    fresh = dict(kept)
    put(fresh, params.into or str(parse_path(params.field)[-1]), element)
    return fresh
