"""Topics as data: what runs on which, for how long, under which key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from alur_common import events
from alur_common.events import Event
from alur_sdk.errors import UnavailableError

DAY_MS = 24 * 3600 * 1000
PARTITIONS = 12
"""Fixed at creation: another number would break the order of keys."""
DEAD_DAYS = 30


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic. `groups` are the consumer groups whose dead letters have a topic of their own."""

    name: str
    event: type[Event] | None
    days: int
    groups: tuple[str, ...] = ()
    partitions: int = PARTITIONS

    def dead_letters(self) -> list[str]:
        """Return the names of its dead-letter topics."""
        return [dead_letter_topic(self.name, group) for group in self.groups]


def dead_letter_topic(topic: str, group: str) -> str:
    """Return where a group's dead letters of a topic go."""
    return f"{topic}.{group}.dlq"


TOPICS: tuple[Topic, ...] = (
    Topic(events.ExecutionRequested.topic, events.ExecutionRequested, 1, ("scheduler",)),
    Topic(events.ExecutionAdmitted.topic, events.ExecutionAdmitted, 1, ("executor",)),
    Topic(events.ExecutionNudged.topic, events.ExecutionNudged, 1, ("executor",)),
    Topic(events.ExecutionStarted.topic, events.ExecutionStarted, 7),
    Topic(events.ExecutionSuspended.topic, events.ExecutionSuspended, 7, ("scheduler",)),
    Topic(events.ExecutionCompleted.topic, events.ExecutionCompleted, 7, ("scheduler",)),
    Topic(
        events.WorkflowVersionPublished.topic,
        events.WorkflowVersionPublished,
        7,
        ("scheduler", "scheduler-deletion"),
    ),
)
BY_NAME: Mapping[str, Topic] = {topic.name: topic for topic in TOPICS}


async def missing_topics(admin: AIOKafkaAdminClient) -> list[NewTopic]:
    """Return the topics that the broker does not have, as they would be made."""
    known = set(await admin.list_topics())
    return [topic for topic in _wanted() if topic.name not in known]


async def apply_topics(servers: str, *, replication: int = 1) -> list[str]:
    """Make the topics that are missing and return their names; safe to repeat, and when several do it at once.

    Raises `UnavailableError` when Kafka is out of reach or refuses.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    try:
        await admin.start()
        missing = await missing_topics(admin)
        for topic in missing:
            topic.replication_factor = replication
        if missing:
            _check((await admin.create_topics(missing)).topic_errors)
    except KafkaError as error:
        raise UnavailableError(f"Kafka at {servers} is out of reach: {error}") from error
    finally:
        await admin.close()
    return [topic.name for topic in missing]


def _check(results: Sequence[Sequence[object]]) -> None:
    for name, code, *_ in results:
        error = for_code(code)
        if code and error is not TopicAlreadyExistsError:
            raise UnavailableError(f"Kafka did not make the topic {name}: {error.__name__}")


def _wanted() -> list[NewTopic]:
    wanted: list[NewTopic] = []
    for topic in TOPICS:
        wanted.append(_new(topic.name, topic.partitions, topic.days))
        wanted += [_new(name, 1, DEAD_DAYS) for name in topic.dead_letters()]
    return wanted


def _new(name: str, partitions: int, days: int) -> NewTopic:
    settings = {"retention.ms": str(days * DAY_MS)}
    return NewTopic(name, partitions, 1, topic_configs=settings)
