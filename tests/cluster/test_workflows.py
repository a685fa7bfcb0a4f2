from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from tests.cluster.objects import address, status_of, version_of, workflow
from tests.support.alur_dev import AlurDev
from tests.support.cluster import Kubernetes, condition, holds

pytestmark = pytest.mark.usefixtures("operator")


def test_an_applied_workflow_becomes_ready_and_runs(
    kubernetes: Kubernetes, alur: AlurDev, namespace: str
) -> None:
    kubernetes.apply(workflow(namespace))
    kubernetes.do("wait", "--for=condition=Ready", "awf/greet", "-n", namespace, "--timeout=20s")
    shown = alur.rest.get(address(namespace)).json()
    assert (shown["status"]["activeVersion"], shown["metadata"]["managedBy"]) == (1, "kubernetes")
    ended = alur.run("greet", [{"who": "you"}], namespace)
    assert ended["output"] == [{"who": "you", "hello": "you"}]


def test_a_change_is_a_new_version_and_a_diff_after_it_is_clean(
    kubernetes: Kubernetes, namespace: str
) -> None:
    changed = workflow(namespace, title="changed")
    kubernetes.apply(workflow(namespace))
    kubernetes.wait_for("workflows", namespace, "greet", holds("Ready"))
    kubernetes.apply(changed)
    found = kubernetes.wait_for("workflows", namespace, "greet", holds("Ready"))
    assert found is not None
    assert (found["status"]["activeVersion"], found["status"]["observedGeneration"]) == (2, 2)
    assert (
        kubernetes.kubectl("diff", "--server-side", "-f", "-", feed=json.dumps(changed)).returncode
        == 0
    )


@pytest.mark.parametrize(
    ("node", "says"),
    [
        ({"type": "core.sett"}, "spec.nodes[1].type: there is no node type `core.sett`"),
        (
            {"type": "http.request", "params": {"url": "https://a.example", "method": "FETCH"}},
            "spec.nodes[1].params.method: ",
        ),
        ({"type": "core.filter"}, "spec.nodes[1].params.condition: "),
    ],
    ids=["type", "parameter", "missing"],
)
def test_what_alur_refuses_is_stalled_with_its_path(
    kubernetes: Kubernetes, namespace: str, node: dict[str, Any], says: str
) -> None:
    good = {"name": "good", "type": "core.noop"}
    kubernetes.apply(workflow(namespace, nodes=[good, {"name": "a", **node}]))
    found = kubernetes.wait_for("workflows", namespace, "greet", holds("Stalled", reason="Invalid"))
    assert says in condition(found, "Stalled")["message"]
    assert condition(found, "Ready")["status"] == "False"


def test_one_that_nests_deeper_than_alur_takes_is_stalled(
    kubernetes: Kubernetes, namespace: str
) -> None:
    deep: Any = "bottom"
    for _ in range(300):
        deep = {"a": deep}
    node = {"name": "deep", "type": "core.set", "params": {"fields": {"value": deep}}}
    kubernetes.apply(workflow(namespace, nodes=[node]))
    found = kubernetes.wait_for("workflows", namespace, "greet", holds("Stalled", reason="Invalid"))
    assert "deeper than 200 levels" in condition(found, "Stalled")["message"]


def test_a_mended_workflow_is_ready_again(kubernetes: Kubernetes, namespace: str) -> None:
    kubernetes.apply(workflow(namespace, nodes=[{"name": "a", "type": "core.sett"}]))
    kubernetes.wait_for("workflows", namespace, "greet", holds("Stalled"))
    kubernetes.apply(workflow(namespace))
    found = kubernetes.wait_for("workflows", namespace, "greet", holds("Ready"))
    assert condition(found, "Stalled")["status"] == "False"


def test_a_cycle_is_told(kubernetes: Kubernetes, namespace: str) -> None:
    nodes = [{"name": name, "type": "core.noop"} for name in "ab"]
    edges = [{"from": "a", "to": "b"}, {"from": "b", "to": "a"}]
    kubernetes.apply(workflow(namespace, nodes=nodes, edges=edges))
    found = kubernetes.wait_for("workflows", namespace, "greet", holds("Stalled"))
    assert "a cycle: 'a' -> 'b' -> 'a'" in condition(found, "Stalled")["message"]


