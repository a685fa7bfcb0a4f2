"""A run stays with its execution: whatever becomes of its Workflow and its input, and whatever its status is made to say."""

from __future__ import annotations

import json
import time

import pytest

from tests.cluster.objects import ENDED, has_phase, run, status_of, waiting, workflow
from tests.support.alur_dev import AlurDev
from tests.support.cluster import Kubernetes, Object, condition, holds
from tests.support.operator import Operator

ITEMS = 12_000
FROM = {"configMapKeyRef": {"name": "given", "key": "data"}}


def executions(alur: AlurDev, namespace: str) -> list[str]:
    answer = alur.rest.get(f"/api/v1/projects/{namespace}/executions", params={"limit": 500})
    return sorted(each["id"] for each in answer.json()["items"])


def waits(kubernetes: Kubernetes, namespace: str, name: str) -> str:
    """Return the execution of a run once that waits."""
    found = kubernetes.wait_for("workflowruns", namespace, name, has_phase("Waiting"))
    return str(status_of(found)["executionId"])


def forge(kubernetes: Kubernetes, namespace: str, name: str, **status: object) -> None:
    patch = ("patch", "awr", name, "-n", namespace, "--subresource=status", "--type=merge")
    kubernetes.do(*patch, "-p", json.dumps({"status": status}))


def delete(kubernetes: Kubernetes, kind: str, namespace: str, *names: str) -> None:
    kubernetes.do("delete", kind, *names, "-n", namespace, "--timeout=20s")


def test_a_run_goes_on_whatever_becomes_of_its_workflow_and_its_input(
    kubernetes: Kubernetes, alur: AlurDev, operator: Operator, namespace: str
) -> None:
    kubernetes.do("create", "configmap", "given", "-n", namespace, "--from-literal=data={}")
    asked = [run(namespace, "waits"), run(namespace, "waits", "two", inputFrom=FROM)]
    kubernetes.apply(waiting(namespace), *asked)
    begun = {name: waits(kubernetes, namespace, name) for name in ("one", "two")}
    delete(kubernetes, "awf", namespace, "waits")
    delete(kubernetes, "configmap", namespace, "given")
    kubernetes.apply(waiting(namespace))
    kubernetes.wait_for("workflows", namespace, "waits", holds("Ready"))
    assert operator.stop() == 0
    operator.start()
    kubernetes.apply(run(namespace, "waits", "three"))
    last = waits(kubernetes, namespace, "three")
    assert {name: waits(kubernetes, namespace, name) for name in begun} == begun
    assert executions(alur, namespace) == sorted([*begun.values(), last])
    delete(kubernetes, "awr", namespace, *begun)
    for execution in begun.values():
        alur.wait_for(execution, "cancelled", project=namespace)


def test_a_run_whose_input_is_another_by_now_goes_on(
    kubernetes: Kubernetes, alur: AlurDev, operator: Operator, namespace: str
) -> None:
    kubernetes.do("create", "configmap", "given", "-n", namespace, "--from-literal=data={}")
    kubernetes.apply(waiting(namespace), run(namespace, "waits", inputFrom=FROM))
    begun = waits(kubernetes, namespace, "one")
    changed = json.dumps({"data": {"data": "who: them"}})
    kubernetes.do("patch", "configmap", "given", "-n", namespace, "--type=merge", "-p", changed)
    assert operator.stop() == 0
    operator.start()
    kubernetes.apply(run(namespace, "waits", "two"))
    waits(kubernetes, namespace, "two")
    assert waits(kubernetes, namespace, "one") == begun
    delete(kubernetes, "awr", namespace, "one")
    alur.wait_for(begun, "cancelled", project=namespace)


@pytest.mark.usefixtures("operator")
def test_a_forged_end_does_not_keep_an_execution_from_being_cancelled(
    kubernetes: Kubernetes, alur: AlurDev, namespace: str
) -> None:
    kubernetes.apply(waiting(namespace), run(namespace, "waits"))
    begun = waits(kubernetes, namespace, "one")
    forge(kubernetes, namespace, "one", phase="Succeeded")
    delete(kubernetes, "awr", namespace, "one")
    alur.wait_for(begun, "cancelled", project=namespace)


