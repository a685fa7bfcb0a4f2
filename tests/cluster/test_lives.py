"""A workflow's triggers and executions when its object is suspended, resumed and deleted."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.cluster.objects import address, status_of, workflow
from tests.support.alur_dev import AlurDev
from tests.support.cluster import Kubernetes, Object, condition, holds

pytestmark = pytest.mark.usefixtures("operator")

WEBHOOK = {"name": "hook", "type": "trigger.webhook", "params": {"path": "p"}}
EVERY_SECOND = {"name": "tick", "type": "trigger.schedule", "params": {"every": "PT1S"}}


def ticking(namespace: str, name: str, **spec: Any) -> Object:
    """Return a workflow that a webhook starts, and a schedule each second."""
    return workflow(namespace, name, triggers=[WEBHOOK, EVERY_SECOND], **spec)


def started(alur: AlurDev, namespace: str, name: str) -> set[str]:
    """Return the executions of a workflow."""
    query: dict[str, str | int] = {"workflow": name, "limit": 500}
    answer = alur.rest.get(f"/api/v1/projects/{namespace}/executions", params=query)
    return {str(one["id"]) for one in answer.raise_for_status().json()["items"]}


def wait_for_ticks(alur: AlurDev, namespace: str, name: str, count: int) -> None:
    """Return once a schedule has started so many more."""
    before, until = len(started(alur, namespace, name)), time.monotonic() + 20
    while len(started(alur, namespace, name)) < before + count:
        assert time.monotonic() < until, f"{name} starts nothing"
        time.sleep(0.1)


def active(alur: AlurDev, namespace: str, name: str) -> list[bool]:
    shown = alur.rest.get(address(namespace, name)).raise_for_status().json()
    return [trigger["active"] for trigger in shown["status"]["triggers"]]


def test_a_workflow_that_is_suspended_starts_nothing_until_it_is_resumed(
    kubernetes: Kubernetes, alur: AlurDev, namespace: str
) -> None:
    kubernetes.apply(ticking(namespace, "rests"), ticking(namespace, "goes-on"))
    kubernetes.wait_for("workflows", namespace, "rests", holds("TriggersActive"))
    wait_for_ticks(alur, namespace, "rests", 1)
    hook = alur.hook("rests", namespace)
    assert alur.rest.post(hook, json={}).status_code == 202

    kubernetes.apply(ticking(namespace, "rests", suspend=True))
    found = kubernetes.wait_for("workflows", namespace, "rests", holds("Suspended"))
    assert status_of(found)["phase"] == "Suspended"
    assert condition(found, "Ready")["status"] == "True"
    assert condition(found, "TriggersActive")["status"] == "False"
    assert active(alur, namespace, "rests") == [False, False]
    # What was due in the moment of the change has begun by then.
    wait_for_ticks(alur, namespace, "goes-on", 1)
    before = started(alur, namespace, "rests")
    assert alur.rest.post(hook, json={}).status_code == 404
    wait_for_ticks(alur, namespace, "goes-on", 2)
    assert started(alur, namespace, "rests") == before
    by_hand = alur.run("rests", [{"who": "you"}], namespace)
    assert by_hand["status"] == "succeeded"

    kubernetes.apply(ticking(namespace, "rests", suspend=False))
    found = kubernetes.wait_for("workflows", namespace, "rests", holds("TriggersActive"))
    assert (status_of(found)["phase"], condition(found, "Suspended")["status"]) == (
        "Ready",
        "False",
    )
    assert active(alur, namespace, "rests") == [True, True]
    assert alur.rest.post(hook, json={}).status_code == 202
    wait_for_ticks(alur, namespace, "rests", 1)


@pytest.mark.parametrize("policy", ["cancel", "finish"])
def test_a_running_execution_ends_as_the_policy_of_its_deleted_workflow_says(
    kubernetes: Kubernetes, alur: AlurDev, namespace: str, policy: str
) -> None:
    nodes = [{"name": "wait", "type": "core.wait", "params": {"signal": "go"}}]
    kubernetes.apply(workflow(namespace, nodes=nodes, settings={"deletionPolicy": policy}))
    kubernetes.wait_for("workflows", namespace, "greet", holds("Ready"))
    execution = alur.run("greet", [{}], namespace)
    assert execution["status"] == "waiting"
    kubernetes.do("delete", "awf", "greet", "-n", namespace, "--timeout=20s")
    assert alur.rest.get(address(namespace)).status_code == 404
    if policy == "cancel":
        ended = alur.wait_for(execution["id"], "cancelled", "succeeded", project=namespace)
        assert ended["status"] == "cancelled"
        return
    path = f"/api/v1/projects/{namespace}/executions/{execution['id']}:signal"
    given = {"name": "go", "payload": {"approved": True}}
    alur.rest.post(path, json=given).raise_for_status()
    ended = alur.wait_for(execution["id"], "cancelled", "succeeded", project=namespace)
    assert (ended["status"], ended["output"]) == ("succeeded", [{"approved": True}])
