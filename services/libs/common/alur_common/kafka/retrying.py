"""What becomes of a record that could not be handled: another attempt in place, a later one, or the dead letters."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka import ConsumerRecord

from alur_common.kafka.topics import RETRIES, retry_topic
from alur_sdk.errors import AlurError

FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 5.0
MESSAGE_CHARACTERS = 1000
FOR_GROUP = "alur-group"
"""The header that names the one group which a record concerns: that of a retry or a replay."""
_FAILURES = "alur-failures"
_ORIGIN = "alur-origin"
_OURS = frozenset({FOR_GROUP, _FAILURES, _ORIGIN})
DEAD_PREFIX = "dlq-"
OMITTED = "dlq-omitted-bytes"
"""The header of a dead letter whose content was too large to be kept: its size."""

Sent = Sequence[tuple[str, bytes | None]]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record first stood, and how often it failed since."""

    topic: str
    partition: int
    offset: int
    failures: int = 0


def place_of(record: ConsumerRecord[Any, Any], headers: Mapping[str, bytes | None]) -> Place:
    """Return where a record comes from: a record of a retry topic says it in its headers."""
    here = Place(record.topic, record.partition, record.offset)
    origin, failures = headers.get(_ORIGIN), headers.get(_FAILURES)
    if origin is None or failures is None:
        return here
    try:
        topic, partition, offset = origin.decode().split(":")
        return Place(topic, int(partition), int(offset), int(failures))
    except ValueError:
        return here


def pause_seconds(attempt: int) -> float:
    """Return how long to wait in place after this attempt (1 is the first): doubled up to the longest."""
    return min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2.0 ** min(attempt - 1, 10))


def is_for_a_while(error: Exception) -> bool:
    """Whether something is out of reach or full: nothing is wrong with the record, so it waits in its place."""
    return isinstance(error, AlurError) and error.retryable


def next_retry(place: Place, topic: str) -> str | None:
    """Return where a record waits that has failed once more than `place` says, or None when it was the last attempt."""
    delays = list(RETRIES)
    return retry_topic(topic, delays[place.failures]) if place.failures < len(delays) else None


def retry_headers(record: ConsumerRecord[Any, Any], place: Place, group: str) -> Sent:
    """Return the headers of a record on its way to a retry topic."""
    origin = f"{place.topic}:{place.partition}:{place.offset}"
    return [
        *original_headers(record.headers),
        (FOR_GROUP, group.encode()),
        (_FAILURES, str(place.failures + 1).encode()),
        (_ORIGIN, origin.encode()),
    ]


def dead_headers(
    record: ConsumerRecord[Any, Any], place: Place, group: str, error: Exception
) -> Sent:
    """Return the headers of a dead letter: the original ones as they came, and why it is one."""
    why = {
        "topic": place.topic,
        "partition": str(place.partition),
        "offset": str(place.offset),
        "group": group,
        "attempt": str(place.failures + 1),
        "error-type": type(error).__name__,
        "error-message": str(error)[:MESSAGE_CHARACTERS],
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
    ours = [(DEAD_PREFIX + name, value.encode()[:1024]) for name, value in why.items()]
    return [*original_headers(record.headers), *ours]


def original_headers(headers: Sent) -> list[tuple[str, bytes | None]]:
    """Return the headers without what retries and dead letters have added."""
    return [(n, v) for n, v in headers if n not in _OURS and not n.startswith(DEAD_PREFIX)]
