"""The node `core.set`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from alur_nodes.paths import MAX_FILLED, Path, parse_path, picked, put
from alur_sdk import Effect, Item, ItemNode, NodeContext, Params, Permanent


def _with_paths(fields: dict[str, Any]) -> dict[str, Any]:
    for path in fields:
        parse_path(path)
    return fields


class SetParams(Params):
    """Which fields an item gets, and which of its own it keeps."""

    # Keys that were evaluated for an item are read as paths when they are set, not before: this
    # node runs more often than any other.
    fields: Annotated[dict[str, Any], AfterValidator(_with_paths)] = Field(
        default_factory=dict,
        max_length=500,
        description="Path -> value. A path may be nested: `price.total`, `lines[0].sku`.",
        json_schema_extra={"x-ui": {"widget": "fields"}},
    )
    keep: Literal["all", "none"] | list[Path] = Field(
        default="all",
        description="Which fields the item keeps: `all`, `none`, or a list of paths.",
    )


class Set(ItemNode[SetParams]):
    """Set fields of each item.

    The item keeps its other fields unless `keep` says otherwise. With `keep: none` the item is
    made new of the given fields alone, and its files stay behind.
    """

    label = "Set fields"
    icon = "pencil"
    effect = Effect.PURE
    example = {
        "keep": "none",
        "fields": {"id": "{{ $json.body.id }}", "price.total": "{{ $json.body.total }}"},
    }

    def run_item(self, params: SetParams, item: Item, ctx: NodeContext) -> Item:
        keep = params.keep
        if keep == "all":
            json, binary = item.json.copy(), item.binary
        elif keep == "none":
            json, binary = {}, None
        else:
            json, binary = picked(item.json, keep), item.binary
        filled = 0
        for path, value in params.fields.items():
            steps = parse_path(path)
            if len(steps) == 1:
                json[steps[0]] = value  # type: ignore[index]  # a path begins with a name
            else:
                filled += put(json, path, value)
                if filled > MAX_FILLED:
                    raise Permanent(
                        f"the paths of this item leave more than {MAX_FILLED} places of lists empty: use smaller indices",
                        code="bad-parameter",
                    )
        return Item(json, binary)
