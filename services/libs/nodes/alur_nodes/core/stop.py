"""The node `core.stop`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import ConfigDict, Field, model_validator

from alur_sdk import BatchNode, Effect, Item, NodeContext, Params
from alur_sdk import Stop as End


class StopParams(Params):
    """How the execution ends."""

    model_config = ConfigDict(
        json_schema_extra={"anyOf": [{"required": ["message"]}, {"required": ["ok"]}]}
    )

    message: str = Field(
        default="",
        max_length=10_000,
        description="Why it fails.",
        json_schema_extra={"x-ui": {"widget": "textarea"}},
    )
    ok: bool = Field(default=False, description="True: it ends well, here and now.")

    @model_validator(mode="after")
    def _ends_one_way(self) -> StopParams:
        if not self.ok and not self.message:
            raise ValueError("give a `message`, or say `ok: true`")
        return self


class Stop(BatchNode[StopParams]):
    """End the whole execution: as failed with a message, or well with `ok: true`.

    What still runs beside it is cancelled.
    """

    label = "Stop"
    icon = "player-stop"
    effect = Effect.PURE
    outputs = ()
    example = {"message": "no stock for {{ $json.sku }}"}

    def run(
        self, params: StopParams, inputs: Mapping[str, Sequence[Item]], ctx: NodeContext
    ) -> End:
        return End(params.ok, params.message)
