from __future__ import annotations

import json
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.objects import workflow
from tests.cluster.test_rights import ACCOUNT, never_used, used
from tests.support.alur_dev import AlurDev, free_ports
from tests.support.certificates import self_signed
from tests.support.cluster import Kubernetes, Object, condition, holds, service_account
from tests.support.operator import Operator
from tests.unit.engine.validation.test_documents import CASES
from tools import chart

HERE = "admission"
WRONG = [{"name": "a", "type": "core.sett"}, {"name": "b", "type": "core.set", "params": {"x": 1}}]
SAYS = "spec.nodes[0].type: there is no node type `core.sett`"
CONFIGURATION = f"{HERE}-alur-operator"
RENEW_SECONDS = 3
KINDS = {
    "Role", "RoleBinding", "ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Service",
    "ValidatingWebhookConfiguration",
}  # fmt: skip


@pytest.fixture(scope="module")
def port() -> int:
    return free_ports(1)[0]


@pytest.fixture(scope="module")
def manifests(port: int) -> list[Object]:
    """What the chart makes of a webhook that may refuse; its Service leads to this machine instead of to Pods."""
    policy = "operator.webhook.failurePolicy=Fail"
    more = ("--namespace", HERE, "--set", f"operator.watch.namespaces={{{HERE}}},{policy}")
    found = chart.objects(chart.rendered("team", *more))
    for one in found:
        if one["kind"] == "Service":
            one["spec"] = {"type": "ExternalName", "externalName": "localhost"}
        if one["kind"] == "ValidatingWebhookConfiguration":
            one["webhooks"][0]["clientConfig"]["service"]["port"] = port
    return found


@pytest.fixture(scope="module")
def asked(
    kubernetes: Kubernetes,
    alur: AlurDev,
    manifests: list[Object],
    port: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Operator]:
    """An operator whom the API server asks, with the rights and settings of the chart."""
    (deployment,) = (
        o for o in manifests if o["metadata"]["name"] == ACCOUNT and "template" in str(o)
    )
    environment = deployment["spec"]["template"]["spec"]["containers"][0]["env"]
    settings = {e["name"]: e["value"] for e in environment if e["name"].startswith("ALUR_WEBHOOK")}
    settings |= {"ALUR_NAMESPACES": HERE, "ALUR_LEASE_NAMESPACE": HERE, "ALUR_LEASE_SECONDS": "1"}
    settings |= {"ALUR_WEBHOOK_PORT": str(port), "ALUR_WEBHOOK_HOST": "127.0.0.1"}
    settings |= {"ALUR_WEBHOOK_RENEW_SECONDS": str(RENEW_SECONDS)}
    folder = tmp_path_factory.mktemp("operator")
    with kubernetes.namespace(HERE):
        kubernetes.apply(*(one for one in manifests if one["kind"] in KINDS))
        kubeconfig = service_account(kubernetes, folder, HERE, ACCOUNT)
        running = Operator(alur, kubeconfig, folder / "log", settings).start()
        try:
            until = time.monotonic() + 20
            while SAYS not in (said := refusal(kubernetes, "early", nodes=WRONG)):
                assert time.monotonic() < until, f"{said} {running.said()}"
                time.sleep(0.05)
            yield running
        finally:
            running.kill()
            kubernetes.do("delete", "validatingwebhookconfiguration", CONFIGURATION)


def refusal(kubernetes: Kubernetes, name: str = "greet", *more: str, **spec: object) -> str:
    """Return what kubectl says to a Workflow that it may not apply, nothing when it may."""
    feed = json.dumps(workflow(HERE, name, **spec))
    return kubernetes.kubectl("apply", "--server-side", *more, "-f", "-", feed=feed).stderr


def trusted(kubernetes: Kubernetes) -> str:
    path = f"/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/{CONFIGURATION}"
    return str(kubernetes.api.get(path).json()["webhooks"][0]["clientConfig"].get("caBundle"))


@pytest.mark.usefixtures("asked")
def test_a_wrong_workflow_is_refused_at_apply_with_each_path(kubernetes: Kubernetes) -> None:
    said = refusal(kubernetes, "wrong", nodes=WRONG)
    assert said.startswith('The Workflow "wrong" is invalid:')
    assert f"* {SAYS}" in said
    assert "* spec.nodes[1].params" in said
    assert kubernetes.get("workflows", HERE, "wrong") is None


