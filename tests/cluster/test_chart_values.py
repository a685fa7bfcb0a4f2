"""What the chart makes of values, and which it refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cluster.charts import WORKLOADS, run_helm
from tests.support.cluster import Kubernetes
from tools import chart


def environment(*given: str) -> list[dict[str, Any]]:
    """Return the environment of Alur in the mode `embedded`."""
    (found,) = [
        one["spec"]["template"]["spec"]["containers"][0]["env"]
        for one in chart.objects(chart.rendered("dev", *given))
        if one["kind"] == "StatefulSet"
    ]
    return list(found)


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
    (set_here,) = found
    names = [each["name"] for each in set_here]
    assert len(names) == len(set(names)), "applied server-side, what stands there twice is refused"
    said = {each["name"]: each.get("value") for each in set_here}
    assert (said["ALUR_LOG_LEVEL"], said["MORE"]) == ("error", "1")


@pytest.mark.parametrize(
    ("given", "said"),
    [("1000000", "1000000"), ("1.5", "1.5"), ("true", "true"), ('"007"', "007")],
)
def test_a_setting_is_given_as_it_is_written(given: str, said: str, tmp_path: Path) -> None:
    mine = tmp_path / "values.yaml"
    mine.write_text(f"embedded: {{env: {{SAID: {given}}}}}")
    assert {"name": "SAID", "value": said} in environment("-f", str(mine))


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
    ("given", "address"),
    [
        ("ingress.enabled=true,ingress.host=a.example,ingress.tlsSecret=t", "https://a.example"),
        ("ingress.enabled=true,ingress.host=a.example", "http://a.example"),
        ("ingress.enabled=true,publicUrl=https://b.example", "https://b.example"),
        ("ingress.enabled=false", "http://alur:8080"),
    ],
)
def test_webhooks_have_the_address_of_the_ingress_where_no_other_is_given(
    given: str, address: str
) -> None:
    found = environment("--set", given)
    assert {"name": "ALUR_PUBLIC_URL", "value": address} in found
