from __future__ import annotations

import json
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.objects import ENDED, address, has_phase, run, status_of, version_of, workflow
from tests.support.alur_dev import AlurDev
from tests.support.cluster import Kubernetes, condition, holds
from tests.support.operator import Operator

DOWN_SECONDS = 30
END_SECONDS = 10
"""A Pod has longer, but another operator waits."""
SILENT_SECONDS = 12
"""More than a call of the operator waits for its answer."""
RANDOM = random.Random(7)  # noqa: S311  # the same faults in each run


@pytest.fixture
def its_alur(request: pytest.FixtureRequest) -> AlurDev:
    """The Alur of a test that asks for one of its own, to stop it; else that of all tests."""
    is_own = "lone_alur" in request.fixturenames
    found: AlurDev = request.getfixturevalue("lone_alur" if is_own else "alur")
    return found


@pytest.fixture
def lone_operator(
    kubernetes: Kubernetes, its_alur: AlurDev, namespace: str, tmp_path: Path
) -> Iterator[Operator]:
    """An operator of the test's namespace alone, which the test may kill."""
    settings = {
        "ALUR_NAMESPACES": namespace,
        "ALUR_LEASE_NAMESPACE": namespace,
        "ALUR_CLEANUP_SECONDS": "3",
        "ALUR_LEASE_SECONDS": "3",
    }
    kubeconfig = kubernetes.cluster.kubeconfig
    running = Operator(its_alur, kubeconfig, tmp_path / "log", settings).start()
    yield running
    running.kill()


def test_killed_again_and_again_it_loses_nothing_and_runs_nothing_twice(
    kubernetes: Kubernetes, alur: AlurDev, lone_operator: Operator, namespace: str
) -> None:
    # From the first kill on: nothing may be given up here.
    del lone_operator.environment["ALUR_CLEANUP_SECONDS"]
    kubernetes.apply(workflow(namespace))
    wanted: set[str] = set()
    for turn in range(20):
        added = [f"w{turn}-{number}" for number in range(7)]
        runs = [run(namespace, "greet", f"r{turn}-{number}") for number in range(3)]
        kubernetes.apply(*(workflow(namespace, name) for name in added), *runs)
        wanted |= set(added)
        gone = RANDOM.sample(sorted(wanted), 3)
        kubernetes.do("delete", "awf", *gone, "-n", namespace, "--wait=false")
        wanted -= set(gone)
        time.sleep(RANDOM.uniform(0, 0.4))
        lone_operator.kill()
        lone_operator.start(wait=turn % 3 == 0)
    until = time.monotonic() + 60
    while (there := names_in(alur, namespace)) != wanted | {"greet"}:
        missing, left = sorted(wanted - there), sorted(there - wanted)
        assert time.monotonic() < until, f"{lone_operator.said()} {missing=} {left=}"
        time.sleep(0.2)
    for turn in range(20):
        for number in range(3):
            name = f"r{turn}-{number}"
            found = kubernetes.wait_for("workflowruns", namespace, name, has_phase(*ENDED), 30)
            assert status_of(found)["phase"] == "Succeeded"
    ids = [e["id"] for e in executions(alur, namespace)]
    assert len(ids) == len(set(ids)) == 60


def names_in(alur: AlurDev, namespace: str) -> set[str]:
    answer = alur.rest.get(f"/api/v1/projects/{namespace}/workflows", params={"limit": 500})
    return {shown["metadata"]["name"] for shown in answer.json().get("items", ())}


def executions(alur: AlurDev, namespace: str) -> list[dict[str, str]]:
    answer = alur.rest.get(f"/api/v1/projects/{namespace}/executions", params={"limit": 500})
    return list(answer.json()["items"])


@pytest.mark.usefixtures("lone_operator")
def test_while_alur_is_down_nothing_is_lost(
    kubernetes: Kubernetes, lone_alur: AlurDev, namespace: str
) -> None:
    kubernetes.apply(workflow(namespace))
    kubernetes.wait_for("workflows", namespace, "greet", holds("Ready"))
    lone_alur.kill()
    kubernetes.apply(workflow(namespace, title="changed"), run(namespace, "greet"))
    reason = "RegistryUnavailable"
    kubernetes.wait_for("workflows", namespace, "greet", holds("Reconciling", reason=reason))
    time.sleep(DOWN_SECONDS)
    lone_alur.start()
    kubernetes.wait_for("workflows", namespace, "greet", holds("Ready"), 40)
    kubernetes.wait_for("workflowruns", namespace, "one", has_phase("Succeeded"), 40)
    assert lone_alur.rest.get(address(namespace)).json()["spec"]["title"] == "changed"


