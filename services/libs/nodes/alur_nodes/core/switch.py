"""The node `core.switch`."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from alur_sdk import Condition, Effect, Item, ItemNode, NodeContext, Params, Sent

RESERVED = ("other", "error")
CaseName = Annotated[str, StringConstraints(min_length=1, max_length=64)]


class Case(Params):
    """One way out."""

    name: CaseName = Field(
        description="The output port of this case: any name but `other` and `error`.",
        json_schema_extra={"not": {"enum": list(RESERVED)}},
    )
    condition: Condition = Field(
        description="True for the items of this case.",
        json_schema_extra={"x-ui": {"widget": "condition"}},
    )


def _with_ports(cases: list[Case]) -> list[Case]:
    names = {case.name for case in cases}
    if len(names) < len(cases):
        raise ValueError("two cases have the same name")
    if not names.isdisjoint(RESERVED):
        raise ValueError("no case can be named `other` or `error`: these ports exist already")
    return cases


class SwitchParams(Params):
    """The cases, in the order in which they are tried."""

    cases: Annotated[list[Case], AfterValidator(_with_ports)] = Field(
        min_length=1, max_length=100, description="The ways out, in the order they are tried."
    )
    first: bool = Field(
        default=True,
        description="True: an item leaves by the first case that holds. False: by each that does.",
    )


class Switch(ItemNode[SwitchParams]):
    """Send each item by the port of the case that holds, or by `other` when none does."""

    label = "Switch"
    icon = "route-alt-left"
    effect = Effect.PURE
    outputs = ("other",)
    outputs_from = "cases"
    example = {
        "cases": [
            {"name": "large", "condition": "{{ $json.total >= 1000 }}"},
            {"name": "small", "condition": "{{ $json.total < 10 }}"},
        ]
    }

    def run_item(self, params: SwitchParams, item: Item, ctx: NodeContext) -> list[Sent]:
        sent = []
        for case in params.cases:
            if case.condition:
                sent.append(item.to(case.name))
                if params.first:
                    break
        return sent or [item.to("other")]
