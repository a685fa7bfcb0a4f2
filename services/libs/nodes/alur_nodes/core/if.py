"""The node `core.if`."""

from __future__ import annotations

from pydantic import Field

from alur_sdk import Condition, Effect, Item, ItemNode, NodeContext, Params, Sent


class IfParams(Params):
    """What decides."""

    condition: Condition = Field(
        description="What decides for each item, e.g. `{{ $json.total > 100 }}`.",
        json_schema_extra={"x-ui": {"widget": "condition"}},
    )


class If(ItemNode[IfParams]):
    """Send each item to `true` or to `false`.

    The condition is read as JavaScript reads one: 0, an empty text and null are false, an empty
    list is true. In YAML an edge quotes its port, `output: "true"`: bare `true` is no text.
    """

    label = "If"
    icon = "arrows-split-2"
    effect = Effect.PURE
    outputs = ("true", "false")
    example = {"condition": "{{ $json.total > 100 }}"}

    def run_item(self, params: IfParams, item: Item, ctx: NodeContext) -> Sent:
        return item.to("true" if params.condition else "false")
