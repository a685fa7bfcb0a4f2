"""The trigger `trigger.event`."""

from __future__ import annotations

from pydantic import Field

from alur_sdk import Params, TriggerNode

_PATTERN = "; a `*` at the end stands for anything, and nothing at all for every one."


class EventParams(Params):
    """Which events start an execution: those that fit all that is given."""

    type: str = Field(default="", max_length=500, description=f"The `type` of the event{_PATTERN}")
    source: str = Field(default="", max_length=2_000, description=f"Its `source`{_PATTERN}")
    subject: str = Field(default="", max_length=2_000, description=f"Its `subject`{_PATTERN}")
    filter: str = Field(
        default="",
        max_length=10_000,
        description=(
            "An expression on the event as `$json`, such as `{{ $json.data.total > 100 }}`. One "
            "that fails, for the event has not what it asks for, lets the event pass by."
        ),
        json_schema_extra={"x-ui": {"widget": "expression"}},
    )


class Event(TriggerNode[EventParams]):
    """Start by a CloudEvent that a producer outside sends to `alur.event.external.received.v1`.

    The item is the event as CloudEvents has it in JSON: `id`, `source`, `type`, and where they are
    given `subject`, `time`, `datacontenttype` and `data`; binary data is in `data_base64`. The
    same `source` and `id` start one execution only, however often the event comes.
    """

    label = "Event from outside"
    icon = "bolt"
    example = {"type": "com.example.order.placed", "filter": "{{ $json.data.total > 100 }}"}
