"""The node `core.filter`."""

from __future__ import annotations

from pydantic import Field

from alur_sdk import Condition, Effect, Item, ItemNode, NodeContext, Params, Sent


class FilterParams(Params):
    """What lets an item through."""

    condition: Condition = Field(
        description="True for the items that go on, e.g. `{{ $json.total > 100 }}`.",
        json_schema_extra={"x-ui": {"widget": "condition"}},
    )


class Filter(ItemNode[FilterParams]):
    """Send the items for which the condition holds to `kept`, all others to `dropped`."""

    label = "Filter"
    icon = "filter"
    effect = Effect.PURE
    outputs = ("kept", "dropped")
    example = {"condition": "{{ $json.total > 100 }}"}

    def run_item(self, params: FilterParams, item: Item, ctx: NodeContext) -> Sent:
        return item.to("kept" if params.condition else "dropped")
