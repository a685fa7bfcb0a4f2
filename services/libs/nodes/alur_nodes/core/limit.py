"""The node `core.limit`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import Field

from alur_sdk import BatchNode, Effect, Item, NodeContext, Outputs, Params


class LimitParams(Params):
    """How many items go on, and which."""

    max: int = Field(default=1, ge=0, description="At most so many items go on.")
    keep: Literal["first", "last"] = Field(default="first", description="Which items go on.")


class Limit(BatchNode[LimitParams]):
    """Let only the first or the last items go on."""

    label = "Limit"
    icon = "cut"
    effect = Effect.PURE
    example = {"max": 10}

    def run(
        self, params: LimitParams, inputs: Mapping[str, Sequence[Item]], ctx: NodeContext
    ) -> Outputs:
        items = inputs["main"]
        start = 0 if params.keep == "first" else max(0, len(items) - params.max)
        kept = range(start, min(len(items), start + params.max))
        return {"main": [Item(items[at].json, items[at].binary, at) for at in kept]}
