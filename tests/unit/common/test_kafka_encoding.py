"""Events as CloudEvents on Kafka, and back."""

from __future__ import annotations

import base64
from typing import Any

import orjson
import pytest
from aiokafka.partitioner import murmur2
from hypothesis import given
from hypothesis import strategies as st

from alur_common.events import ExecutionAdmitted, ExecutionSuspended, ExternalReceived
from alur_common.kafka.encoding import event_of, record_of
from alur_common.kafka.topics import TOPICS, dead_letter_topic, specs
from alur_sdk.errors import InvalidError

SOURCE = b"/alur/test"
EXTERNAL = ExternalReceived(
    "order-7", "t", "e-1", "/shop", "order.placed", "2026-01-01T00:00:00Z", "7",
    "application/json", b'{"n": 1}', "producer-1", "c2ln",
)  # fmt: skip


@given(
    key=st.text(min_size=1),
    tenant=st.text(min_size=1),
    wake_at=st.none() | st.floats(allow_nan=False, allow_infinity=False),
)
def test_what_is_read_is_what_was_written(key: str, tenant: str, wake_at: float | None) -> None:
    event = ExecutionSuspended(key, tenant, wake_at)
    record = record_of(event, SOURCE)
    assert event_of(ExecutionSuspended, record.key, record.value, dict(record.headers)) == event


def test_an_outside_event_keeps_its_bytes_and_attributes() -> None:
    record = record_of(EXTERNAL, SOURCE)
    assert event_of(ExternalReceived, record.key, record.value, dict(record.headers)) == EXTERNAL
    assert record.value == EXTERNAL.data


def test_the_attributes_are_those_of_binary_mode() -> None:
    record = record_of(ExecutionAdmitted("e", "t"), SOURCE, "given")
    headers = dict(record.headers)
    assert headers["ce_id"] == b"given"
    assert headers["ce_type"] == b"dev.alur.execution.run.admitted.v1"
    assert {"ce_source", "ce_time", "ce_specversion", "ce_subject", "content-type"} <= set(headers)


def structured(**data: object) -> tuple[bytes, dict[str, bytes | None]]:
    envelope = {
        "specversion": "1.0", "id": "e-1", "source": "/shop", "type": "order.placed",
        "alurkey": "producer-1", **data,
    }  # fmt: skip
    return orjson.dumps(envelope), {"content-type": b"application/cloudevents+json; charset=utf-8"}


def test_structured_mode_is_read() -> None:
    value, headers = structured(data={"n": 1})
    event = event_of(ExternalReceived, None, value, headers)
    assert isinstance(event, ExternalReceived)
    assert (event.key, event.data, event.producer) == ("e-1", b'{"n":1}', "producer-1")


def test_structured_mode_may_hold_bytes() -> None:
    value, headers = structured(data_base64=base64.b64encode(b"\xff").decode())
    event = event_of(ExternalReceived, b"k", value, headers)
    assert isinstance(event, ExternalReceived)
    assert event.data == b"\xff"


@pytest.mark.parametrize(
    ("value", "changes"),
    [
        (b"\xff", {}),
        (b"[]", {}),
        (b'{"priority": "high"}', {}),
        (b'{"priority": true}', {}),
        (b"{}", {"ce_type": b"dev.alur.unknown.v1"}),
        (b"{}", {"ce_specversion": b"0.3"}),
        (b"{}", {"ce_alurtenant": None}),
        (b"{}", {"ce_alurtenant": b"\xff"}),
        (b"[]", {"content-type": b"application/cloudevents+json"}),
    ],
)
def test_what_is_no_event_is_refused(value: bytes, changes: dict[str, Any]) -> None:
    record = record_of(ExecutionAdmitted("e", "t"), SOURCE)
    with pytest.raises(InvalidError):
        event_of(ExecutionAdmitted, record.key, value, {**dict(record.headers), **changes})


def test_an_event_without_a_key_is_refused() -> None:
    record = record_of(ExecutionAdmitted("e", "t"), SOURCE)
    with pytest.raises(InvalidError, match="key"):
        event_of(ExecutionAdmitted, b"", record.value, dict(record.headers))


def test_fields_of_a_newer_version_are_left_out() -> None:
    record = record_of(ExecutionAdmitted("e", "t", 3), SOURCE)
    value = orjson.dumps({**orjson.loads(record.value), "new": 1})
    assert event_of(ExecutionAdmitted, record.key, value, dict(record.headers)).key == "e"


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
    ],
)
def test_keys_go_to_the_partition_that_other_clients_choose(key: bytes, expected: int) -> None:
    """The figures are those of Kafka's own tests of murmur2."""
    assert murmur2(key) == expected % 2**32


def test_topics_of_events_have_the_partitions_that_the_settings_say() -> None:
    kinds = {(spec.kind, spec.partitions) for spec in specs(48)}
    assert kinds == {("events", 48), ("retry", 1), ("dead letters", 1)}


def test_each_topic_has_retries_and_dead_letters_of_its_own() -> None:
    names = [spec.name for spec in specs(12)]
    assert len(set(names)) == len(names)
    for topic in TOPICS:
        assert {f"{topic.name}.retry.5s", f"{topic.name}.retry.1m", f"{topic.name}.dlq"} <= set(
            names
        )
        for group in (*topic.groups, "any"):
            assert dead_letter_topic(topic.name, group) in names