def test_a_suspended_workflow_is_ready_and_its_triggers_rest(
    kubernetes: Kubernetes, alur: AlurDev, namespace: str
) -> None:
    triggers = [{"name": "hook", "type": "trigger.webhook", "params": {"path": "p"}}]
    kubernetes.apply(workflow(namespace, triggers=triggers, suspend=True))
    found = kubernetes.wait_for("workflows", namespace, "greet", holds("Ready"))
    assert condition(found, "TriggersActive")["reason"] == "Suspended"
    shown = alur.rest.get(address(namespace)).json()
    assert [trigger["active"] for trigger in shown["status"]["triggers"]] == [False]


def test_the_status_tells_no_webhook_address(kubernetes: Kubernetes, namespace: str) -> None:
    triggers = [{"name": "hook", "type": "trigger.webhook", "params": {"path": "secret"}}]
    kubernetes.apply(workflow(namespace, triggers=triggers))
    found = kubernetes.wait_for("workflows", namespace, "greet", holds("Ready"))
    assert found is not None
    assert "/hooks/" not in json.dumps(found["status"])


def test_a_workflow_of_kubernetes_is_read_only_elsewhere(
    kubernetes: Kubernetes, alur: AlurDev, namespace: str
) -> None:
    kubernetes.apply(workflow(namespace))
    kubernetes.wait_for("workflows", namespace, "greet", holds("Ready"))
    shown = alur.rest.get(address(namespace))
    headers = {"if-match": shown.headers["etag"]}
    document = {**workflow(namespace), "spec": {"title": "mine"}}
    for answer in (
        alur.rest.put(address(namespace), json=document, headers=headers),
        alur.rest.patch(address(namespace), json={"spec": {"title": "mine"}}, headers=headers),
        alur.rest.delete(address(namespace), headers=headers),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "managed")
        assert "kubectl edit workflow.alur.dev/greet" in answer.json()["detail"]


def test_a_deleted_object_takes_its_workflow_with_it(
    kubernetes: Kubernetes, alur: AlurDev, namespace: str
) -> None:
    kubernetes.apply(workflow(namespace))
    kubernetes.wait_for("workflows", namespace, "greet", holds("Ready"))
    kubernetes.do("delete", "awf", "greet", "-n", namespace, "--timeout=20s")
    assert alur.rest.get(address(namespace)).status_code == 404


def test_what_was_made_elsewhere_is_taken_over_only_when_asked(
    kubernetes: Kubernetes, alur: AlurDev, namespace: str
) -> None:
    alur.rest.put(
        address(namespace), json=workflow(namespace, title="theirs"), headers={"if-none-match": "*"}
    ).raise_for_status()
    kubernetes.apply(workflow(namespace))
    kubernetes.wait_for("workflows", namespace, "greet", holds("Stalled", reason="AdoptionRefused"))
    assert alur.rest.get(address(namespace)).json()["spec"]["title"] == "theirs"
    kubernetes.do("annotate", "awf", "greet", "-n", namespace, "alur.dev/adopt=true")
    kubernetes.wait_for("workflows", namespace, "greet", holds("Ready"))
    assert alur.rest.get(address(namespace)).json()["metadata"]["managedBy"] == "kubernetes"


def test_an_object_that_was_refused_deletes_nothing_of_others(
    kubernetes: Kubernetes, alur: AlurDev, namespace: str
) -> None:
    alur.rest.put(
        address(namespace), json=workflow(namespace), headers={"if-none-match": "*"}
    ).raise_for_status()
    kubernetes.apply(workflow(namespace))
    kubernetes.wait_for("workflows", namespace, "greet", holds("Stalled"))
    kubernetes.do("delete", "awf", "greet", "-n", namespace, "--timeout=20s")
    assert alur.rest.get(address(namespace)).status_code == 200


