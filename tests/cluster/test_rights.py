from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
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
    """What the chart is told of the operator's reach, what the operator is told, and which namespaces users have.

    `OWN` stands for the release's namespace.
    """

    values: str = ""
    namespaces: str = "OWN"
    users: tuple[str, ...] = ("OWN",)


OWN = Reach()
ALL = Reach("operator.watch.allNamespaces=true,operator.readSecrets=true", "*", ("OWN-users",))
SEVERAL = Reach("operator.watch.namespaces={OWN,OWN-users}", "OWN, OWN-users", ("OWN", "OWN-users"))


@dataclass(frozen=True)
class Right:
    """What may be done, or was: without a name to any object, without a namespace in each."""

    verb: str
    group: str
    resource: str
    namespace: str = ""
    name: str = ""

    def covers(self, done: Right) -> bool:
        """Whether this lets that be done."""
        what = (self.verb, self.group, self.resource) == (done.verb, done.group, done.resource)
        return what and self.namespace in {"", done.namespace} and self.name in {"", done.name}


@pytest.fixture
def reach(request: pytest.FixtureRequest) -> Reach:
    """The release's own namespace, where a test does not say another one."""
    return getattr(request, "param", OWN)


@pytest.fixture
def users(kubernetes: Kubernetes, namespace: str, reach: Reach) -> Iterator[list[str]]:
    """The namespaces of users that the operator watches."""
    names = [name.replace("OWN", namespace) for name in reach.users]
    with ExitStack() as stack:
        for name in names:
            if name != namespace:
                stack.enter_context(kubernetes.namespace(name))
        yield names


@pytest.fixture
def roles(
    kubernetes: Kubernetes, namespace: str, users: list[str], reach: Reach
) -> Iterator[list[Object]]:
    """The chart's roles and account, the release being in the test's namespace."""
    assert users
    kinds = {"Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding", "ServiceAccount"}
    given = ("--set", reach.values.replace("OWN", namespace)) if reach.values else ()
    found = [o for o in chart.objects(chart.rendered("dev", *given)) if o["kind"] in kinds]
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
        "ALUR_NAMESPACES": reach.namespaces.replace("OWN", namespace),
        "ALUR_LEASE_NAMESPACE": namespace,
        "ALUR_LEASE_SECONDS": "1",
        "ALUR_TOKEN": made.json()["token"],
    }
    running = Operator(alur, kubeconfig, tmp_path / "log", settings).start()
    yield running
    running.kill()


def granted(roles: list[Object]) -> set[Right]:
    return {
        Right(verb, group, resource, role["metadata"].get("namespace", ""), name)
        for role in roles
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
        for name in rule.get("resourceNames", [""])
    }


def used(kubernetes: Kubernetes, namespace: str) -> tuple[set[Right], list[str]]:
    """Return what the account did, and what it was refused."""
    done, refused = set(), []
    for line in kubernetes.cluster.audit_log.read_text().splitlines():
        entry = json.loads(line)
        if entry["user"]["username"] != f"system:serviceaccount:{namespace}:{ACCOUNT}":
            continue
        where = entry.get("objectRef") or {}
        resource = "/".join(filter(None, (where.get("resource"), where.get("subresource"))))
        place = (where.get("namespace", ""), where.get("name", ""))
        done.add(Right(entry["verb"], where.get("apiGroup", ""), resource, *place))
        if entry["responseStatus"]["code"] == 403:
            refused.append(f"{entry['verb']} {entry['requestURI']}")
    return done, refused


def never_used(roles: list[Object], done: set[Right]) -> list[Right]:
    return [right for right in granted(roles) if not any(map(right.covers, done))]


@pytest.mark.parametrize("reach", [OWN, ALL, SEVERAL], indirect=True, ids=["own", "all", "several"])
def test_the_chart_grants_what_the_operator_uses_and_nothing_else(
    kubernetes: Kubernetes,
    alur: AlurDev,
    users: list[str],
    roles: list[Object],
    restricted: Operator,
) -> None:
    own = restricted.environment["ALUR_LEASE_NAMESPACE"]
    reads_secrets = any(right.resource == "secrets" for right in granted(roles))
    for place in users:
        have_all_done(kubernetes, place, "secret" if reads_secrets else "configMap")
    for place in users:
        see_all_done(kubernetes, place)
        assert alur.rest.get(address(place)).status_code == 404
    until = time.monotonic() + 10
    while unused := never_used(roles, used(kubernetes, own)[0]):
        assert time.monotonic() < until, f"granted and never used: {unused} {restricted.said()}"
        time.sleep(0.2)
    assert used(kubernetes, own)[1] == []


