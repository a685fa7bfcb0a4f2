"""The trigger `trigger.manual`."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from alur_sdk import Params, TriggerNode


class ManualParams(Params):
    """What a run without input begins with."""

    example: list[dict[str, Any]] = Field(
        default_factory=list,
        max_length=1_000,
        description="Items to begin with when a run by hand gives no input; absent: one empty item.",
        json_schema_extra={"x-ui": {"widget": "json"}},
    )


class Manual(TriggerNode[ManualParams]):
    """Start by hand: from the editor, the command line, code, or `kubectl`.

    The input of the run leaves this trigger, one object an item.
    """

    label = "By hand"
    icon = "hand-click"
    example = {"example": [{"id": 7, "total": 700}]}
