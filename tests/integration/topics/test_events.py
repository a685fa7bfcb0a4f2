"""CloudEvents of outside producers start workflows, once each, and only when they are who they say."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from tests.integration.topics.conftest import (
    Outside,
    executions,
    log_of,
    outputs,
    put,
    until,
    workflow,
)
from tests.support.alur_dev import AlurDev

TOPIC = "alur.event.external.received.v1"
DEAD = f"{TOPIC}.dlq"
TYPE = "com.example.order.placed"


class Producer:
    """A producer outside that signs as the contract says."""

    def __init__(self, outside: Outside, key: str, secret: str) -> None:
        self.outside = outside
        self.key = key
        self.secret = secret

    def headers(self, data: bytes, **changes: str) -> list[tuple[str, bytes]]:
        attributes = {
            "ce_specversion": "1.0",
            "ce_id": uuid4().hex,
            "ce_source": "/shop",
            "ce_type": TYPE,
            "ce_time": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
            "ce_alurtenant": "default",
            "ce_alurkey": self.key,
            "content-type": "application/json",
            **changes,
        }
        signed = "".join(
            attributes[f"ce_{n}"] + "\n" for n in ("id", "source", "type", "time")
        ).encode()
        digest = hmac.new(self.secret.encode(), signed + data, hashlib.sha256).digest()
        attributes.setdefault("ce_alursignature", base64.b64encode(digest).decode())
        return [(name, text.encode()) for name, text in attributes.items() if text]

    def send(self, data: dict[str, Any], **changes: str) -> None:
        content = json.dumps(data).encode()
        self.outside.send(TOPIC, content, headers=self.headers(content, **changes))


@pytest.fixture(scope="module")
def producer(distributed: AlurDev, outside: Outside) -> Producer:
    made = distributed.cli("token", "create", "--producer", "--name", "the shop", "--quiet")
    assert made.returncode == 0, made.stderr
    key, secret = made.stdout.split()
    return Producer(outside, key, secret)


@pytest.fixture(scope="module")
def large(distributed: AlurDev) -> str:
    params = {"type": "com.example.order.*", "filter": "{{ $json.data.total > 100 }}"}
    put(distributed, workflow("large", {"type": "trigger.event", "params": params}))
    return "large"


def dead(outside: Outside, event_id: str) -> str:
    """Return why an event is a dead letter, once it is."""

    def found() -> str:
        for record in outside.read(DEAD):
            headers = dict(record.headers)
            if headers["ce_id"] == event_id.encode():
                return str(headers["dlq-error-message"].decode())
        return ""

    return str(until(found))


def test_a_signed_event_starts_those_who_wait_for_it_and_a_repeat_nothing(
    distributed: AlurDev, producer: Producer, large: str
) -> None:
    put(distributed, workflow("of-others", {"type": "trigger.event", "params": {"source": "/x"}}))
    again = uuid4().hex
    for _ in range(3):
        producer.send({"total": 700}, ce_id=again)
    producer.send({"total": 5})
    producer.send({"nothing": "of the kind"})
    producer.send({"total": 800}, ce_subject="7")
    found = outputs(distributed, large, 2)
    assert sorted(item["data"]["total"] for item in found) == [700, 800]
    assert {item["type"] for item in found} == {TYPE}
    time.sleep(0.5)
    assert len(executions(distributed, large)) == 2
    assert executions(distributed, "of-others") == []


def test_what_is_not_signed_or_forged_goes_to_the_dead_letters_and_is_counted(
    distributed: AlurDev, outside: Outside, producer: Producer, large: str
) -> None:
    before = len(executions(distributed, large))
    other = Producer(outside, producer.key, "of somebody else")
    unknown = Producer(outside, "0" * 16, producer.secret)
    late = "2020-01-01T00:00:00Z"
    wrong = {
        "is not signed": (producer, {"ce_alurkey": "", "ce_alursignature": ""}),
        "has all of": (producer, {"ce_alurtenant": ""}),
        "not that of the key": (other, {}),
        "key that is not known": (unknown, {}),
        "is signed with a key": (producer, {"ce_alurtenant": "another"}),
        "older than 7 days": (producer, {"ce_time": late}),
        "the data are not": (producer, {"content-type": "application/json"}),
    }
    for reason, (sender, changes) in wrong.items():
        event_id = uuid4().hex
        content = b"{" if "data" in reason else b'{"total": 700}'
        headers = sender.headers(content, ce_id=event_id, **changes)
        outside.send(TOPIC, content, headers=headers)
        assert reason in dead(outside, event_id)
    assert len(executions(distributed, large)) == before


def test_a_structured_event_starts_as_a_binary_one_does(
    distributed: AlurDev, outside: Outside, producer: Producer
) -> None:
    put(distributed, workflow("structured", {"type": "trigger.event", "params": {"type": "s.*"}}))
    data = b'{"total":1}'
    attributes = {
        name.removeprefix("ce_"): value.decode()
        for name, value in producer.headers(data, ce_type="s.made")
        if name.startswith("ce_")
    }
    event = {**attributes, "datacontenttype": "application/json", "data": json.loads(data)}
    kind = b"application/cloudevents+json; charset=utf-8"
    outside.send(TOPIC, json.dumps(event).encode(), headers=[("content-type", kind)])
    (item,) = outputs(distributed, "structured", 1)
    assert item["data"] == {"total": 1}


def test_a_key_that_was_revoked_signs_nothing(
    distributed: AlurDev, outside: Outside, large: str
) -> None:
    made = distributed.rest.post("/api/v1/producers", json={"name": "gone"}).json()
    listed = distributed.cli("get", "producers", "-o", "json")
    assert made["id"] in listed.stdout
    assert made["secret"] not in listed.stdout + log_of(distributed.log)
    assert distributed.cli("delete", "producer", made["id"]).returncode == 0
    gone, event_id = Producer(outside, made["id"], made["secret"]), uuid4().hex
    gone.send({"total": 900}, ce_id=event_id)
    assert "not known" in dead(outside, event_id)


def test_a_workflow_that_rests_or_is_deleted_is_started_by_nothing(
    distributed: AlurDev, producer: Producer
) -> None:
    trigger = {"type": "trigger.event", "params": {"type": "r.*"}}
    document = workflow("resting", trigger)
    put(distributed, document)
    document["spec"]["suspend"] = True
    put(distributed, document)
    witness = put(distributed, workflow("witness", trigger))
    producer.send({}, ce_type="r.one")
    outputs(distributed, "witness", 1)
    assert executions(distributed, "resting") == []
    path = "/api/v1/projects/default/workflows/witness"
    etag = distributed.rest.get(path).headers["etag"]
    assert distributed.rest.delete(path, headers={"if-match": etag}).status_code == 204
    assert witness["status"]["triggers"][0]["active"] is True
    document["spec"]["suspend"] = False
    put(distributed, document)
    producer.send({}, ce_type="r.two")
    outputs(distributed, "resting", 1)
    assert len(executions(distributed, "witness")) == 1


def test_a_filter_that_is_no_expression_is_refused_with_its_path(distributed: AlurDev) -> None:
    params = {"filter": "total > 100"}
    document = workflow("wrong", {"type": "trigger.event", "params": params})
    answer = distributed.rest.put("/api/v1/projects/default/workflows/wrong", json=document)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["path"] == "spec.triggers[0].params.filter"


def test_without_a_broker_it_is_said_when_the_workflow_is_saved(platform: AlurDev) -> None:
    shown = put(platform, workflow("deaf", {"type": "trigger.event", "params": {}}))
    condition = next(c for c in shown["status"]["conditions"] if c["type"] == "BrokerFound")
    assert condition["status"] == "False"
    assert "start" in condition["message"]
