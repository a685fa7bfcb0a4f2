"""The node `kafka.produce`."""

from __future__ import annotations

from base64 import b64decode
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints
from pydantic_core import to_json

from alur_sdk import (
    CredentialSlot,
    Duration,
    Effect,
    Item,
    ItemNode,
    Json,
    KafkaRecord,
    NodeContext,
    Params,
    Permanent,
    duration_seconds,
)

KEY_HEADER = "idempotency-key"


class ProduceParams(Params):
    """What is written, and where."""

    topic: Annotated[str, StringConstraints(min_length=1, max_length=249)] = Field(
        description="The topic. It has to exist.",
        json_schema_extra={"x-ui": {"widget": "topic"}},
    )
    value: Any = Field(
        default=None,
        description="What is written; absent: the item as it is; null: a tombstone. See `format`.",
        json_schema_extra={"x-ui": {"widget": "json"}},
    )
    format: Literal["json", "text", "bytes"] = Field(
        default="json", description="How it is written; `bytes` are given as base64."
    )
    key: str | int | None = Field(
        default=None, description="Records of one key keep their order; null: any partition."
    )
    headers: dict[str, str | int | float | bool | None] = Field(
        default_factory=dict,
        max_length=100,
        description="Headers, as text; null leaves one out.",
        json_schema_extra={"x-ui": {"widget": "key-value"}},
    )
    acks: Literal["all", "leader"] = Field(
        default="all",
        description="Who must have it: all replicas that are in sync, or the leader alone.",
    )
    timeout: Duration = Field(
        default="PT30S",
        description="So long it waits for that.",
        json_schema_extra={"x-ui": {"widget": "duration"}},
    )


class Produce(ItemNode[ProduceParams]):
    """Write a record to a Kafka topic for each item.

    The item that goes on says where it stands: `topic`, `partition`, `offset`, `timestamp`. Every
    record has the header `idempotency-key`, which is the same on every attempt: with it a reader
    knows a record that a crash made us write twice. With `acks: all` the producer is idempotent, so
    what the network repeats is written once.

    Without the credential `brokers` it writes to the broker of the installation (not to its own
    topics, which begin with `alur.`).
    """

    label = "Kafka produce"
    icon = "stack"
    effect = Effect.WRITE
    credentials = (CredentialSlot("brokers", ("kafka",)),)
    example = {"topic": "orders", "key": "{{ $json.id }}", "value": "{{ $json }}"}

    async def run_item(self, params: ProduceParams, item: Item, ctx: NodeContext) -> Item:
        value = params.value if "value" in params.model_fields_set else item.json
        headers = {KEY_HEADER: ctx.idempotency_key(), **_written(params.headers)}
        record = KafkaRecord(
            topic=params.topic,
            key=None if params.key is None else str(params.key).encode(),
            value=_content(value, params.format),
            headers=tuple(headers.items()),
            acks=params.acks,
            timeout_seconds=duration_seconds(params.timeout),
        )
        place = await ctx.kafka.send(record, await ctx.secret("brokers"))
        return Item(dict(place))


def _written(headers: dict[str, str | int | float | bool | None]) -> dict[str, str]:
    return {
        name: value if isinstance(value, str) else to_json(value).decode()
        for name, value in headers.items()
        if value is not None
    }


def _content(value: Json, kind: str) -> bytes | None:
    if value is None:
        return None
    if kind == "json":
        return to_json(value)
    if not isinstance(value, str):
        raise Permanent(
            f"`value` is no text, so it cannot be written as {kind}: use `format: json`"
        )
    if kind == "text":
        return value.encode()
    try:
        return b64decode(value, validate=True)
    except ValueError as error:
        raise Permanent("`value` is no base64, as `format: bytes` needs it") from error
