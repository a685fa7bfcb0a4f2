from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.charts import WORKLOADS, run_helm
from tests.support.alur_dev import ROOT
from tests.support.cluster import Kubernetes, Object
from tools import chart


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
    ("name", "given"),
    [
        ("dev", {"kafka.bootstrapServers": "k:9092", "mongo.community.enabled": "true"}),
        ("dev", {"registry.autoscaling.enabled": "true", "scheduler.keda.enabled": "true"}),
        ("team", {"gateway.replicas": "3", "executor.replicas": "0", "executor.env.A": "b"}),
        ("team", {"executor.pools[0].name": "gpu", "keys.existingSecret": "alur-keys"}),
        ("small", {"embedded.storage.className": "fast", "embedded.env.A": "b"}),
    ],
)
def test_what_is_given_for_the_other_mode_is_refused_by_its_path(
    name: str, given: dict[str, str]
) -> None:
    values = ",".join(f"{path}={value}" for path, value in given.items())
    command = ("template", str(chart.CHART), "-f", values_of(name), "--kube-version", "1.37")
    done = run_helm(*command, "--set", values)
    told = done.stderr.partition("fitting.yaml")[2].partition(": without effect in the mode ")
    named = told[0].partition("): ")[2].split(", ")
    assert set(named) == {path.removesuffix("[0].name").removesuffix(".A") for path in given}
    assert "set mode to" in told[2]


def test_two_that_would_set_the_same_number_of_pods_are_refused() -> None:
    both = "executor.keda.enabled=true,executor.autoscaling.enabled=true"
    done = run_helm(
        "template",
        str(chart.CHART),
        "-f",
        values_of("small"),
        "--kube-version",
        "1.37",
        "--set",
        both,
    )
    assert "executor.autoscaling.enabled and executor.keda.enabled: one of them" in done.stderr


def test_all_that_speak_to_kafka_get_the_secrets_by_which_it_lets_them_in() -> None:
    given = "kafka.existingSecret=variables,kafka.filesSecret=certificates"
    made = chart.objects(chart.rendered("small", "--set", given))
    let_in = set()
    for one in made:
        if one["kind"] in WORKLOADS:
            pod = one["spec"]["template"]["spec"]
            (container,) = pod["containers"]
            named = [source["secretRef"]["name"] for source in container.get("envFrom", ())]
            volumes = {v["name"] for v in pod["volumes"] if v.get("secret", {}).get("secretName") == "certificates"}  # fmt: skip
            places = {m["mountPath"] for m in container["volumeMounts"] if m["name"] in volumes}
            if "variables" in named and places == {"/etc/alur/kafka"}:
                let_in.add(one["metadata"]["name"])
    services = {"alur-gateway", "alur-registry", "alur-scheduler", "alur-executor"}
    assert let_in == {*services, "alur-topics"}


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


@pytest.mark.usefixtures("kinds_of_others")
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


def test_what_is_yours_is_named_once_in_the_production_overlay(
    kubernetes: Kubernetes, tmp_path: Path
) -> None:
    shutil.copytree(ROOT / "k8s", tmp_path / "k8s")
    mine = tmp_path / "k8s/overlays/production/kustomization.yaml"
    text = mine.read_text()
    for theirs, ours in (
        ("namespace: alur\n", "namespace: shop\n"),
        ("kafka=kafka:9092", "kafka=mine-0:9092,mine-1:9092"),
        ("blobs=s3://alur/blobs", "blobs=s3://mine/blobs"),
        ("host=alur.example", "host=mine.example"),
        ("url=https://alur.example", "url=https://mine.example"),
        ("newName: alur/alur, newTag: 0.1.0", "newName: mine.example/alur, newTag: mine"),
    ):
        assert text.count(theirs) == 1
        text = text.replace(theirs, ours)
    mine.write_text(text)
    rendered = kubernetes.do("kustomize", str(mine.parent))
    found = chart.objects(rendered)
    for left in ("kafka:9092", "s3://alur", "alur.example", "alur/alur:", "value: alur\n"):
        assert left not in rendered
    assert {one["metadata"]["namespace"] for one in found if "namespace" in one["metadata"]} == {
        "shop"
    }
    budgets = {o["metadata"]["name"] for o in found if o["kind"] == "PodDisruptionBudget"}
    twice = {
        o["metadata"]["name"]
        for o in found
        if o["kind"] == "Deployment" and o["spec"]["replicas"] == 2
    }
    assert budgets == twice != set()


