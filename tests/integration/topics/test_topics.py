"""Records of topics start executions: one each, whatever dies, and whatever they hold."""

from __future__ import annotations

import base64
import json
import os
import signal
import time
from typing import Any
from uuid import uuid4

from tests.integration.topics.conftest import (
    PROJECT,
    Outside,
    ended,
    executions,
    outputs,
    put,
    status_of,
    until,
    workflow,
)
from tests.support.alur_dev import AlurDev


def reads(name: str, topic: str, **params: Any) -> dict[str, Any]:
    return workflow(name, {"type": "trigger.kafka", "params": {"topic": topic, **params}})


def joined(platform: AlurDev, name: str) -> None:
    """Wait until the trigger has its partitions: the status knows how far behind it is."""
    until(lambda: "lag" in status_of(platform, name), 30, lambda: status_of(platform, name))


def fresh(outside: Outside, partitions: int = 2) -> str:
    return outside.make(f"t-{uuid4().hex[:8]}", partitions)


def test_each_record_is_an_execution_and_what_is_no_json_an_item_with_an_error(
    distributed: AlurDev, outside: Outside
) -> None:
    topic = fresh(outside)
    outside.send(topic, b'{"n": 0}')
    put(distributed, reads("records", topic))
    joined(distributed, "records")
    headers = [("a", b"1"), ("b", b"\xff")]
    outside.send(topic, b'{"n": 1}', headers=headers, key=b"k")
    outside.send(topic, b"{", b"[" * 300, None, key=b"\xfe")
    items = outputs(distributed, "records", 4)
    (good,) = [item for item in items if item["value"]]
    assert good["value"] == {"n": 1}
    assert (good["key"], good["topic"]) == ("k", topic)
    assert good["headers"] == {"a": "1", "b": {"base64": "/w=="}}
    poison = sorted((i for i in items if i.get("error")), key=lambda i: len(i["raw"]))
    assert base64.b64decode(poison[0]["raw"]) == b"{"
    assert "no JSON" in poison[0]["error"]
    assert poison[0]["key"] == {"base64": "/g=="}
    assert "no json" in poison[1]["error"]


def test_a_batch_is_one_execution_and_waits_no_longer_than_it_says(
    distributed: AlurDev, outside: Outside
) -> None:
    topic = fresh(outside, 1)
    params = {"from": "earliest", "value": "text", "batch": {"size": 4, "wait": "PT1S"}}
    outside.send(topic, *(f"v{n}".encode() for n in range(10)))
    put(distributed, reads("batches", topic, **params))
    found = ended(distributed, "batches", 3)
    sizes = []
    for one in found:
        shown = distributed.rest.get(f"{PROJECT}/executions/{one['id']}").json()
        sizes.append([item["value"] for item in shown["output"]])
    assert sorted(sizes) == [
        ["v0", "v1", "v2", "v3"],
        ["v4", "v5", "v6", "v7"],
        ["v8", "v9"],
    ]


def test_a_scheduler_that_is_killed_again_and_again_starts_each_record_once(
    distributed: AlurDev, outside: Outside
) -> None:
    topic, count = fresh(outside), 300
    put(distributed, reads("killed", topic))
    batch = {"size": 7, "wait": "PT0.2S"}
    put(distributed, reads("killed-batches", topic, batch=batch))
    joined(distributed, "killed")
    joined(distributed, "killed-batches")
    for part in range(3):
        values = (json.dumps({"n": n}).encode() for n in range(part * 100, part * 100 + 100))
        outside.send(topic, *values)
        time.sleep(0.2 * part)
        os.kill(until(lambda: distributed.pids("scheduler"))[0], signal.SIGKILL)
        time.sleep(0.2)
    until(lambda: is_quiet(distributed, "killed", count), 60)
    until(lambda: is_quiet(distributed, "killed-batches", count // 7), 60)
    for name in ("killed", "killed-batches"):
        found = sorted(item["value"]["n"] for item in outputs_so_far(distributed, name))
        assert found == list(range(count)), name


def is_quiet(platform: AlurDev, name: str, at_least: int) -> bool:
    """Whether nothing is left to read, and all that was started has ended."""
    found = executions(platform, name)
    return (
        len(found) >= at_least
        and all(one["status"] == "succeeded" for one in found)
        and status_of(platform, name).get("lag") == 0
    )


def outputs_so_far(platform: AlurDev, name: str) -> list[dict[str, Any]]:
    """Return what all executions of a workflow have put out."""
    found: list[dict[str, Any]] = []
    for one in executions(platform, name):
        if one["status"] == "succeeded":
            found += platform.rest.get(f"{PROJECT}/executions/{one['id']}").json()["output"]
    return found


def test_what_was_sent_while_a_workflow_rested_is_read_when_it_goes_on(
    distributed: AlurDev, outside: Outside
) -> None:
    topic = fresh(outside, 1)
    document = reads("rested", topic)
    put(distributed, document)
    joined(distributed, "rested")
    document["spec"]["suspend"] = True
    put(distributed, document)
    outside.send(topic, b"1", b"2")
    time.sleep(2)
    assert executions(distributed, "rested") == []
    document["spec"]["suspend"] = False
    put(distributed, document)
    assert sorted(item["value"] for item in outputs(distributed, "rested", 2)) == [1, 2]
    path = f"{PROJECT}/workflows/rested"
    etag = distributed.rest.get(path).headers["etag"]
    assert distributed.rest.delete(path, headers={"if-match": etag}).status_code == 204
    outside.send(topic, b"3")
    time.sleep(2)
    assert len(executions(distributed, "rested")) == 2


def test_why_a_topic_is_not_read_stands_in_the_status(distributed: AlurDev) -> None:
    put(distributed, reads("nowhere", "no-such-topic"))
    status = until(lambda: status_of(distributed, "nowhere").get("error"))
    assert "no-such-topic" in status


def test_the_installations_own_topics_are_refused(distributed: AlurDev) -> None:
    document = reads("own", "alur.execution.run.completed.v1")
    answer = distributed.rest.put(f"{PROJECT}/workflows/own", json=document)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["path"] == "spec.triggers[0].params.topic"
