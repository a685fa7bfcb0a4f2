"""The node `core.wait`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from pydantic import ConfigDict, Field, model_validator

from alur_sdk import (
    BatchNode,
    Duration,
    Effect,
    Item,
    NodeContext,
    Params,
    Permanent,
    duration_seconds,
)
from alur_sdk import (
    Wait as Suspend,
)
from alur_sdk.durations import LONGEST_SECONDS


class WaitParams(Params):
    """What to wait for."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [{"required": [name]} for name in ("for", "until", "signal")],
            "not": {"required": ["for", "until"]},
        }
    )

    for_: Duration | None = Field(
        default=None,
        alias="for",
        description="How long to wait, as an ISO 8601 duration such as `PT5M`.",
        json_schema_extra={"x-ui": {"widget": "duration"}},
    )
    until: str | int | float | None = Field(
        default=None,
        description=(
            "When to go on: a date and time, in the workflow's time zone unless it names one, or "
            "milliseconds since 1970. A time that is past does not wait."
        ),
        json_schema_extra={"x-ui": {"widget": "date-time"}},
    )
    signal: str | None = Field(
        default=None,
        min_length=1,
        max_length=128,
        description="The signal that ends the wait; with a time as well, whichever comes first.",
    )

    @model_validator(mode="after")
    def _waits_for_something(self) -> WaitParams:
        if self.for_ is not None and self.until is not None:
            raise ValueError("give `for` or `until`, not both")
        if self.for_ is None and self.until is None and self.signal is None:
            raise ValueError("give `for`, `until` or `signal`")
        return self


class Wait(BatchNode[WaitParams]):
    """Wait for a while, until a time, or for a signal, then pass the items on.

    An execution that waits is kept in the store and takes no memory, be it for seconds or for
    months. What comes with a signal becomes the item that goes on.
    """

    label = "Wait"
    icon = "clock-pause"
    effect = Effect.PURE
    example = {"for": "PT5M"}

    def run(
        self, params: WaitParams, inputs: Mapping[str, Sequence[Item]], ctx: NodeContext
    ) -> Suspend:
        until = None
        if params.for_ is not None:
            until = ctx.now + duration_seconds(params.for_)
        elif params.until is not None:
            until = _seconds(params.until, ctx)
        return Suspend(until=until, signal=params.signal)


def _seconds(until: str | float, ctx: NodeContext) -> float:
    if not isinstance(until, str):
        seconds = until / 1000
    else:
        try:
            moment = datetime.fromisoformat(until)
        except ValueError as error:
            raise Permanent(
                f"`until` is no date and time: {until[:40]!r}", code="bad-parameter"
            ) from error
        zoned = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(ctx.time_zone))
        seconds = zoned.timestamp()
    if not seconds <= ctx.now + LONGEST_SECONDS:  # NaN is not, either
        raise Permanent(
            f"`until` is {until!r}, more than a century from now; numbers are milliseconds since 1970",
            code="bad-parameter",
        )
    return max(seconds, 0.0)