@pytest.mark.usefixtures("asked")
def test_tools_are_told_each_field(kubernetes: Kubernetes) -> None:
    wrong = workflow(HERE, "wrong", nodes=WRONG)
    answer = kubernetes.api.post(kubernetes.path("workflows", HERE), json=wrong)
    causes = answer.json()["details"]["causes"]
    assert (answer.status_code, causes[0]["field"]) == (422, "spec.nodes[0].type")
    assert 'admission webhook "workflows.alur.dev" denied the request' in answer.json()["message"]


@pytest.mark.usefixtures("asked")
def test_a_cycle_is_refused_in_a_dry_run_too(kubernetes: Kubernetes) -> None:
    nodes = [{"name": name, "type": "core.noop"} for name in "ab"]
    edges = [{"from": "a", "to": "b"}, {"from": "b", "to": "a"}]
    said = refusal(kubernetes, "round", "--dry-run=server", nodes=nodes, edges=edges)
    assert "a cycle: 'a' -> 'b' -> 'a'" in said


@pytest.mark.usefixtures("asked")
def test_a_change_to_something_wrong_leaves_what_was_good(kubernetes: Kubernetes) -> None:
    assert refusal(kubernetes, "good") == ""
    kubernetes.wait_for("workflows", HERE, "good", holds("Ready"))
    assert SAYS in refusal(kubernetes, "good", nodes=WRONG)
    found = kubernetes.get("workflows", HERE, "good")
    assert found is not None
    assert (found["metadata"]["generation"], found["status"]["phase"]) == (1, "Ready")


@pytest.mark.usefixtures("asked")
def test_a_name_that_the_server_makes_is_fine(kubernetes: Kubernetes) -> None:
    unnamed = workflow(HERE)
    unnamed["metadata"] = {"generateName": "made-"}
    answer = kubernetes.api.post(kubernetes.path("workflows", HERE), json=unnamed)
    assert answer.status_code == 201, answer.text


@pytest.mark.usefixtures("asked")
def test_nothing_that_alur_refuses_is_kept_and_all_that_it_takes_is(kubernetes: Kubernetes) -> None:
    wrong = {}
    for case in (case for case in CASES if "spec" in case):
        document = {**workflow(HERE, "case"), "spec": case["spec"]}
        options = {"dryRun": "All", "fieldValidation": "Strict"}
        answer = kubernetes.api.post(
            kubernetes.path("workflows", HERE), params=options, json=document
        )
        if (answer.status_code == 201) == bool(case.get("problems")):
            wrong[case["name"]] = f"{answer.status_code} {answer.text}"
    assert wrong == {}


def test_a_certificate_takes_the_place_of_another_and_no_question_goes_unanswered(
    kubernetes: Kubernetes, asked: Operator
) -> None:
    seen = {trusted(kubernetes)}
    until = time.monotonic() + 6 * RENEW_SECONDS
    while len(seen) < 5:  # two renewals: one, both, the other, both, the third
        said = refusal(kubernetes, "wrong", nodes=WRONG)
        assert SAYS in said, f"{said} {asked.said()}"
        seen.add(trusted(kubernetes))
        assert time.monotonic() < until, asked.said()
    assert asked.metric('alur_operator_admissions_total{result="refused"}') >= 5


def test_it_takes_less_memory_than_its_limit(asked: Operator) -> None:
    assert asked.resident_mebibytes < 200


def test_whom_to_trust_is_told_again_when_it_was_lost(
    kubernetes: Kubernetes, asked: Operator
) -> None:
    nobody = json.dumps([{"op": "remove", "path": "/webhooks/0/clientConfig/caBundle"}])
    kubernetes.do(
        "patch", "validatingwebhookconfiguration", CONFIGURATION, "--type=json", "-p", nobody
    )
    until = time.monotonic() + 4 * RENEW_SECONDS
    while SAYS not in (said := refusal(kubernetes, "wrong", nodes=WRONG)):
        assert "failed calling webhook" in said
        assert time.monotonic() < until, asked.said()


