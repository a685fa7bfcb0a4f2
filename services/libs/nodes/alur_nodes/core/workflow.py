"""The node `core.workflow`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator

from alur_sdk import BatchNode, ChildStart, Effect, Item, NodeContext, Params, Started

Label = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", min_length=1, max_length=63)
]


class WorkflowParams(Params):
    """Which workflow to run, and on what."""

    workflow: Label = Field(
        description="The name of a workflow of the same project.",
        json_schema_extra={"x-ui": {"widget": "workflow"}},
    )
    input: dict[str, Any] | list[dict[str, Any]] | None = Field(
        default=None,
        description="Its input: an object or a list of them; absent: the items of this node.",
        json_schema_extra={"x-ui": {"widget": "json"}},
    )
    wait: bool = Field(
        default=True,
        description="True: go on with its output when it has ended. False: go on at once.",
    )
    mode: Literal["all", "each"] = Field(
        default="all", description="`all`: one execution for all items. `each`: one for each item."
    )

    @model_validator(mode="after")
    def _one_kind_of_input(self) -> WorkflowParams:
        if self.mode == "each" and self.input is not None:
            raise ValueError("with `mode: each` the item is the input: leave `input` out")
        return self


class Workflow(BatchNode[WorkflowParams]):
    """Run another workflow of the project.

    What it starts is started once, whatever dies in between. It fails when the other one does.
    What it waits for is cancelled when it waits no longer: its own execution has ended otherwise, or the
    node's time is over. With `wait: false` it goes on.
    """

    label = "Run workflow"
    icon = "sitemap"
    effect = Effect.WRITE
    example = {"workflow": "send-invoice", "input": {"order": "{{ $json.id }}"}}

    def run(
        self, params: WorkflowParams, inputs: Mapping[str, Sequence[Item]], ctx: NodeContext
    ) -> Started:
        own = tuple(item.json for item in inputs["main"])
        if params.mode == "each":
            return Started(tuple(ChildStart(params.workflow, (json,)) for json in own), params.wait)
        given = params.input
        if isinstance(given, dict):
            given = [given]
        input_ = own if given is None else tuple(given)
        return Started((ChildStart(params.workflow, input_),), params.wait)
