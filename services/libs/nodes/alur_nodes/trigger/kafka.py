"""The trigger `trigger.kafka`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, field_validator

from alur_sdk import CredentialSlot, Duration, Params, TriggerNode, duration_seconds

LONGEST_SECONDS = 600.0
TOPIC = r"^[A-Za-z0-9._-]+$"


class Batch(Params):
    """One execution for several records of a partition, an item each."""

    size: int = Field(ge=2, le=1_000, description="At most so many records.")
    wait: Duration = Field(
        default="PT5S",
        description="So long a first record waits for others.",
        json_schema_extra={"x-ui": {"widget": "duration"}},
    )

    @field_validator("wait")
    @classmethod
    def _not_for_ever(cls, wait: str) -> str:
        if not 0 < duration_seconds(wait) <= LONGEST_SECONDS:
            raise ValueError("`wait` is more than nothing and ten minutes at most")
        return wait


class KafkaParams(Params):
    """What is read, and how."""

    topic: Annotated[str, StringConstraints(pattern=TOPIC, min_length=1, max_length=249)] = Field(
        description="The topic. It has to exist.",
        json_schema_extra={"x-ui": {"widget": "topic"}},
    )
    value: Literal["json", "text", "bytes"] = Field(
        default="json",
        description=(
            "What the values are; `bytes` come as base64. A value that is not what it should be "
            "makes an item all the same, with its `error`, and its content as base64 in `raw`."
        ),
    )
    from_: Literal["latest", "earliest"] = Field(
        default="latest",
        alias="from",
        description="Where a group begins that has not read the topic before.",
    )
    group: Annotated[str, StringConstraints(pattern=TOPIC, max_length=200)] | None = Field(
        default=None,
        description=(
            "The consumer group; absent: one of this trigger's own. Whoever reads in the same group "
            "shares the records."
        ),
    )
    batch: Batch | None = Field(default=None, description="Absent: one execution for each record.")


class Kafka(TriggerNode[KafkaParams]):
    """Start by records of a Kafka topic: one execution for each record, or for each batch.

    The item holds `key`, `value`, `headers`, `topic`, `partition`, `offset` and `timestamp`. An
    offset is committed once its execution is kept, and the execution's id follows from the
    record's place: each record starts one execution, whatever dies in between.

    Without the credential `brokers` it reads the broker of the installation (not its own topics,
    which begin with `alur.`). What a workflow that rests leaves unread is read when it goes on.
    """

    label = "Kafka records"
    icon = "stack"
    credentials = (CredentialSlot("brokers", ("kafka",)),)
    example = {"topic": "orders", "value": "json", "from": "earliest"}
