from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.alur_dev import ROOT
from tests.support.cluster import Kubernetes, Object
from tools import chart
from tools.servers import helm

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
    "refused",
    [
        # Of its schema Helm tells every fault at once.
        {
            "mode=both": "/mode'",
            "operater.enabled=true": "'operater' not allowed",
            "gateway.replicas=many": "/gateway/replicas'",
            "gateway.autoscaling.max=3": "'max' not allowed",
            "service.type=Public": "/service/type'",
            "service.port=0": "/service/port'",
            "networkPolicy.egress.dns.ports={65536}": "/networkPolicy/egress/dns/ports/0'",
            "networkPolicy.gatewayFrom={10.0.0.0/8}": "/networkPolicy/gatewayFrom/0'",
            "kafka.bootstrapServers=kafka": "/kafka/bootstrapServers'",
            "blobs.url=/shared": "/blobs/url'",
            "image.digest=latest": "/image/digest'",
            "nameOverride=Our_Alur": "/nameOverride'",
            "operator.tokenSecret=": "/operator/tokenSecret'",
            "operator.watch.namespaces={a,a}": "/operator/watch/namespaces'",
            "executor.pools[0].serves=gpu": "/executor/pools/0': missing property 'name'",
            "executor.pools[1].name=GPU": "/executor/pools/1/name'",
            "executor.pools[2].name=a,executor.pools[2].replica=3": "'replica' not allowed",
            "podAnnotations.scrape=true": "/podAnnotations/scrape'",
            "networkPolicy.egress.internet.except={1.2.3.4,fd00::/8}": "/egress/internet/except/1'",
            "gateway.autoscaling.minReplicas=0": "/gateway/autoscaling/minReplicas'",
            "operator.resyncSeconds=0": "/operator/resyncSeconds'",
            "embedded.env.MANY={a}": "/embedded/env/MANY'",
        },
        {
            "kafka.bootstrapServers=a:9092\\,": "/kafka/bootstrapServers'",
            "operator.watch.namespaces={*}": "/operator/watch/namespaces/0'",
        },
        {"executor.pools[0].name=a,executor.pools[1].name=a": "two are named a"},
        {f"executor.pools[0].name={'a' * 50}": "is too long"},
        {
            r"podLabels.app\.kubernetes\.io/name=a": "podLabels: app.kubernetes.io/name is the chart's"
        },
    ],
    ids=["schema", "lists", "twice", "long", "labels"],
)
def test_a_value_that_cannot_be_is_refused(refused: dict[str, str]) -> None:
    given = (part for one in refused for part in ("--set", one))
    done = run_helm("template", str(chart.CHART), "--kube-version", "1.37", *given)
    assert done.returncode != 0
    assert [says for says in refused.values() if says not in done.stderr] == [], done.stderr


@pytest.mark.parametrize(
    ("name", "key", "component"),
    [
        ("dev", "embedded", "embedded"),
        ("small", "gateway", "gateway"),
        ("production", "executor", "executor-gpu"),
        ("dev", "operator", "operator"),
    ],
)
def test_a_setting_for_one_component_takes_the_place_of_the_chart_s(
    name: str, key: str, component: str
) -> None:
    given = ("--set", f"{key}.env.ALUR_LOG_LEVEL=error,{key}.env.MORE=1")
    found = [
        one["spec"]["template"]["spec"]["containers"][0]["env"]
        for one in chart.objects(chart.rendered(name, *given))
        if one["kind"] in WORKLOADS
        and one["metadata"]["labels"]["app.kubernetes.io/component"] == component
    ]
    (environment,) = found
    names = [each["name"] for each in environment]
    assert len(names) == len(set(names)), "applied server-side, what stands there twice is refused"
    said = {each["name"]: each.get("value") for each in environment}
    assert (said["ALUR_LOG_LEVEL"], said["MORE"]) == ("error", "1")


@pytest.mark.parametrize(
    ("given", "said"),
    [("1000000", "1000000"), ("1.5", "1.5"), ("true", "true"), ('"007"', "007")],
)
def test_a_setting_is_given_as_it_is_written(given: str, said: str, tmp_path: Path) -> None:
    mine = tmp_path / "values.yaml"
    mine.write_text(f"embedded: {{env: {{SAID: {given}}}}}")
    (environment,) = [
        one["spec"]["template"]["spec"]["containers"][0]["env"]
        for one in chart.objects(chart.rendered("dev", "-f", str(mine)))
        if one["kind"] == "StatefulSet"
    ]
    assert {"name": "SAID", "value": said} in environment


def test_names_of_digits_are_names(kubernetes: Kubernetes) -> None:
    done = run_helm(
        "template", "1e3", str(chart.CHART), "--namespace", "2024", "--kube-version", "1.37",
        "--skip-tests", "--set", "fullnameOverride=alur",
        "--set-json", 'operator.watch.namespaces=["007","2024"]',
    )  # fmt: skip
    for name in ("007", "2024"):
        kubernetes.kubectl("create", "namespace", name)
    feed = ("apply", "--server-side", "--dry-run=server", "--validate=strict", "-f", "-")
    assert "deployment.apps/alur-operator" in kubernetes.do(*feed, feed=done.stdout), done.stderr


def test_a_release_whose_services_could_have_no_name_is_refused_with_what_to_do() -> None:
    done = run_helm("template", "123", str(chart.CHART), "--kube-version", "1.37")
    assert (
        "123-alur: the names of Services begin with a letter; set fullnameOverride" in done.stderr
    )


def test_kafka_that_is_given_both_ways_is_refused() -> None:
    with pytest.raises(
        RuntimeError, match=r"kafka.bootstrapServers and kafka.strimzi.enabled: one"
    ):
        chart.rendered("small", "--set", "kafka.strimzi.enabled=true")


def test_an_annotation_of_all_pods_may_say_the_first_container_too() -> None:
    mine = ("--set", r"podAnnotations.kubectl\.kubernetes\.io/default-container=mine")
    text = chart.rendered("dev", *mine)
    assert text.count("kubectl.kubernetes.io/default-container:") == 2
    assert text.count("kubectl.kubernetes.io/default-container: mine") == 2


def test_values_that_are_taken_away_are_as_empty_ones() -> None:
    away = (
        f"{one}.env=null" for one in ("gateway", "registry", "scheduler", "executor", "operator")
    )
    assert chart.golden("small") == chart.golden("small", "--set", ",".join(away))


def test_the_distributed_mode_says_what_it_needs() -> None:
    done = run_helm(
        "template", str(chart.CHART), "--kube-version", "1.37", "--set", "mode=distributed"
    )
    assert "kafka.bootstrapServers is needed" in done.stderr


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
