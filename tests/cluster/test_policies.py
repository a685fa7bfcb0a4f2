"""The chart's NetworkPolicies let pods reach what they need and no more. Helm alone renders them."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from alur_common.outbound.addresses import is_public
from tests.support.cluster import Object
from tools import chart

ALLOW = "10.0.0.0/8\\, 192.168.7.4:5432\\, [fd00::/8]:5433"
PROJECTS = "shop=10.0.0.0/8 10.1.2.3:25\\, acme/*=fd01::/16"
SERVICES = {"registry", "scheduler", "gateway", "executor", "executor-gpu"}
OPEN = [(80, 80), (443, 443), (1024, 65535)]


def policies(name: str, *given: str) -> dict[str, Any]:
    made = chart.objects(chart.rendered(name, *(part for one in given for part in ("--set", one))))
    found = [one for one in made if one["kind"] == "NetworkPolicy"]
    component = "app.kubernetes.io/component"
    return {one["spec"]["podSelector"]["matchLabels"][component]: one["spec"] for one in found}


def ports(rule: Object) -> list[tuple[int, int]]:
    return [(one["port"], one.get("endPort", one["port"])) for one in rule["ports"]]


def blocks(spec: Object) -> dict[str, list[tuple[int, int]]]:
    """Return the networks that a policy names, and at which ports."""
    found: dict[str, list[tuple[int, int]]] = {}
    for rule in spec["egress"]:
        for peer in rule.get("to", ()):
            if "ipBlock" in peer:
                found.setdefault(peer["ipBlock"]["cidr"], []).extend(ports(rule))
    return found


def components(rule: Object) -> set[str]:
    """Return the components that a rule names."""
    selectors = [peer["podSelector"]["matchLabels"] for peer in rule.get("to", ())]
    return {one["app.kubernetes.io/component"] for one in selectors}


@pytest.mark.parametrize("name", chart.SETS)
def test_every_pod_has_a_policy_that_names_what_comes_in_and_what_goes_out(name: str) -> None:
    made = chart.objects(chart.rendered(name, "--set", "networkPolicy.enabled=true"))
    pods = {
        one["metadata"]["labels"]["app.kubernetes.io/component"]
        for one in made
        if one["kind"] in {"Deployment", "StatefulSet", "Job", "Pod"}
    }
    limited = policies(name, "networkPolicy.enabled=true")
    assert set(limited) == pods
    assert {tuple(one["policyTypes"]) for one in limited.values()} == {("Ingress", "Egress")}


def test_a_hook_has_its_policy_before_its_pod_and_not_after_it() -> None:
    made = chart.objects(chart.rendered("small"))
    hooks = [one for one in made if "helm.sh/hook" in one["metadata"].get("annotations", {})]
    weights: dict[tuple[str, bool], list[int]] = {}
    for one in hooks:
        given = one["metadata"]["annotations"]
        assert "hook-succeeded" in given["helm.sh/hook-delete-policy"]
        component = one["metadata"]["labels"]["app.kubernetes.io/component"]
        is_run = one["kind"] in {"Job", "Pod"}
        weights.setdefault((component, is_run), []).append(int(given.get("helm.sh/hook-weight", 0)))
    assert {component for component, _ in weights} == {"migrate", "topics", "test"}
    for component in ("migrate", "topics", "test"):
        assert max(weights[component, False]) < min(weights[component, True])


def test_only_what_runs_nodes_reaches_the_internet() -> None:
    reach = {name for name, spec in policies("production").items() if blocks(spec)}
    assert reach == {"scheduler", "executor", "executor-gpu"}
    assert blocks(policies("team")["embedded"]) == {"0.0.0.0/0": OPEN, "2000::/3": OPEN}
    closed = policies("production", "networkPolicy.egress.internet.enabled=false")
    assert not any(map(blocks, closed.values()))


def test_the_internet_of_a_policy_is_that_of_the_guard() -> None:
    spec = policies("production")["executor"]
    peers = [peer["ipBlock"] for rule in spec["egress"] for peer in rule.get("to", ()) if "ipBlock" in peer]  # fmt: skip
    for block in peers:
        inside = ip_network(block["cidr"])
        away = [ip_network(one) for one in block["except"]]
        assert all(one.subnet_of(inside) for one in away)  # type: ignore[arg-type]  # of one version
        edges = {int(one[end]) + step for one in away for end in (0, -1) for step in (-1, 0, 1)}
        spread = range(int(inside[0]), int(inside[-1]), max(1, inside.num_addresses // 4_096))
        for number in {*edges, *spread}:
            address = type(inside[0])(number % 2**inside.max_prefixlen)
            if address in inside:
                let = not any(address in one for one in away)
                assert let == is_public(ip_address(address)), address


def test_what_the_outbound_settings_name_may_be_reached() -> None:
    given = (f"executor.env.ALUR_OUTBOUND_ALLOW={ALLOW}", f"executor.env.ALUR_OUTBOUND_PROJECTS={PROJECTS}")  # fmt: skip
    made = policies("production", *given)
    assert blocks(made["executor"]) == {
        "0.0.0.0/0": OPEN,
        "2000::/3": OPEN,
        "10.0.0.0/8": OPEN * 2,
        "192.168.7.4/32": [(5432, 5432)],
        "fd00::/8": [(5433, 5433)],
        "10.1.2.3/32": [(25, 25)],
        "fd01::/16": OPEN,
    }
    assert blocks(made["executor-gpu"]) == blocks(made["executor"])
    assert set(blocks(made["scheduler"])) == {"0.0.0.0/0", "2000::/3"}


def test_each_reaches_the_servers_that_it_needs() -> None:
    given = (
        "kafka.bootstrapServers=a:9095\\,b:9096",
        "registry.env.ALUR_VAULT_URL=https://v:8200/x",
    )
    reach = {
        name: {first for rule in spec["egress"] for first, _ in ports(rule)}
        for name, spec in policies("small", *given).items()
    }
    servers = {53, 4317, 9095, 9096, 27017, 443, 50060}
    assert reach["gateway"] == servers
    assert reach["registry"] == {*servers, 8200}
    assert reach["executor"] == reach["scheduler"] == {*servers, 80, 1024}
    assert reach["operator"] == {53, 443, 6443, 8080, 50051}
    assert (reach["migrate"], reach["topics"]) == ({53, 27017}, {53, 9095, 9096})


def test_services_call_each_other_and_the_operator_the_gateway_alone() -> None:
    made = policies("production")
    calls = {c for name in SERVICES for rule in made[name]["egress"] if ports(rule)[0][0] == 50060 for c in components(rule)}  # fmt: skip
    assert calls == SERVICES
    asked = [components(r) for n in ("operator", "test") for r in made[n]["egress"] if ports(r)[0][0] == 8080]  # fmt: skip
    assert asked == [{"gateway"}, {"gateway"}]
    let_in = [r for r in made["gateway"]["ingress"] if {"port": "http"} in r["ports"]]
    (people,) = let_in
    assert [p["podSelector"]["matchLabels"]["app.kubernetes.io/component"] for p in people["from"][1:]] == ["operator", "test"]  # fmt: skip


def test_what_goes_out_may_be_left_open() -> None:
    made = policies("small", "networkPolicy.egress.enabled=false")
    assert {(*spec["policyTypes"], "egress" in spec) for spec in made.values()} == {("Ingress", False)}  # fmt: skip
