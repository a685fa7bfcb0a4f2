"""What becomes of a record that could not be handled."""

from __future__ import annotations

from typing import Any

import pytest
from aiokafka import ConsumerRecord

from alur_common.kafka.retrying import (
    FOR_GROUP,
    Place,
    Sent,
    dead_headers,
    is_for_a_while,
    next_retry,
    pause_seconds,
    place_of,
    retry_headers,
)
from alur_sdk.errors import (
    ConflictError,
    InvalidError,
    LimitedError,
    StorageError,
    UnavailableError,
)

TOPIC = "alur.execution.run.admitted.v1"


def record(topic: str = TOPIC, headers: Sent = ()) -> ConsumerRecord[Any, Any]:
    return ConsumerRecord(topic, 4, 17, 0, 0, b"k", b"v", None, 1, 1, list(headers))


@pytest.mark.parametrize("kind", [UnavailableError, StorageError])
def test_what_is_out_of_reach_is_waited_for_in_place(kind: type[UnavailableError]) -> None:
    assert is_for_a_while(kind("gone"))
    assert is_for_a_while(LimitedError("full", 1.0))


@pytest.mark.parametrize("error", [InvalidError("x"), ConflictError("x"), RuntimeError("x")])
def test_any_other_failure_is_not(error: Exception) -> None:
    assert not is_for_a_while(error)


def test_a_record_remembers_its_place_through_retries_and_ends_as_a_dead_letter() -> None:
    at, topics = record(headers=[("mine", b"kept")]), []
    while (to := next_retry(place_of(at, dict(at.headers)), TOPIC)) is not None:
        topics.append(to)
        at = record(to, retry_headers(at, place_of(at, dict(at.headers)), "executor"))
        assert dict(at.headers)[FOR_GROUP] == b"executor"
    place = place_of(at, dict(at.headers))
    assert (topics, place) == ([f"{TOPIC}.retry.5s", f"{TOPIC}.retry.1m"], Place(TOPIC, 4, 17, 2))
    why = dead_headers(at, place, "executor", RuntimeError("x" * 5000))
    assert why[0] == ("mine", b"kept")
    told = dict(why)
    assert FOR_GROUP not in told
    assert (told["dlq-topic"], told["dlq-offset"], told["dlq-attempt"]) == (
        TOPIC.encode(),
        b"17",
        b"3",
    )
    assert len(told["dlq-error-message"] or b"") <= 1024


def test_headers_that_are_no_place_are_taken_as_none() -> None:
    odd = {"alur-origin": b"nonsense", "alur-failures": b"many"}
    assert place_of(record(), odd) == Place(TOPIC, 4, 17)


def test_pauses_double_up_to_the_longest() -> None:
    assert [pause_seconds(n) for n in (1, 2, 3, 100)] == [0.1, 0.2, 0.4, 5.0]