def test_it_has_the_right_to_say_whom_to_trust_and_uses_it(
    kubernetes: Kubernetes, manifests: list[Object], asked: Operator
) -> None:
    roles = [o for o in manifests if o["kind"] == "ClusterRole"]
    done, refused = used(kubernetes, HERE)
    assert (never_used(roles, done), refused) == ([], []), asked.said()
    names = [rule["resourceNames"] for role in roles for rule in role["rules"]]
    assert names == [[CONFIGURATION]]


def test_while_it_cannot_be_asked_the_policy_decides(
    kubernetes: Kubernetes, asked: Operator
) -> None:
    assert refusal(kubernetes, "held") == ""
    kubernetes.wait_for("workflows", HERE, "held", holds("Ready"))
    asked.kill()
    try:
        assert 'failed calling webhook "workflows.alur.dev"' in refusal(kubernetes, "late")
        # What leaves the spec alone passes: nobody is held by an operator that is away.
        kubernetes.do("label", "awf", "held", "-n", HERE, "team=sales")
        no_finalizers = json.dumps({"metadata": {"finalizers": None}})
        kubernetes.do("patch", "awf", "held", "-n", HERE, "--type=merge", "-p", no_finalizers)
        kubernetes.do("delete", "awf", "held", "-n", HERE, "--timeout=10s")
        ignore = json.dumps(
            [{"op": "replace", "path": "/webhooks/0/failurePolicy", "value": "Ignore"}]
        )
        name = ("validatingwebhookconfiguration", CONFIGURATION)
        kubernetes.do("patch", *name, "--type=json", "-p", ignore)
        until = time.monotonic() + 10
        while refusal(kubernetes, "late", nodes=WRONG):
            assert time.monotonic() < until
    finally:
        asked.start()
    found = kubernetes.wait_for("workflows", HERE, "late", holds("Stalled", reason="Invalid"))
    assert SAYS in condition(found, "Stalled")["message"]


def test_a_certificate_in_a_folder_is_read_again_when_it_changes(
    kubernetes: Kubernetes, alur: AlurDev, namespace: str, tmp_path: Path
) -> None:
    (port,) = free_ports(1)
    folder = tmp_path / "certificate"
    folder.mkdir()
    first = put(folder, tmp_path)
    settings = {
        "ALUR_NAMESPACES": namespace,
        "ALUR_LEASE_NAMESPACE": namespace,
        "ALUR_WEBHOOK_NAME": "localhost",
        "ALUR_WEBHOOK_PORT": str(port),
        "ALUR_WEBHOOK_CERTIFICATE": str(folder),
    }
    running = Operator(alur, kubernetes.cluster.kubeconfig, tmp_path / "log", settings).start()
    try:
        assert shown(port) == first
        second = put(folder, tmp_path)
        until = time.monotonic() + 10
        while shown(port) != second:
            assert time.monotonic() < until, running.said()
            time.sleep(0.1)
    finally:
        running.kill()


def put(folder: Path, scratch: Path) -> str:
    """Put a new certificate into a folder and return it."""
    certificate, key = self_signed(scratch)
    key.replace(folder / "tls.key")
    return certificate.replace(folder / "tls.crt").read_text().strip()


def shown(port: int) -> str:
    return ssl.get_server_certificate(("127.0.0.1", port)).strip()


def test_without_its_certificate_it_does_not_start(
    kubernetes: Kubernetes, alur: AlurDev, namespace: str, tmp_path: Path
) -> None:
    settings = {
        "ALUR_NAMESPACES": namespace,
        "ALUR_LEASE_NAMESPACE": namespace,
        "ALUR_WEBHOOK_NAME": "localhost",
        "ALUR_WEBHOOK_CERTIFICATE": str(tmp_path),
    }
    kubeconfig = kubernetes.cluster.kubeconfig
    running = Operator(alur, kubeconfig, tmp_path / "log", settings).start(wait=False)
    try:
        assert running.process is not None
        assert running.process.wait(20) != 0
    except subprocess.TimeoutExpired:
        running.kill()
        raise
    assert "ALUR_WEBHOOK_CERTIFICATE" in running.said()