@pytest.mark.parametrize("name", ["small", "operators"])
def test_a_job_that_is_done_stays_so_that_nobody_who_compares_makes_it_again(name: str) -> None:
    jobs = [one for one in chart.objects(chart.rendered(name)) if one["kind"] == "Job"]
    assert len(jobs) == 2
    assert [one for one in jobs if "ttlSecondsAfterFinished" in one["spec"]] == []


def test_what_applies_the_plain_manifests_from_git_makes_a_job_anew_for_another_version() -> None:
    made = chart.objects((ROOT / "k8s/base/distributed/alur.yaml").read_text())
    jobs = [one["metadata"]["annotations"] for one in made if one["kind"] == "Job"]
    wanted = {
        "argocd.argoproj.io/hook": "PreSync",
        "argocd.argoproj.io/hook-delete-policy": "BeforeHookCreation",
        "kustomize.toolkit.fluxcd.io/force": "enabled",
    }
    assert jobs == [wanted, wanted]


SCALED = "gateway.autoscaling.enabled=true,registry.autoscaling.enabled=true,executor.autoscaling.enabled=true,scheduler.keda.enabled=true"


def scaled_by_a_name() -> dict[str, tuple[Object, Object]]:
    """Return what scales each Deployment, and that Deployment."""
    found = chart.objects(chart.rendered("small", "--set", SCALED))
    deployments = {one["metadata"]["name"]: one for one in found if one["kind"] == "Deployment"}
    scalers = [one for one in found if one["kind"] in {"HorizontalPodAutoscaler", "ScaledObject"}]
    names = [one["spec"]["scaleTargetRef"]["name"] for one in scalers]
    return {name: (scaler, deployments[name]) for name, scaler in zip(names, scalers, strict=True)}


def test_what_scales_by_cpu_scales_what_asks_for_some_and_an_upgrade_leaves_the_number() -> None:
    scaled = scaled_by_a_name()
    assert set(scaled) == {"alur-gateway", "alur-registry", "alur-executor", "alur-scheduler"}
    for name, (scaler, deployment) in scaled.items():
        assert "replicas" not in deployment["spec"], name
        if scaler["kind"] == "HorizontalPodAutoscaler":
            (container,) = deployment["spec"]["template"]["spec"]["containers"]
            assert container["resources"]["requests"]["cpu"], name


def test_kubernetes_own_autoscaler_finds_what_it_scales(
    kubernetes: Kubernetes, namespace: str
) -> None:
    by_cpu = [pair for pair in scaled_by_a_name().values() if "metrics" in pair[0]["spec"]]
    assert len(by_cpu) == 3
    for one in (one for pair in by_cpu for one in pair):
        one["metadata"]["namespace"] = namespace
        kubernetes.apply(one)
    able = ("wait", "--for=condition=AbleToScale", "hpa", "--all", "-n", namespace, "--timeout=20s")
    assert kubernetes.do(*able).count("condition met") == 3


def test_the_operator_is_begun_again_when_it_hangs_and_not_when_its_cluster_is_silent() -> None:
    made = chart.objects(chart.rendered("small"))
    (pod,) = (
        one["spec"]["template"]["spec"]
        for one in made
        if (one["kind"], one["metadata"]["name"]) == ("Deployment", "alur-operator")
    )
    (container,) = pod["containers"]
    asked = {kind: container[f"{kind}Probe"]["httpGet"] for kind in ("startup", "readiness", "liveness")}  # fmt: skip
    assert asked == {
        "startup": {"path": "/livez", "port": "health"},
        "readiness": {"path": "/healthz", "port": "health"},
        "liveness": {"path": "/livez", "port": "health"},
    }