@pytest.mark.usefixtures("operator")
def test_the_time_to_live_that_was_set_last_counts(kubernetes: Kubernetes, namespace: str) -> None:
    ended, waiting_one = run(namespace, "greet"), run(namespace, "waits", "two")
    kubernetes.apply(workflow(namespace), waiting(namespace, seconds=3))
    for each, lives in ((ended, "PT3S"), (waiting_one, "PT0S")):
        kubernetes.apply({**each, "spec": {**each["spec"], "ttlAfterFinished": lives}})
    kubernetes.wait_for("workflowruns", namespace, "one", has_phase("Succeeded"))
    waits(kubernetes, namespace, "two")
    for each in (ended, waiting_one):
        kubernetes.apply({**each, "spec": {**each["spec"], "ttlAfterFinished": "PT1H"}})
    kubernetes.wait_for("workflowruns", namespace, "two", has_phase("Succeeded"))
    time.sleep(4)
    assert kubernetes.get("workflowruns", namespace, "one") is not None
    assert kubernetes.get("workflowruns", namespace, "two") is not None


@pytest.mark.usefixtures("operator")
def test_an_output_is_told_with_its_nulls(kubernetes: Kubernetes, namespace: str) -> None:
    items = [{"who": "x", "price": None, "deep": {"gone": None, "all": [None]}}]
    noop = [{"name": "pass", "type": "core.noop"}]
    rest = {"name": "rest", "type": "core.wait", "params": {"for": "PT2S"}}
    later = {"nodes": [rest, *noop], "edges": [{"from": "rest", "to": "pass"}]}
    kubernetes.apply(workflow(namespace, nodes=noop), workflow(namespace, "later", **later))
    kubernetes.apply(
        run(namespace, "greet", input=items), run(namespace, "later", "two", input=items)
    )
    for name in ("one", "two"):
        found = kubernetes.wait_for("workflowruns", namespace, name, has_phase(*ENDED))
        assert status_of(found)["output"] == items


@pytest.mark.usefixtures("operator")
def test_an_output_of_too_many_items_is_told_where_to_find(
    kubernetes: Kubernetes, namespace: str
) -> None:
    split = {"name": "split", "type": "core.split", "params": {"field": "all"}}
    many: list[Object] = [{"all": [{}] * ITEMS}]
    kubernetes.apply(workflow(namespace, nodes=[split]), run(namespace, "greet", input=many))
    found = kubernetes.wait_for("workflowruns", namespace, "one", has_phase(*ENDED))
    assert f"the output has {ITEMS} items" in status_of(found)["message"]


@pytest.mark.usefixtures("operator")
def test_a_run_that_waits_for_its_turn_in_alur_is_given_up_in_time(
    kubernetes: Kubernetes, namespace: str
) -> None:
    alone: Object = waiting(namespace)
    alone["spec"]["settings"] = {"concurrency": {"limit": 1, "policy": "queue"}}
    kubernetes.apply(alone, run(namespace, "waits"))
    waits(kubernetes, namespace, "one")
    began = time.monotonic()
    kubernetes.apply(run(namespace, "waits", "two", timeout="PT5S"))
    found = kubernetes.wait_for("workflowruns", namespace, "two", has_phase(*ENDED))
    assert time.monotonic() - began < 10
    assert condition(found, "Failed")["reason"] == "TimedOut"
    assert status_of(found)["message"] == "timed out after PT5S, before it began"


@pytest.mark.usefixtures("operator")
def test_a_status_that_is_forged_is_mended(kubernetes: Kubernetes, namespace: str) -> None:
    kubernetes.apply(workflow(namespace), waiting(namespace))
    kubernetes.apply(run(namespace, "greet"), run(namespace, "waits", "two"))
    waits(kubernetes, namespace, "two")
    over = kubernetes.wait_for("workflowruns", namespace, "one", has_phase("Succeeded"))
    forge(kubernetes, namespace, "one", phase="Failed", message="forged", output=[])
    forge(kubernetes, namespace, "two", phase="Succeeded", message="forged", output=[{"a": 1}])
    for name, phase in (("one", "Succeeded"), ("two", "Waiting")):
        found = kubernetes.wait_for("workflowruns", namespace, name, has_phase(phase), 5)
        assert "message" not in status_of(found)
    assert status_of(kubernetes.get("workflowruns", namespace, "one")) == status_of(over)
    assert "output" not in status_of(kubernetes.get("workflowruns", namespace, "two"))
