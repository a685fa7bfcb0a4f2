from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.objects import address, has_phase, run, waiting, workflow
from tests.support.alur_dev import AlurDev
from tests.support.cluster import Kubernetes, Object, condition, holds, service_account
from tests.support.operator import Operator
from tools import chart

ACCOUNT = "alur-operator"


@pytest.fixture
def roles(kubernetes: Kubernetes, namespace: str) -> list[Object]:
    """The chart's roles and account in the test's namespace."""
    kinds = {"Role", "RoleBinding", "ServiceAccount"}
    found = [o for o in chart.objects(chart.rendered("dev")) if o["kind"] in kinds]
    found = json.loads(
        json.dumps(found).replace('"namespace": "alur"', f'"namespace": "{namespace}"')
    )
    kubernetes.apply(*found)
    return [o for o in found if o["kind"] == "Role"]


@pytest.fixture
def restricted(
    kubernetes: Kubernetes, alur: AlurDev, namespace: str, roles: list[Object], tmp_path: Path
) -> Iterator[Operator]:
    """An operator with the chart's rights alone, and a token of Alur with no more scopes than the notes say."""
    scopes = ["workflows:*", "executions:*", "projects:*", "me:read"]
    made = alur.rest.post("/api/v1/tokens", json={"name": "operator", "scopes": scopes})
    settings = {
        "ALUR_NAMESPACES": namespace,
        "ALUR_LEASE_NAMESPACE": namespace,
        "ALUR_LEASE_SECONDS": "1",
        "ALUR_TOKEN": made.json()["token"],
    }
    kubeconfig = service_account(kubernetes, tmp_path, namespace, ACCOUNT)
    running = Operator(alur, kubeconfig, tmp_path / "log", settings).start()
    yield running
    running.kill()


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


def test_the_chart_grants_what_the_operator_uses_and_nothing_else(
    kubernetes: Kubernetes, alur: AlurDev, namespace: str, roles: list[Object], restricted: Operator
) -> None:
    kubernetes.do("create", "configmap", "given", "-n", namespace, "--from-literal=data={}")
    given = {"configMapKeyRef": {"name": "given", "key": "data"}}
    kubernetes.apply(
        workflow(namespace),
        waiting(namespace),
        run(namespace, "greet", "short", ttlAfterFinished="PT1S", inputFrom=given),
        run(namespace, "waits", "long", timeout="PT1S"),
    )
    kubernetes.wait_for("workflows", namespace, "greet", holds("Ready"))
    kubernetes.wait_for("workflowruns", namespace, "short", lambda found: found is None)
    kubernetes.wait_for("workflowruns", namespace, "long", has_phase("Failed"))
    kubernetes.do("delete", "awf", "greet", "-n", namespace, "--timeout=20s")
    assert alur.rest.get(address(namespace)).status_code == 404
    until = time.monotonic() + 10
    while unused := granted(roles) - used(kubernetes, namespace)[0]:
        assert time.monotonic() < until, (
            f"granted and never used: {sorted(unused)} {restricted.said()}"
        )
        time.sleep(0.2)
    assert used(kubernetes, namespace)[1] == []


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
