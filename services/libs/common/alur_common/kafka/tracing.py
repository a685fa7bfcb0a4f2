"""Traces through Kafka: the headers `traceparent` and `tracestate`, and spans for what is sent and handled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiokafka import ConsumerRecord

from alur_common.events import Event
from alur_common.kafka.encoding import Record
from alur_common.kafka.retrying import Place
from alur_common.telemetry import names
from alur_common.telemetry.tracing import (
    HEADER,
    STATE_HEADER,
    Kind,
    Span,
    Tracer,
    child,
    current,
    point_of,
)


def sending(event: Event) -> Span | None:
    """Return a span for an event that is about to be sent, or None when nothing is recorded."""
    span = child(f"send {event.topic}", Kind.PRODUCER)
    if span is not None:
        span.attributes = {
            names.MESSAGING_SYSTEM: names.KAFKA,
            names.MESSAGING_OPERATION: "send",
            names.MESSAGING_DESTINATION: event.topic,
        }
    return span


def with_trace(record: Record) -> Record:
    """Return the record with the trace that it is sent in, if any."""
    span = current()
    if span is None:
        return record
    point = span.point
    headers = [*record.headers, (HEADER, point.parent.encode())]
    if point.state:
        headers.append((STATE_HEADER, point.state.encode()))
    return record._replace(headers=headers)


def processing(
    tracer: Tracer,
    record: ConsumerRecord[Any, Any],
    headers: Mapping[str, bytes | None],
    place: Place,
    group: str,
) -> Span:
    """Begin a span for a record that is about to be handled, because of the one that sent it.

    A record that was tried before begins a trace of its own, linked to the sender's.
    """
    sender = point_of(headers.get(HEADER), headers.get(STATE_HEADER))
    name = f"process {place.topic}"
    if sender is not None and place.failures:
        span = tracer.link(name, Kind.CONSUMER, (sender,))
    else:
        span = tracer.begin(name, Kind.CONSUMER, parent=sender)
    if span.is_recorded:
        span.attributes = {
            names.MESSAGING_SYSTEM: names.KAFKA,
            names.MESSAGING_OPERATION: "process",
            names.MESSAGING_DESTINATION: record.topic,
            names.MESSAGING_PARTITION: str(record.partition),
            names.MESSAGING_OFFSET: record.offset,
            names.MESSAGING_GROUP: group,
        }
    return span