@pytest.mark.usefixtures("lone_operator")
def test_an_alur_that_stays_away_does_not_hold_what_is_deleted(
    kubernetes: Kubernetes, lone_alur: AlurDev, namespace: str
) -> None:
    kubernetes.apply(workflow(namespace))
    kubernetes.wait_for("workflows", namespace, "greet", holds("Ready"))
    lone_alur.kill()
    began = time.monotonic()
    kubernetes.do("delete", "awf", "greet", "-n", namespace, "--timeout=30s")
    assert time.monotonic() - began >= 2.5
    told = kubernetes.do("get", "events", "-n", namespace, "-o", "jsonpath={.items[*].reason}")
    assert "CleanupAbandoned" in told.split()


@pytest.mark.usefixtures("lone_operator")
def test_who_insists_deletes_at_once(
    kubernetes: Kubernetes, lone_alur: AlurDev, namespace: str
) -> None:
    kubernetes.apply(workflow(namespace))
    kubernetes.wait_for("workflows", namespace, "greet", holds("Ready"))
    lone_alur.kill()
    kubernetes.do("annotate", "awf", "greet", "-n", namespace, "alur.dev/force-delete=true")
    kubernetes.do("delete", "awf", "greet", "-n", namespace, "--timeout=10s")


@pytest.mark.usefixtures("lone_operator")
def test_a_restart_of_the_api_server_passes(kubernetes: Kubernetes, namespace: str) -> None:
    kubernetes.apply(workflow(namespace))
    kubernetes.wait_for("workflows", namespace, "greet", holds("Ready"))
    restart(kubernetes)
    kubernetes.apply(workflow(namespace, title="changed"), run(namespace, "greet"))
    kubernetes.wait_for("workflows", namespace, "greet", lambda found: version_of(found) == 2, 60)
    kubernetes.wait_for("workflowruns", namespace, "one", has_phase("Succeeded"), 30)


def told_of_work(operator: Operator) -> list[dict[str, str]]:
    """Return what an operator has said of pausing and going on, in order."""
    rows = (json.loads(row) for row in operator.log.read_text().splitlines())
    return [row for row in rows if row["msg"].startswith("work ")]


