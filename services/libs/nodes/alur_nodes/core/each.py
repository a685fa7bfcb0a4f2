"""The node `core.each`."""

from __future__ import annotations

from pydantic import Field

from alur_sdk import Params, ScopeNode


class EachParams(Params):
    """How many items a turn takes."""

    size: int = Field(default=1, ge=1, le=10_000, description="So many items go out each turn.")


class Each(ScopeNode[EachParams]):
    """Run the nodes behind `item` once for every item, or for every so many.

    What they send back to this node is collected; after the last turn it leaves by `done`, in
    the order of the turns. Loops may hold loops.
    """

    label = "For each"
    icon = "repeat"
    outputs = ("item", "done")
    scopes = ("item",)
    example = {"size": 10}
