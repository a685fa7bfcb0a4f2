from __future__ import annotations

import json

import pytest

from tests.cluster.objects import ENDED, has_phase, run, status_of, waiting, workflow
from tests.support.alur_dev import AlurDev
from tests.support.cluster import Kubernetes, Object, condition, holds

pytestmark = pytest.mark.usefixtures("operator")


def executions(alur: AlurDev, namespace: str) -> list[dict[str, object]]:
    answer = alur.rest.get(f"/api/v1/projects/{namespace}/executions", params={"limit": 500})
    return list(answer.json()["items"]) if answer.status_code == 200 else []


def is_held_up(found: Object | None) -> bool:
    return condition(found, "Reconciling").get("reason") == "WorkflowStalled"


def test_a_run_is_one_execution_whose_output_is_told(
    kubernetes: Kubernetes, alur: AlurDev, namespace: str
) -> None:
    kubernetes.apply(workflow(namespace), run(namespace, "greet", input=[{"who": "you"}]))
    found = kubernetes.wait_for("workflowruns", namespace, "one", has_phase(*ENDED))
    status = status_of(found)
    assert (status["phase"], status["output"]) == ("Succeeded", [{"who": "you", "hello": "you"}])
    assert [e["id"] for e in executions(alur, namespace)] == [status["executionId"]]
    kubernetes.do("wait", "--for=condition=Succeeded", "awr/one", "-n", namespace, "--timeout=1s")


def test_a_run_may_come_before_its_workflow(kubernetes: Kubernetes, namespace: str) -> None:
    kubernetes.apply(run(namespace, "greet"))
    found = kubernetes.wait_for("workflowruns", namespace, "one", has_phase("Pending"))
    assert condition(found, "Reconciling")["reason"] == "WorkflowNotFound"
    kubernetes.apply(workflow(namespace))
    kubernetes.wait_for("workflowruns", namespace, "one", has_phase("Succeeded"))


def test_what_is_applied_with_a_run_is_what_it_runs(kubernetes: Kubernetes, namespace: str) -> None:
    for number in range(1, 5):
        name = f"run-{number}"
        both = [workflow(namespace, title=f"number {number}"), run(namespace, "greet", name)]
        listed = json.dumps({"apiVersion": "v1", "kind": "List", "items": both})
        kubernetes.do("apply", "--server-side", "-f", "-", feed=listed)
        found = kubernetes.wait_for("workflowruns", namespace, name, has_phase(*ENDED))
        assert (status_of(found)["phase"], status_of(found)["version"]) == ("Succeeded", number)


def test_a_run_of_a_stalled_workflow_says_why_and_begins_once_that_is_mended(
    kubernetes: Kubernetes, namespace: str
) -> None:
    wrong = [{"name": "a", "type": "core.sett"}]
    kubernetes.apply(workflow(namespace), run(namespace, "greet", "before"))
    kubernetes.wait_for("workflowruns", namespace, "before", has_phase("Succeeded"))
    kubernetes.apply(workflow(namespace, nodes=wrong), run(namespace, "greet"))
    kubernetes.apply(run(namespace, "greet", "pinned", version=1))
    found = kubernetes.wait_for("workflowruns", namespace, "one", is_held_up)
    assert "spec.nodes[0].type: there is no node type `core.sett`" in status_of(found)["message"]
    kubernetes.wait_for("workflowruns", namespace, "pinned", has_phase("Succeeded"))
    kubernetes.apply(workflow(namespace, title="mended"))
    found = kubernetes.wait_for("workflowruns", namespace, "one", has_phase(*ENDED))
    assert (status_of(found)["phase"], status_of(found)["version"]) == ("Succeeded", 2)


def test_a_run_whose_time_is_over_before_it_began_has_failed(
    kubernetes: Kubernetes, namespace: str
) -> None:
    wrong = [{"name": "a", "type": "core.sett"}]
    kubernetes.apply(workflow(namespace, nodes=wrong), run(namespace, "greet", timeout="PT2S"))
    kubernetes.apply(run(namespace, "missing", "other", timeout="PT2S"))
    wait = ("wait", "--for=condition=Failed", "-n", namespace, "--timeout=20s")
    kubernetes.do(*wait, "awr/one", "awr/other")
    one, other = (kubernetes.get("workflowruns", namespace, name) for name in ("one", "other"))
    assert "before it began: the Workflow greet is Stalled (Invalid)" in status_of(one)["message"]
    assert condition(one, "Failed")["reason"] == "TimedOut"
    assert condition(other, "Failed")["reason"] == "TimedOut"


