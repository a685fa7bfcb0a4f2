"""The trigger `trigger.schedule`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, model_validator

from alur_sdk import Duration, Params, TriggerNode, duration_seconds
from alur_sdk.zones import is_time_zone

CRON = r"^\s*[0-9A-Za-z*,/\-?#]+(\s+[0-9A-Za-z*,/\-?#]+){4,5}\s*$"
MIN_EVERY_SECONDS = 1.0


def _known_zone(name: str) -> str:
    if not is_time_zone(name):
        raise ValueError(f"{name[:40]!r} is no IANA time zone")
    return name


Cron = Annotated[
    str,
    StringConstraints(pattern=CRON, max_length=200),
    Field(json_schema_extra={"format": "cron"}),
]
Zone = Annotated[str, StringConstraints(min_length=1, max_length=64), AfterValidator(_known_zone)]


class ScheduleParams(Params):
    """When it is due."""

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": ["cron"]}, {"required": ["every"]}]}
    )

    cron: Cron | None = Field(
        default=None,
        description="A cron expression of 5 fields, or of 6 with the seconds first.",
        json_schema_extra={"x-ui": {"widget": "cron"}},
    )
    every: Duration | None = Field(
        default=None,
        description="A duration such as `PT15M`, counted from the activation.",
        json_schema_extra={"x-ui": {"widget": "duration"}},
    )
    time_zone: Zone | None = Field(
        default=None,
        description="An IANA time zone such as `Asia/Jakarta`; absent: the workflow's.",
        json_schema_extra={"x-ui": {"widget": "time-zone"}},
    )
    catch_up: Literal["none", "last", "all"] = Field(
        default="last",
        description="Which due times are made up for that passed while nothing ran.",
    )
    jitter: Duration | None = Field(
        default=None,
        description="Each run begins up to so much later, by chance.",
        json_schema_extra={"x-ui": {"widget": "duration"}},
    )

    @model_validator(mode="after")
    def _one_rule(self) -> ScheduleParams:
        if (self.cron is None) == (self.every is None):
            raise ValueError("give `cron` or `every`, one of them")
        if self.every is not None and duration_seconds(self.every) < MIN_EVERY_SECONDS:
            raise ValueError("`every` is one second at least")
        return self


class Schedule(TriggerNode[ScheduleParams]):
    """Start at given times: by a cron expression or every so often.

    The item says when it was `due`, when it `firedAt`, and when the `previous` one was due. A
    time that daylight saving skips fires once right after; one that it repeats fires once. A cron
    expression of every hour, and `every`, go by the time that passes instead: a skipped hour
    adds no firing, and each part of a repeated hour counts.
    """

    label = "Schedule"
    icon = "clock"
    example = {"cron": "0 2 * * *", "timeZone": "Asia/Jakarta"}
