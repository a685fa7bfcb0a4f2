"""The node `core.unique`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import Field

from alur_nodes.paths import Path, value_at
from alur_nodes.values import identity
from alur_sdk import BatchNode, Effect, Item, NodeContext, Outputs, Params


class UniqueParams(Params):
    """What makes two items the same."""

    by: list[Path] = Field(
        default_factory=list,
        max_length=50,
        description="Items with the same values at these paths are the same; empty: the whole item.",
        json_schema_extra={"x-ui": {"widget": "paths"}},
    )


class Unique(BatchNode[UniqueParams]):
    """Send the first of the items that are the same to `main`, the others to `duplicates`."""

    label = "Remove duplicates"
    icon = "copy-off"
    effect = Effect.PURE
    outputs = ("main", "duplicates")
    example = {"by": ["email"]}

    def run(
        self, params: UniqueParams, inputs: Mapping[str, Sequence[Item]], ctx: NodeContext
    ) -> Outputs:
        seen = set()
        sent: Outputs = {"main": [], "duplicates": []}
        for at, item in enumerate(inputs["main"]):
            values = [value_at(item.json, path) for path in params.by] if params.by else item.json
            key = identity(values)
            sent["duplicates" if key in seen else "main"].append(Item(item.json, item.binary, at))
            seen.add(key)
        return sent