def test_a_failed_run_tells_why(kubernetes: Kubernetes, namespace: str) -> None:
    stop = {"name": "stop", "type": "core.stop", "params": {"message": "no stock"}}
    rest = {"name": "rest", "type": "core.wait", "params": {"for": "PT3S"}}
    later = {"nodes": [rest, stop], "edges": [{"from": "rest", "to": "stop"}]}
    kubernetes.apply(
        workflow(namespace, nodes=[stop]),
        workflow(namespace, "later", **later),
        run(namespace, "greet"),
        run(namespace, "later", "two"),
    )
    for name in ("one", "two"):
        found = kubernetes.wait_for("workflowruns", namespace, name, has_phase(*ENDED))
        assert status_of(found)["phase"] == "Failed"
        assert "no stock" in status_of(found)["message"]
        assert "no stock" in condition(found, "Failed")["message"]
        assert condition(found, "Stalled")["status"] == "True"
        kubernetes.wait_for_event(
            namespace, f"reason=Failed,type=Warning,involvedObject.name={name}"
        )
        assert (
            "no stock"
            in kubernetes.do("describe", "awr", name, "-n", namespace).partition("Events:")[2]
        )


@pytest.mark.parametrize("kind", ["configmap", "secret"])
def test_input_is_read_from_a_key(kubernetes: Kubernetes, namespace: str, kind: str) -> None:
    make = ("configmap",) if kind == "configmap" else ("secret", "generic")
    kubernetes.do("create", *make, "given", "-n", namespace, '--from-literal=data={"who": "them"}')
    reference = {
        "configMapKeyRef" if kind == "configmap" else "secretKeyRef": {
            "name": "given",
            "key": "data",
        }
    }
    kubernetes.apply(
        workflow(namespace), run(namespace, "greet", f"from-{kind}", inputFrom=reference)
    )
    found = kubernetes.wait_for("workflowruns", namespace, f"from-{kind}", has_phase(*ENDED))
    assert status_of(found)["output"] == [{"who": "them", "hello": "them"}]


def test_input_that_is_no_json_is_refused(kubernetes: Kubernetes, namespace: str) -> None:
    kubernetes.do("create", "configmap", "given", "-n", namespace, "--from-literal=data=who: them")
    reference = {"configMapKeyRef": {"name": "given", "key": "data"}}
    kubernetes.apply(workflow(namespace), run(namespace, "greet", inputFrom=reference))
    found = kubernetes.wait_for("workflowruns", namespace, "one", has_phase("Failed"))
    assert condition(found, "Succeeded")["reason"] == "InputInvalid"


def test_a_missing_key_is_waited_for(kubernetes: Kubernetes, namespace: str) -> None:
    reference = {"configMapKeyRef": {"name": "given", "key": "data"}}
    kubernetes.apply(workflow(namespace), run(namespace, "greet", inputFrom=reference))
    found = kubernetes.wait_for("workflowruns", namespace, "one", has_phase("Pending"))
    assert condition(found, "Reconciling")["reason"] == "InputNotFound"
    kubernetes.do("create", "configmap", "given", "-n", namespace, "--from-literal=data={}")
    kubernetes.wait_for("workflowruns", namespace, "one", has_phase("Succeeded"))


def test_a_deleted_run_cancels_its_execution(
    kubernetes: Kubernetes, alur: AlurDev, namespace: str
) -> None:
    kubernetes.apply(waiting(namespace), run(namespace, "waits"))
    found = kubernetes.wait_for("workflowruns", namespace, "one", has_phase("Waiting"))
    kubernetes.do("delete", "awr", "one", "-n", namespace, "--timeout=20s")
    alur.wait_for(status_of(found)["executionId"], "cancelled", project=namespace)


def test_a_run_whose_time_is_over_has_failed(kubernetes: Kubernetes, namespace: str) -> None:
    kubernetes.apply(waiting(namespace))
    kubernetes.wait_for("workflows", namespace, "waits", holds("Ready"))
    kubernetes.apply(run(namespace, "waits", timeout="PT1S"))
    found = kubernetes.wait_for("workflowruns", namespace, "one", has_phase(*ENDED))
    assert (status_of(found)["phase"], status_of(found)["message"]) == (
        "Failed",
        "timed out after PT1S",
    )
    assert condition(found, "Succeeded")["reason"] == "TimedOut"


