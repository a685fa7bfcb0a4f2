"""The node `core.noop`."""

from __future__ import annotations

from alur_sdk import Effect, Item, ItemNode, NodeContext, Params


class NoopParams(Params):
    """Nothing to set."""


class Noop(ItemNode[NoopParams]):
    """Pass every item on as it is: a place where branches meet, or where one ends."""

    label = "Do nothing"
    icon = "arrow-right"
    effect = Effect.PURE

    def run_item(self, params: NoopParams, item: Item, ctx: NodeContext) -> Item:
        return Item(item.json, item.binary)