def test_the_columns_tell_who_rests_and_what_is_wrong(
    kubernetes: Kubernetes, namespace: str
) -> None:
    wrong = [{"name": "a", "type": "core.sett"}]
    kubernetes.apply(workflow(namespace, "rests", suspend=True), workflow(namespace, nodes=wrong))
    kubernetes.wait_for("workflows", namespace, "rests", holds("Ready"))
    kubernetes.wait_for("workflows", namespace, "greet", holds("Stalled"))
    header, *rows = kubernetes.do("get", "awf", "-n", namespace, "-o", "wide").splitlines()
    greet, rests = sorted(rows)
    assert rests[header.index("SUSPENDED") :].split()[0] == "True"
    assert "there is no node type `core.sett`" in greet[header.index("MESSAGE") :]


def test_what_alur_says_of_a_workflow_is_a_condition_and_stays_true(
    kubernetes: Kubernetes, alur: AlurDev, namespace: str
) -> None:
    node = {"name": "a", "type": "http.request", "params": {"url": "https://bank.example"}}
    nodes = [{**node, "credentials": {"auth": "bank"}}]
    kubernetes.apply(workflow(namespace, nodes=nodes))
    found = kubernetes.wait_for("workflows", namespace, "greet", holds("Ready"))
    missing = condition(found, "CredentialsFound")
    assert (missing["status"], missing["reason"]) == ("False", "CredentialsMissing")
    assert "bank" in missing["message"]
    assert {condition(found, kind)["status"] for kind in ("ReferencesFound", "Safe")} == {"True"}
    credential = {"type": "bearer", "fields": {"token": "t"}}
    path = f"/api/v1/projects/{namespace}/credentials/bank"
    alur.rest.put(path, json=credential).raise_for_status()
    kubernetes.wait_for("workflows", namespace, "greet", holds("CredentialsFound"))


def test_drift_is_found_and_mended(kubernetes: Kubernetes, alur: AlurDev, namespace: str) -> None:
    kubernetes.apply(workflow(namespace))
    kubernetes.wait_for("workflows", namespace, "greet", holds("Ready"))
    managed = {"alur-managed-by": "kubernetes", "if-match": "*"}
    drifted = workflow(namespace, title="drifted")
    alur.rest.put(address(namespace), json=drifted, headers=managed).raise_for_status()
    kubernetes.wait_for("workflows", namespace, "greet", lambda found: version_of(found) == 3)
    assert "title" not in alur.rest.get(address(namespace)).json()["spec"]


def test_a_workflow_that_was_lost_is_made_again(
    kubernetes: Kubernetes, alur: AlurDev, namespace: str
) -> None:
    kubernetes.apply(workflow(namespace))
    found = kubernetes.wait_for("workflows", namespace, "greet", holds("Ready"))
    assert found is not None
    managed = {"alur-managed-by": "kubernetes", "if-match": "*"}
    alur.rest.delete(address(namespace), headers=managed).raise_for_status()
    uid = found["status"]["uid"]
    kubernetes.wait_for(
        "workflows", namespace, "greet", lambda now: status_of(now).get("uid") not in {None, uid}
    )
    assert alur.rest.get(address(namespace)).status_code == 200


def test_transitions_are_events(kubernetes: Kubernetes, namespace: str) -> None:
    kubernetes.apply(workflow(namespace, nodes=[{"name": "a", "type": "core.sett"}]))
    kubernetes.wait_for("workflows", namespace, "greet", holds("Stalled"))
    kubernetes.apply(workflow(namespace))
    kubernetes.wait_for("workflows", namespace, "greet", holds("Ready"))
    kubernetes.wait_for_event(namespace, "reason=Published")
    told = kubernetes.do(
        "get", "events", "-n", namespace, "-o", "jsonpath={range .items[*]}{.type}/{.reason} {end}"
    )
    assert sorted(told.split()) == ["Normal/Published", "Warning/Invalid"]


