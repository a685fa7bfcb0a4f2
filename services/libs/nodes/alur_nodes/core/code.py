"""The node `core.code`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from alur_nodes.code_results import emitted
from alur_sdk import (
    BatchNode,
    CodeJob,
    Duration,
    Effect,
    Item,
    Json,
    NodeContext,
    Outputs,
    Params,
    duration_seconds,
)

_UNITS = {"Ki": 1024, "Mi": 1024**2, "Gi": 1024**3}
Memory = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,5}(Ki|Mi|Gi)$")]


class CodeLimits(Params):
    """What a run of the code may use before it is stopped."""

    time: Duration = Field(
        default="PT10S",
        description="How long it may run, as an ISO 8601 duration.",
        json_schema_extra={"x-ui": {"widget": "duration"}},
    )
    memory: Memory = Field(
        default="128Mi", description="How much memory it may take: `64Mi`, `1Gi`."
    )


class CodeParams(Params):
    """What to run."""

    language: Literal["javascript", "python"] = Field(
        default="javascript", description="The language of the code."
    )
    mode: Literal["all", "each"] = Field(
        default="all", description="Run once for all items, or once for each."
    )
    code: str = Field(
        min_length=1,
        max_length=100_000,
        description="The body of a function; what it returns are the items.",
        json_schema_extra={"x-ui": {"widget": "code", "language": "language"}},
    )
    limits: CodeLimits = Field(
        default_factory=CodeLimits, description="What it may use before it is stopped."
    )


class Code(BatchNode[CodeParams]):
    """Run code in JavaScript or Python, in a jail without files and network.

    The code is the body of a function. It sees `items`, `$input`, `$json`, `$("name")` and the
    other names of expressions (in Python `_input`, `_json`, `_node("name")`), and returns an object,
    a list of objects, or items as `{json: …}`. JavaScript has `DateTime`, `Intl` and the helpers of
    expressions as well; its local times are those of the workflow's time zone.
    """

    label = "Code"
    icon = "code"
    effect = Effect.PURE
    raw = ("code",)
    example = {
        "language": "javascript",
        "code": "return items.map(({ json }) => ({ id: json.id, total: json.price * json.count }));",
    }

    async def run(
        self, params: CodeParams, inputs: Mapping[str, Sequence[Item]], ctx: NodeContext
    ) -> Outputs:
        items = inputs["main"]
        result: Json = await ctx.code.run(
            CodeJob(
                language=params.language,
                mode=params.mode,
                code=params.code,
                items=items,
                seconds=duration_seconds(params.limits.time),
                memory=int(params.limits.memory[:-2]) * _UNITS[params.limits.memory[-2:]],
            )
        )
        return {"main": emitted(result, items, params.mode, params.language)}