def have_all_done(kubernetes: Kubernetes, place: str, kind: str) -> None:
    """Apply what an operator has to use each of its rights for."""
    make = ["create", kind.lower(), *(["generic"] if kind == "secret" else []), "given"]
    kubernetes.do(*make, "-n", place, "--from-literal=data={}")
    kubernetes.do("create", "configmap", "more", "-n", place, "--from-literal=data={}")
    given = {f"{kind}KeyRef": {"name": "given", "key": "data"}}
    more = {"configMapKeyRef": {"name": "more", "key": "data"}}
    kubernetes.apply(
        workflow(place),
        waiting(place),
        run(place, "greet", "short", ttlAfterFinished="PT1S", inputFrom=given),
        run(place, "greet", "other", inputFrom=more),
        run(place, "waits", "long", timeout="PT1S"),
    )


def see_all_done(kubernetes: Kubernetes, place: str) -> None:
    kubernetes.wait_for("workflows", place, "greet", holds("Ready"))
    kubernetes.wait_for("workflowruns", place, "short", lambda found: found is None)
    kubernetes.wait_for("workflowruns", place, "other", has_phase("Succeeded"))
    kubernetes.wait_for("workflowruns", place, "long", has_phase("Failed"))
    kubernetes.do("delete", "awf", "greet", "-n", place, "--timeout=20s")


@pytest.mark.parametrize("reach", [OWN, ALL, SEVERAL], ids=["own", "all", "several"])
def test_each_right_is_of_one_group_and_its_lease_of_one_name(reach: Reach) -> None:
    given = ("--set", reach.values.replace("OWN", "alur")) if reach.values else ()
    made = chart.objects(chart.rendered("dev", *given))
    roles = [one for one in made if one["kind"] in {"Role", "ClusterRole"}]
    rights = granted(roles)
    assert not [one for one in rights if "*" in {one.verb, one.group, one.resource, one.name}]
    assert {(one.verb, one.name) for one in rights if one.resource == "leases"} == {
        ("create", ""),  # what is made has no name yet that a rule could ask for
        ("get", "alur-operator"),
        ("update", "alur-operator"),
    }
    assert not [rule for role in roles for rule in role["rules"] if rule.get("nonResourceURLs")]
    places = {"ClusterRole"} if reach is ALL else set()
    assert {role["kind"] for role in roles} - {"Role"} == places


def test_a_right_covers_what_it_names_and_no_more() -> None:
    one = Right("get", "g", "leases", "here", "mine")
    assert Right("get", "g", "leases").covers(one)
    assert Right("get", "g", "leases", "here", "mine").covers(one)
    for other in (
        Right("update", "g", "leases"),
        Right("get", "", "leases"),
        Right("get", "g", "leases/status"),
        Right("get", "g", "leases", "there"),
        Right("get", "g", "leases", "", "theirs"),
    ):
        assert not other.covers(one)


@pytest.mark.parametrize("reach", [SEVERAL], indirect=True, ids=["several"])
def test_of_several_namespaces_each_is_watched_and_no_other(
    kubernetes: Kubernetes, alur: AlurDev, users: list[str], restricted: Operator
) -> None:
    own = restricted.environment["ALUR_LEASE_NAMESPACE"]
    with kubernetes.namespace(f"{own}-strangers") as strangers:
        for place in (strangers, *users):
            kubernetes.apply(workflow(place), run(place, "greet"))
        for place in users:
            kubernetes.wait_for("workflows", place, "greet", holds("Ready"))
            kubernetes.wait_for("workflowruns", place, "one", has_phase("Succeeded"))
        untouched = {"observedGeneration": -1}
        for kind, name in (("workflows", "greet"), ("workflowruns", "one")):
            found = kubernetes.get(kind, strangers, name)
            assert found is not None
            assert (found["status"], found["metadata"].get("finalizers")) == (untouched, None)
        assert alur.rest.get(address(strangers)).status_code == 404
    done, refused = used(kubernetes, own)
    assert {right.namespace for right in done if right.resource} - {""} == set(users)
    assert refused == []


@pytest.mark.parametrize("reach", [SEVERAL], indirect=True, ids=["several"])
def test_a_namespace_that_goes_with_its_rights_takes_nothing_from_the_others_also_at_a_start(
    kubernetes: Kubernetes, users: list[str], restricted: Operator
) -> None:
    stays, goes = users
    for place in users:
        kubernetes.apply(workflow(place))
        kubernetes.wait_for("workflows", place, "greet", holds("Ready"))
    kubernetes.do("delete", "role,rolebinding", "--all", "-n", goes)
    restricted.kill()
    restricted.start()
    kubernetes.apply(workflow(stays, name="second"))
    kubernetes.wait_for("workflows", stays, "second", holds("Ready"))
    assert f'"namespace":"{goes}"' in restricted.log.read_text()


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