def test_an_api_server_that_answers_nothing_is_waited_for(
    kubernetes: Kubernetes, alur: AlurDev, lone_operator: Operator, namespace: str
) -> None:
    kubernetes.apply(workflow(namespace))
    kubernetes.wait_for("workflows", namespace, "greet", holds("Ready"))
    assert lone_operator.process is not None
    process = lone_operator.process.pid
    kubernetes.cluster.api.pause()
    try:
        time.sleep(SILENT_SECONDS)
    finally:
        kubernetes.cluster.api.go_on()
    kubernetes.apply(workflow(namespace, title="changed"), run(namespace, "greet"))
    kubernetes.wait_for("workflows", namespace, "greet", lambda found: version_of(found) == 2, 60)
    kubernetes.wait_for("workflowruns", namespace, "one", has_phase("Succeeded"), 30)
    assert (lone_operator.process.poll(), lone_operator.process.pid) == (None, process)
    # A busy machine may be too slow for so short a Lease once more, also just now; each time it is told once.
    within = time.monotonic() + 30
    while (told := told_of_work(lone_operator))[-1]["msg"] == "work paused":
        assert time.monotonic() < within, "it does not go on"
        time.sleep(0.1)
    assert [row["msg"] for row in told] == ["work paused", "work goes on"] * (len(told) // 2)
    assert "the lease could not be renewed for 3 s" in told[0]["reason"]
    assert lone_operator.stop() == 0
    assert len(executions(alur, namespace)) == 1


def test_what_its_watch_can_no_longer_tell_it_is_looked_up(
    kubernetes: Kubernetes, alur: AlurDev, lone_operator: Operator, namespace: str
) -> None:
    kubernetes.apply(workflow(namespace), workflow(namespace, "goes"))
    for name in ("greet", "goes"):
        kubernetes.wait_for("workflows", namespace, name, holds("Ready"))
    seen = kubernetes.api.get(kubernetes.path("workflows", namespace)).json()["metadata"]
    assert lone_operator.process is not None
    lone_operator.process.send_signal(signal.SIGSTOP)
    restart(kubernetes)  # its watch breaks; what comes now it is not told
    kubernetes.apply(workflow(namespace, title="changed"), workflow(namespace, "comes"))
    kubernetes.do("delete", "awf", "goes", "-n", namespace, "--wait=false")
    restart(kubernetes)  # and the server keeps nothing of what was before
    assert watched_from(kubernetes, namespace, seen["resourceVersion"]) == 410
    lone_operator.process.send_signal(signal.SIGCONT)
    kubernetes.wait_for("workflows", namespace, "greet", lambda found: version_of(found) == 2, 60)
    kubernetes.wait_for("workflows", namespace, "comes", holds("Ready"))
    kubernetes.wait_for("workflows", namespace, "goes", lambda found: found is None)
    assert lone_operator.metric('alur_operator_watch_restarts_total{kind="workflow"}') >= 1
    assert names_in(alur, namespace) == {"greet", "comes"}


def watched_from(kubernetes: Kubernetes, namespace: str, version: str) -> int:
    """Return the code with which a watch from a version ends; while the server reads its store it puts one off."""
    again = {"watch": "true", "resourceVersion": version, "timeoutSeconds": "1"}
    until = time.monotonic() + 20
    while True:
        told = kubernetes.api.get(kubernetes.path("workflows", namespace), params=again).json()
        code = int(told.get("code") or told["object"]["code"])
        if code != 429 or time.monotonic() > until:
            return code
        time.sleep(0.1)


def restart(kubernetes: Kubernetes) -> None:
    kubernetes.cluster.api.kill()
    kubernetes.cluster.api.start()


def test_a_second_operator_waits_and_takes_over(
    kubernetes: Kubernetes,
    alur: AlurDev,
    lone_operator: Operator,
    namespace: str,
    tmp_path: Path,
) -> None:
    settings = {
        "ALUR_NAMESPACES": namespace,
        "ALUR_LEASE_NAMESPACE": namespace,
        "ALUR_LEASE_SECONDS": "3",
        "ALUR_WORKER": "the-other",
    }
    kubeconfig = kubernetes.cluster.kubeconfig
    other = Operator(alur, kubeconfig, tmp_path / "other", settings).start(wait=False)
    try:
        kubernetes.apply(workflow(namespace))
        kubernetes.wait_for("workflows", namespace, "greet", holds("Ready"))
        assert not other.lives()
        lone_operator.kill()
        kubernetes.apply(workflow(namespace, title="changed"))
        kubernetes.wait_for("workflows", namespace, "greet", lambda found: version_of(found) == 2)
        other.wait_until_it_lives()
    finally:
        other.kill()


def test_whose_lease_another_took_begins_anew_after_it(
    kubernetes: Kubernetes, lone_operator: Operator, namespace: str
) -> None:
    kubernetes.apply(workflow(namespace))
    kubernetes.wait_for("workflows", namespace, "greet", holds("Ready"))
    taken = json.dumps({"spec": {"holderIdentity": "the-other"}})
    lease = ("patch", "lease", "alur-operator", "-n", namespace, "--type=merge", "-p", taken)
    kubernetes.do(*lease)
    until = time.monotonic() + 20
    while "the-other has the lease" not in lone_operator.said():
        assert time.monotonic() < until, lone_operator.said()
        time.sleep(0.1)
    kubernetes.apply(workflow(namespace, title="changed"))
    kubernetes.wait_for("workflows", namespace, "greet", lambda found: version_of(found) == 2, 40)
    assert "work begins anew" in lone_operator.log.read_text()
    lone_operator.wait_until_it_lives()
    assert lone_operator.stop() == 0


@pytest.mark.usefixtures("lone_operator")
def test_a_field_of_another_manager_is_kept(kubernetes: Kubernetes, namespace: str) -> None:
    kubernetes.apply(workflow(namespace, title="mine"))
    kubernetes.wait_for("workflows", namespace, "greet", holds("Ready"))
    kubernetes.do("label", "awf", "greet", "-n", namespace, "team=sales", "--field-manager=other")
    other = ("patch", "awf", "greet", "-n", namespace, "--type=merge", "--field-manager=other")
    kubernetes.do(*other, "-p", '{"spec": {"title": "theirs"}}')
    kubernetes.wait_for("workflows", namespace, "greet", lambda found: version_of(found) == 2)
    refused = kubernetes.kubectl(
        "apply", "--server-side", "-f", "-", feed=str(workflow(namespace, title="mine"))
    )
    assert 'conflict with "other"' in refused.stderr
    found = kubernetes.get("workflows", namespace, "greet")
    assert condition(found, "Ready")["status"] == "True"


def test_told_to_end_it_ends_in_good_order_and_leaves_the_lease_to_others(
    kubernetes: Kubernetes, lone_operator: Operator, namespace: str
) -> None:
    holder = ("get", "lease", "alur-operator", "-n", namespace, "-o", "jsonpath={.spec.holderIdentity}")  # fmt: skip
    kept = run(namespace, "greet")
    kept["spec"]["ttlAfterFinished"] = "PT1H"  # it has to be looked at again
    kubernetes.apply(workflow(namespace), kept)
    kubernetes.wait_for("workflowruns", namespace, "one", has_phase("Succeeded"))
    for _ in range(2):
        assert kubernetes.do(*holder) == "operator-of-tests"
        began = time.monotonic()
        assert lone_operator.stop() == 0
        assert time.monotonic() - began < END_SECONDS, lone_operator.said()
        assert kubernetes.do(*holder) == ""
        lone_operator.start()
    assert "work begins anew" not in lone_operator.log.read_text()
