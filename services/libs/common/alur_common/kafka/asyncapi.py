"""The AsyncAPI 3 document of all events, printed by `python -m alur_common.kafka.asyncapi`."""

from __future__ import annotations

import json
import sys
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from typing import Any

from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.specification.asyncapi import AsyncAPI

from alur_common.events import ExternalReceived
from alur_common.kafka.schemas import model_of
from alur_common.kafka.topics import TOPICS, Topic

_ATTRIBUTES = {
    "ce_specversion": "1.0",
    "ce_id": "Unique for each event of its source; a repeat has the same.",
    "ce_source": "`/alur/<service>`, or the outside producer's own.",
    "ce_type": "`dev.` and the topic, or the outside producer's own.",
    "ce_time": "When, RFC 3339, UTC.",
    "ce_subject": "The key as text.",
    "ce_alurtenant": "Whom it belongs to.",
    "content-type": "`application/json`.",
    "alur-blob": "Of large content alone: `<sha256>:<bytes>` of the blob that holds it.",
}
_REQUIRED = ["ce_specversion", "ce_id", "ce_source", "ce_type"]


def document() -> dict[str, Any]:
    """Return the document, as FastStream has it of a broker with our topics."""
    broker = KafkaBroker("kafka:9092", logger=None, description="Where ALUR_KAFKA says.")
    for topic in TOPICS:
        _declare(broker, topic)
    specification = AsyncAPI(
        broker,
        title="Alur events",
        version=version("alur-common"),
        description="What services tell each other: CloudEvents 1.0 in Kafka's binary mode.",
    )
    found: dict[str, Any] = json.loads(specification.to_specification().to_json())
    for message in found["components"]["messages"].values():
        # FastStream's own, which our records do not have.
        message.pop("correlationId", None)
        message["headers"] = {"$ref": "#/components/schemas/CloudEventHeaders"}
    found["components"]["schemas"]["CloudEventHeaders"] = {
        "type": "object",
        "properties": {
            name: {"type": "string", "description": about} for name, about in _ATTRIBUTES.items()
        },
        "required": _REQUIRED,
    }
    return found


def _declare(broker: KafkaBroker, topic: Topic) -> None:
    kind = topic.event
    about = f"{(kind.__doc__ or '').splitlines()[0]} Key: {topic.key}."
    schema: Any = Any if kind is ExternalReceived else model_of(topic)
    broker.publisher(topic.name, title=kind.__name__, description=about, schema=schema)
    for group in topic.groups:
        broker.subscriber(
            topic.name,
            group_id=f"alur-{group}",
            title=f"{group}.on{kind.__name__}",
            description=f"Read by the group alur-{group}.",
            ack_policy=AckPolicy.MANUAL,
        )(_reader(f"on{kind.__name__}", schema))


def _reader(name: str, schema: Any) -> Callable[..., Awaitable[None]]:  # noqa: ANN401  # a model made at run time
    async def read(event: Any) -> None:  # noqa: ANN401  # its annotation is set below
        del event

    read.__name__ = name
    read.__annotations__ = {"event": schema, "return": None}
    return read


if __name__ == "__main__":
    sys.stdout.write(json.dumps(document(), indent=2, ensure_ascii=False, sort_keys=True) + "\n")