def test_the_latest_execution_is_shown(
    kubernetes: Kubernetes, alur: AlurDev, namespace: str
) -> None:
    kubernetes.apply(workflow(namespace))
    kubernetes.wait_for("workflows", namespace, "greet", holds("Ready"))
    alur.run("greet", [{"who": "you"}], namespace)
    found = kubernetes.wait_for(
        "workflows",
        namespace,
        "greet",
        lambda now: "lastExecution" in (now or {}).get("status", {}),
    )
    assert found is not None
    assert found["status"]["lastExecution"]["phase"] == "Succeeded"


def test_a_status_that_others_write_with_the_object_is_ignored(
    kubernetes: Kubernetes, namespace: str
) -> None:
    kubernetes.apply(workflow(namespace))
    before = kubernetes.wait_for("workflows", namespace, "greet", holds("Ready"))
    forged = {"status": {"activeVersion": 9, "phase": "Stalled"}}
    kubernetes.do(
        "patch", "awf", "greet", "-n", namespace, "--type=merge", "-p", json.dumps(forged)
    )
    after = kubernetes.get("workflows", namespace, "greet")
    assert before is not None
    assert after is not None
    assert after["status"] == before["status"]


def test_a_forged_status_is_mended(kubernetes: Kubernetes, namespace: str) -> None:
    kubernetes.apply(workflow(namespace))
    kubernetes.wait_for("workflows", namespace, "greet", holds("Ready"))
    forged = json.dumps({"status": {"activeVersion": 9}})
    kubernetes.do(
        "patch",
        "awf",
        "greet",
        "-n",
        namespace,
        "--type=merge",
        "--subresource=status",
        "-p",
        forged,
    )
    kubernetes.wait_for("workflows", namespace, "greet", lambda found: version_of(found) == 1)


def test_a_change_costs_one_patch_and_each_field_has_its_owner(
    kubernetes: Kubernetes, namespace: str
) -> None:
    kubernetes.apply(workflow(namespace))
    before = kubernetes.wait_for("workflows", namespace, "greet", holds("Ready"))
    assert before is not None
    kubernetes.apply(workflow(namespace, title="changed"))
    kubernetes.wait_for("workflows", namespace, "greet", holds("Ready"))
    query = {
        "watch": "true",
        "resourceVersion": before["metadata"]["resourceVersion"],
        "timeoutSeconds": "1",
    }
    changes = kubernetes.api.get(
        kubernetes.path("workflows", namespace), params=query
    ).text.splitlines()
    assert len(changes) == 2, "what was applied, and the status that tells of it"
    told = kubernetes.do(
        "get", "awf", "greet", "-n", namespace, "-o", "json", "--show-managed-fields"
    )
    managed = json.loads(told)["metadata"]["managedFields"]
    managers = {(field["manager"], field.get("subresource", "")) for field in managed}
    assert managers == {("alur-operator", ""), ("alur-operator", "status"), ("kubectl", "")}


def large(namespace: str, *, bytes_of_each: int) -> dict[str, Any]:
    """Return a workflow of as many nodes as one may have."""
    names = [f"step {number:04d}" for number in range(1_000)]
    fields = {"fields": {"note": "y" * bytes_of_each}}
    nodes = [{"name": name, "type": "core.set", "params": fields} for name in names]
    edges = [{"from": a, "to": b} for a, b in itertools.pairwise(names)]
    return workflow(namespace, "large", nodes=nodes, edges=edges)


def test_a_workflow_of_a_thousand_nodes_becomes_ready(
    kubernetes: Kubernetes, alur: AlurDev, namespace: str
) -> None:
    kubernetes.apply(large(namespace, bytes_of_each=500))
    kubernetes.wait_for("workflows", namespace, "large", holds("Ready"), 60)
    assert len(alur.rest.get(address(namespace, "large")).json()["spec"]["nodes"]) == 1_000


def test_what_etcd_cannot_hold_is_told_at_apply(kubernetes: Kubernetes, namespace: str) -> None:
    feed = json.dumps(large(namespace, bytes_of_each=1_500))
    done = kubernetes.kubectl("apply", "--server-side", "-f", "-", feed=feed)
    assert (done.returncode, "request is too large" in done.stderr) == (1, True), done.stderr
