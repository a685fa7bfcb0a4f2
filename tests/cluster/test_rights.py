from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cluster.objects import address, has_phase, run, waiting, workflow
from tests.support.alur_dev import AlurDev
from tests.support.cluster import Kubernetes, Object, condition, holds, service_account
from tests.support.operator import Operator
from tools import chart

ACCOUNT = "alur-operator"


@dataclass(frozen=True)
class Reach:
    """What the chart is told of the operator's reach, and what the operator is told."""

    values: tuple[str, ...] = ()
    namespaces: str = ""


OWN = Reach()
ALL = Reach(("--set", "operator.watch.allNamespaces=true,operator.readSecrets=true"), "*")


@pytest.fixture
def reach(request: pytest.FixtureRequest) -> Reach:
    """The release's own namespace, where a test does not say another one."""
    return getattr(request, "param", OWN)


@pytest.fixture
def roles(kubernetes: Kubernetes, namespace: str, reach: Reach) -> Iterator[list[Object]]:
    """The chart's roles and account, the release being in the test's namespace."""
    kinds = {"Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding", "ServiceAccount"}
    found = [o for o in chart.objects(chart.rendered("dev", *reach.values)) if o["kind"] in kinds]
    text = json.dumps(found).replace('"namespace": "alur"', f'"namespace": "{namespace}"')
    found = json.loads(text.replace('"alur-alur-operator"', f'"{namespace}-operator"'))
    kubernetes.apply(*found)
    yield [o for o in found if o["kind"] in {"Role", "ClusterRole"}]
    of_cluster = f"clusterrole/{namespace}-operator,clusterrolebinding/{namespace}-operator"
    kubernetes.do("delete", *of_cluster.split(","), "--ignore-not-found")


@pytest.fixture
def kubeconfig(kubernetes: Kubernetes, namespace: str, roles: list[Object], tmp_path: Path) -> Path:
    """How the chart's account reaches the cluster."""
    assert roles
    return service_account(kubernetes, tmp_path, namespace, ACCOUNT)


@pytest.fixture
def restricted(
    kubeconfig: Path, alur: AlurDev, namespace: str, reach: Reach, tmp_path: Path
) -> Iterator[Operator]:
    """An operator with the chart's rights alone, and a token of Alur with no more scopes than the notes say."""
    scopes = ["workflows:*", "executions:*", "projects:*", "me:read"]
    made = alur.rest.post("/api/v1/tokens", json={"name": "operator", "scopes": scopes})
    settings = {
        "ALUR_NAMESPACES": reach.namespaces or namespace,
        "ALUR_LEASE_NAMESPACE": namespace,
        "ALUR_LEASE_SECONDS": "1",
        "ALUR_TOKEN": made.json()["token"],
    }
    running = Operator(alur, kubeconfig, tmp_path / "log", settings).start()
    yield running
    running.kill()


@pytest.fixture
def elsewhere(kubernetes: Kubernetes, namespace: str, reach: Reach) -> Iterator[str]:
    """A namespace of users that the operator watches: beside its own one where it watches all."""
    if not reach.namespaces:
        yield namespace
        return
    with kubernetes.namespace(f"{namespace}-users") as users:
        yield users


def granted(roles: list[Object]) -> set[tuple[str, str]]:
    return {
        (verb, resource)
        for role in roles
        for rule in role["rules"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def used(kubernetes: Kubernetes, namespace: str) -> tuple[set[tuple[str, str]], list[str]]:
    """Return what the account did, and what it was refused."""
    done, refused = set(), []
    for line in kubernetes.cluster.audit_log.read_text().splitlines():
        entry = json.loads(line)
        if entry["user"]["username"] != f"system:serviceaccount:{namespace}:{ACCOUNT}":
            continue
        where = entry.get("objectRef") or {}
        resource = "/".join(filter(None, (where.get("resource"), where.get("subresource"))))
        done.add((entry["verb"], resource))
        if entry["responseStatus"]["code"] == 403:
            refused.append(f"{entry['verb']} {entry['requestURI']}")
    return done, refused


@pytest.mark.parametrize("reach", [OWN, ALL], indirect=True, ids=["own", "all"])
def test_the_chart_grants_what_the_operator_uses_and_nothing_else(
    kubernetes: Kubernetes,
    alur: AlurDev,
    elsewhere: str,
    roles: list[Object],
    restricted: Operator,
) -> None:
    own = restricted.environment["ALUR_LEASE_NAMESPACE"]
    kind = "secret" if ("get", "secrets") in granted(roles) else "configMap"
    make = ["create", kind.lower(), *(["generic"] if kind == "secret" else []), "given"]
    kubernetes.do(*make, "-n", elsewhere, "--from-literal=data={}")
    kubernetes.do("create", "configmap", "more", "-n", elsewhere, "--from-literal=data={}")
    given = {f"{kind}KeyRef": {"name": "given", "key": "data"}}
    more = {"configMapKeyRef": {"name": "more", "key": "data"}}
    kubernetes.apply(
        workflow(elsewhere),
        waiting(elsewhere),
        run(elsewhere, "greet", "short", ttlAfterFinished="PT1S", inputFrom=given),
        run(elsewhere, "greet", "other", inputFrom=more),
        run(elsewhere, "waits", "long", timeout="PT1S"),
    )
    kubernetes.wait_for("workflows", elsewhere, "greet", holds("Ready"))
    kubernetes.wait_for("workflowruns", elsewhere, "short", lambda found: found is None)
    kubernetes.wait_for("workflowruns", elsewhere, "other", has_phase("Succeeded"))
    kubernetes.wait_for("workflowruns", elsewhere, "long", has_phase("Failed"))
    kubernetes.do("delete", "awf", "greet", "-n", elsewhere, "--timeout=20s")
    assert alur.rest.get(address(elsewhere)).status_code == 404
    until = time.monotonic() + 10
    while unused := granted(roles) - used(kubernetes, own)[0]:
        assert time.monotonic() < until, (
            f"granted and never used: {sorted(unused)} {restricted.said()}"
        )
        time.sleep(0.2)
    assert used(kubernetes, own)[1] == []


@pytest.mark.usefixtures("restricted")
def test_secrets_are_read_only_where_that_is_granted(
    kubernetes: Kubernetes, namespace: str
) -> None:
    kubernetes.do("create", "secret", "generic", "given", "-n", namespace, "--from-literal=data={}")
    reference = {"secretKeyRef": {"name": "given", "key": "data"}}
    kubernetes.apply(workflow(namespace), run(namespace, "greet", inputFrom=reference))
    found = kubernetes.wait_for("workflowruns", namespace, "one", has_phase("Pending"))
    assert condition(found, "Reconciling")["reason"] in {"InputForbidden", "WorkflowNotFound"}
    kubernetes.wait_for(
        "workflowruns",
        namespace,
        "one",
        lambda now: condition(now, "Reconciling").get("reason") == "InputForbidden",
    )