def test_a_run_goes_when_its_time_to_live_is_over(
    kubernetes: Kubernetes, alur: AlurDev, namespace: str
) -> None:
    kubernetes.apply(workflow(namespace), run(namespace, "greet", ttlAfterFinished="PT1S"))
    kubernetes.wait_for("workflowruns", namespace, "one", lambda found: found is None)
    assert [e["status"] for e in executions(alur, namespace)] == ["succeeded"]


def test_a_long_run_is_followed_to_its_end(kubernetes: Kubernetes, namespace: str) -> None:
    kubernetes.apply(waiting(namespace, seconds=3), run(namespace, "waits"))
    kubernetes.wait_for(
        "workflowruns", namespace, "one", lambda found: "executionId" in status_of(found)
    )
    found = kubernetes.wait_for("workflowruns", namespace, "one", has_phase(*ENDED))
    assert (status_of(found)["phase"], status_of(found).get("message")) == ("Succeeded", None)


def test_an_output_that_is_too_large_is_told_where_to_find(
    kubernetes: Kubernetes, namespace: str
) -> None:
    fields = {"text": "{{ 'x'.repeat(70000) }}"}
    nodes = [{"name": "large", "type": "core.set", "params": {"fields": fields}}]
    kubernetes.apply(workflow(namespace, nodes=nodes), run(namespace, "greet"))
    status = status_of(kubernetes.wait_for("workflowruns", namespace, "one", has_phase(*ENDED)))
    assert (status["phase"], "output" in status) == ("Succeeded", False)
    assert f"alur get executions {status['executionId']}" in status["message"]


def test_the_columns_tell_what_matters(kubernetes: Kubernetes, namespace: str) -> None:
    kubernetes.apply(workflow(namespace), run(namespace, "greet"))
    kubernetes.wait_for("workflowruns", namespace, "one", has_phase("Succeeded"))
    header, row = kubernetes.do("get", "awr", "-n", namespace).splitlines()
    assert header.split() == ["NAME", "WORKFLOW", "PHASE", "STARTED", "FINISHED", "AGE"]
    assert row.split()[:3] == ["one", "greet", "Succeeded"]
    header, row = kubernetes.do("get", "awr", "-n", namespace, "-o", "wide").splitlines()
    column = header.index("VERSION")
    assert row[column:].split()[0] == "1"


def test_the_category_lists_both_kinds_and_the_server_selects_runs_by_phase(
    kubernetes: Kubernetes, namespace: str
) -> None:
    stop = [{"name": "stop", "type": "core.stop", "params": {"message": "no stock"}}]
    bad = workflow(namespace, "bad", nodes=stop)
    kubernetes.apply(
        workflow(namespace), bad, run(namespace, "greet"), run(namespace, "bad", "two")
    )
    kubernetes.wait_for("workflowruns", namespace, "one", has_phase("Succeeded"))
    kubernetes.wait_for("workflowruns", namespace, "two", has_phase("Failed"))

    def named(*what: str) -> list[str]:
        return sorted(kubernetes.do("get", *what, "-n", namespace, "-o", "name").split())

    workflows = ["workflow.alur.dev/bad", "workflow.alur.dev/greet"]
    runs = ["workflowrun.alur.dev/one", "workflowrun.alur.dev/two"]
    assert named("alur") == [*workflows, *runs]
    assert (named("awf"), named("awr")) == (workflows, runs)
    assert named("awr", "--field-selector=status.phase=Failed") == runs[1:]
    assert named("awr", "--field-selector=status.phase!=Failed,spec.workflow=greet") == runs[:1]
    told = kubernetes.kubectl("scale", "awf/greet", "--replicas=2", "-n", namespace)
    assert (told.returncode, told.stdout) == (1, ""), "there is nothing of which there could be two"


def test_a_deleted_namespace_goes_with_all_that_is_in_it(
    kubernetes: Kubernetes, alur: AlurDev
) -> None:
    kubernetes.do("create", "namespace", "goes")
    kubernetes.apply(workflow("goes"), waiting("goes"), run("goes", "waits"))
    kubernetes.wait_for("workflowruns", "goes", "one", has_phase("Waiting"))
    kubernetes.do("delete", "namespace", "goes", "--timeout=30s")
    assert alur.rest.get("/api/v1/projects/goes/workflows").json()["items"] == []
    assert json.dumps(executions(alur, "goes")).count('"cancelled"') == 1
