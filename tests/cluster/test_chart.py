from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.alur_dev import ROOT
from tests.support.cluster import Kubernetes, Object
from tools import chart
from tools.servers import definitions, helm

WORKLOADS = ("Deployment", "StatefulSet", "Job")


def run_helm(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = (str(helm.get()), *arguments)
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603  # Helm


def values_of(name: str) -> str:
    return str(chart.CHART / f"ci/{name}-values.yaml")


def test_what_is_made_of_the_chart_is_current() -> None:
    stale = [str(p) for p, text in chart.made().items() if not p.exists() or p.read_text() != text]
    assert stale == [], "run `make chart`"


@pytest.mark.parametrize("name", chart.SETS)
def test_helm_finds_no_fault(name: str) -> None:
    done = run_helm("lint", "--strict", str(chart.CHART), "-f", values_of(name))
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("mode=both", "mode"),
        ("operater.enabled=true", "operater"),
        ("gateway.replicas=many", "gateway.replicas"),
        ("gateway.autoscaling.max=3", "gateway.autoscaling"),
        ("service.type=Public", "service.type"),
    ],
)
def test_a_value_that_does_not_exist_is_refused(given: str, says: str) -> None:
    done = run_helm("template", str(chart.CHART), "--kube-version", "1.37", "--set", given)
    assert done.returncode != 0
    assert says in done.stderr.replace("/", ".")


def test_the_distributed_mode_says_what_it_needs() -> None:
    done = run_helm(
        "template", str(chart.CHART), "--kube-version", "1.37", "--set", "mode=distributed"
    )
    assert "kafka.bootstrapServers is needed" in done.stderr


@pytest.mark.parametrize("name", ["dev", "production"])
def test_the_pods_that_run_code_and_no_others_get_what_its_jail_needs(name: str) -> None:
    given = ("code.seccompProfile=profiles/a.json", "code.runtimeClassName=gvisor")
    made = chart.objects(chart.rendered(name, "--set", given[0], "--set", given[1]))
    pods = {
        one["metadata"]["name"]: one["spec"]["template"]["spec"]
        for one in made
        if one["kind"] in WORKLOADS
    }
    wanted = {"type": "Localhost", "localhostProfile": "profiles/a.json"}
    let = {
        name
        for name, pod in pods.items()
        if (pod["securityContext"]["seccompProfile"], pod.get("runtimeClassName"))
        == (wanted, "gvisor")
    }
    assert let == {name for name in pods if "executor" in name or name == "alur"}
    assert let


@pytest.fixture(scope="module")
def others(kubernetes: Kubernetes) -> Iterator[None]:
    """The kinds of others that the chart makes objects of are known to the cluster."""
    files = ("-f", str(definitions.get()), "-f", str(Path(__file__).with_name("strimzi.yaml")))
    kubernetes.do("apply", "--server-side", *files)
    kubernetes.do("wait", "--for=condition=Established", *files, "--timeout=30s")
    yield
    kubernetes.do("delete", *files, "--wait=false")


@pytest.mark.usefixtures("others")
@pytest.mark.parametrize("name", chart.SETS)
def test_the_api_server_takes_it_and_its_pods_are_restricted(
    kubernetes: Kubernetes, namespace: str, name: str
) -> None:
    kubernetes.do("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted")
    found = chart.objects(chart.rendered(name))
    for one in found:
        if one["metadata"].get("namespace"):
            one["metadata"]["namespace"] = namespace
    feed = json.dumps({"apiVersion": "v1", "kind": "List", "items": found})
    kubernetes.do(
        "apply", "--server-side", "--dry-run=server", "--validate=strict", "-f", "-", feed=feed
    )
    for one in found:
        if one["kind"] in WORKLOADS:
            assert_pod_is_taken(kubernetes, namespace, one)


def assert_pod_is_taken(kubernetes: Kubernetes, namespace: str, one: Object) -> None:
    template = one["spec"]["template"]
    spec: dict[str, Any] = {**template["spec"], "serviceAccountName": "default"}
    claims = one["spec"].get("volumeClaimTemplates") or ()
    spec["volumes"] = [
        *spec["volumes"],
        *({"name": c["metadata"]["name"], "emptyDir": {}} for c in claims),
    ]
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"generateName": "pod-"}, "spec": spec}
    path = f"/api/v1/namespaces/{namespace}/pods"
    answer = kubernetes.api.post(path, params={"dryRun": "All"}, json=pod)
    assert answer.status_code == 201, answer.json()["message"]


def test_the_dashboards_are_given_to_grafana_as_they_are() -> None:
    maps = [o for o in chart.objects(chart.rendered("production")) if o["kind"] == "ConfigMap"]
    found = [one for one in maps if "grafana_dashboard" in one["metadata"].get("labels", {})]
    files = {f.name: f.read_text().strip() for f in (chart.CHART / "files/dashboards").iterdir()}
    assert {name: text for one in found for name, text in one["data"].items()} == files
    assert {one["metadata"]["labels"]["grafana_dashboard"] for one in found} == {"1"}


@pytest.mark.parametrize("overlay", ["dev", "production"])
def test_the_plain_manifests_are_taken_too(kubernetes: Kubernetes, overlay: str) -> None:
    kubernetes.kubectl("create", "namespace", "alur")
    rendered = kubernetes.do("kustomize", str(ROOT / "k8s/overlays" / overlay))
    feed = ("apply", "--server-side", "--dry-run=server", "--validate=strict", "-f", "-")
    assert "deployment.apps/alur-operator" in kubernetes.do(*feed, feed=rendered)
    assert "Helm" not in rendered
    assert "helm.sh" not in rendered
