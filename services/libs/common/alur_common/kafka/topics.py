"""Topics as data: what runs on which, for how long, under which key, and who reads it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from alur_common import events
from alur_common.events import Event

DAY_MS = 24 * 3600 * 1000
DEAD_DAYS = 30
RECORD_BYTES = 1_048_588
"""The broker's own limit."""
MARGIN_BYTES = 64 * 1024
"""What the headers of a retry or a dead letter may add."""
RETRIES: Mapping[str, float] = {"5s": 5.0, "1m": 60.0}
"""After a failure an event waits so long, in topics named so; after the last of them it is a dead letter."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic of events. `groups` are the consumer groups that read it, `key` says what keeps the order."""

    name: str
    event: type[Event]
    days: int
    key: str
    groups: tuple[str, ...] = ()

    def dead_letters(self) -> list[str]:
        """Return the names of its dead-letter topics: one, and one for each group where they are several."""
        shared = f"{self.name}.dlq"
        several = self.groups if len(self.groups) > 1 else ()
        return [shared, *(f"{self.name}.{group}.dlq" for group in several)]


Kind = Literal["events", "retry", "dead letters"]


@dataclass(frozen=True, slots=True)
class Spec:
    """A topic as the broker is to have it."""

    name: str
    kind: Kind
    partitions: int
    settings: Mapping[str, str] = field(default_factory=dict)


_EXECUTION, _WORKFLOW = "execution id", "workflow uid"
TOPICS: tuple[Topic, ...] = (
    Topic(
        events.ExecutionRequested.topic, events.ExecutionRequested, 1, _EXECUTION, ("scheduler",)
    ),
    Topic(events.ExecutionAdmitted.topic, events.ExecutionAdmitted, 1, _EXECUTION, ("executor",)),
    Topic(
        events.ExecutionNudged.topic, events.ExecutionNudged, 1, _EXECUTION, ("executor-nudges",)
    ),
    Topic(events.ExecutionStarted.topic, events.ExecutionStarted, 7, _EXECUTION),
    Topic(
        events.ExecutionSuspended.topic, events.ExecutionSuspended, 7, _EXECUTION, ("scheduler",)
    ),
    Topic(events.TaskOffered.topic, events.TaskOffered, 1, _EXECUTION),
    Topic(events.ExecutionCompleted.topic, events.ExecutionCompleted, 7, _EXECUTION),
    Topic(events.GateChanged.topic, events.GateChanged, 1, _WORKFLOW),
    Topic(
        events.WorkflowVersionPublished.topic,
        events.WorkflowVersionPublished,
        7,
        _WORKFLOW,
        ("scheduler", "scheduler-deletion"),
    ),
    Topic(
        events.ExternalReceived.topic,
        events.ExternalReceived,
        events.OUTSIDE_DAYS,
        "the sender's own",
        ("scheduler",),
    ),
)
BY_NAME: Mapping[str, Topic] = {topic.name: topic for topic in TOPICS}


def dead_letter_topic(topic: str, group: str) -> str:
    """Return where a group's dead letters of a topic go."""
    own = f"{topic}.{group}.dlq"
    return own if own in BY_NAME[topic].dead_letters() else f"{topic}.dlq"


def retry_topic(topic: str, delay: str) -> str:
    """Return where an event waits for its next attempt."""
    return f"{topic}.retry.{delay}"


def specs(partitions: int) -> Iterator[Spec]:
    """Yield every topic of Alur as the broker is to have it, those of events with so many partitions."""
    larger = {"max.message.bytes": str(RECORD_BYTES + MARGIN_BYTES)}
    for topic in TOPICS:
        yield Spec(topic.name, "events", partitions, _kept(topic.days))
        for delay in RETRIES:
            yield Spec(retry_topic(topic.name, delay), "retry", 1, {**_kept(topic.days), **larger})
        for name in topic.dead_letters():
            yield Spec(name, "dead letters", 1, {**_kept(DEAD_DAYS), **larger})


def _kept(days: int) -> dict[str, str]:
    return {"cleanup.policy": "delete", "retention.ms": str(days * DAY_MS)}
