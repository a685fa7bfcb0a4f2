"""What Flux and Argo CD see of our objects: kstatus itself is asked, and the script of the guide."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from typing import Any

import pytest
import yaml

from alur_operator.domain import reasons, status
from tests.cluster.objects import run as run_of
from tests.cluster.objects import workflow as workflow_of
from tests.support.cluster import Kubernetes, Object
from tests.support.guide import files
from tests.unit.operator.objects import execution, live, run, workflow
from tools.servers import kstatus
from tools.servers.cache import MissingError

NOON = 1_767_268_800.0
READY = status.ready(workflow(), live(workflow()), NOON)
OF_RUNS = {
    "queued": "InProgress",
    "running": "InProgress",
    "waiting": "InProgress",
    "in-doubt": "Failed",
    "succeeded": "Current",
    "failed": "Failed",
    "cancelled": "Current",
}


SCRIPT = yaml.safe_load(files("kubernetes-operate")["argocd-cm.yaml"])["data"][
    "resource.customizations.health.alur.dev_Workflow"
]
BY_SCRIPT = {
    "Current": "Healthy",
    "InProgress": "Progressing",
    "Terminating": "Healthy",
    "Failed": "Degraded",
}
"""Argo CD itself tells what is being deleted."""


def health(*objects: Object) -> list[str]:
    """Return what kstatus says of each, which the guide's script for Argo CD has to agree with."""
    found = asked(objects)
    assert asked(objects, SCRIPT) == [BY_SCRIPT[one] for one in found]
    return found


def asked(objects: Sequence[Object], *script: str) -> list[str]:
    try:
        program = kstatus.get()
    except MissingError as error:
        pytest.skip(f"needs what `make servers-of-cluster` gets: {error}")
    feed = "".join(map(json.dumps, objects))
    done = subprocess.run(  # noqa: S603  # built for this
        [program, *script], input=feed, capture_output=True, text=True, check=True
    )
    return done.stdout.split()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"status": READY}, "Current"),
        ({"status": READY, "metadata": {"generation": 4}}, "InProgress"),
        (
            {"status": READY, "metadata": {"deletionTimestamp": "2026-01-01T12:00:00Z"}},
            "Terminating",
        ),
        ({"status": status.stalled(workflow(), reasons.INVALID, "no", NOON)}, "Failed"),
        ({"status": status.working(workflow(), reasons.CONFLICT, "no", NOON)}, "InProgress"),
    ],
    ids=["ready", "changed since", "deleted", "stalled", "working"],
)
def test_a_workflow_is_as_its_conditions_say(changes: dict[str, Any], says: str) -> None:
    assert health(workflow(**changes)) == [says]


def test_a_suspended_workflow_is_as_it_should_be() -> None:
    body = workflow(spec={"suspend": True})
    assert health({**body, "status": status.ready(body, live(body), NOON)}) == ["Current"]


def test_a_run_is_as_its_execution() -> None:
    runs = [{**run(), "status": status.run_status(run(), execution(e), NOON)} for e in OF_RUNS]
    assert dict(zip(OF_RUNS, health(*runs), strict=True)) == OF_RUNS


def test_a_run_that_waits_for_its_workflow_is_in_progress_and_a_refused_one_has_failed() -> None:
    waits = status.run_held_up(run(), reasons.WORKFLOW_NOT_FOUND, "not yet", NOON)
    wrong = status.run_refused(run(), reasons.INPUT_INVALID, "no JSON", NOON)
    found = health({**run(), "status": waits}, {**run(), "status": wrong})
    assert found == ["InProgress", "Failed"]


def test_what_no_operator_has_seen_is_not_healthy(kubernetes: Kubernetes, namespace: str) -> None:
    kubernetes.apply(workflow_of(namespace), run_of(namespace, "greet"))
    found = [
        kubernetes.get("workflows", namespace, "greet"),
        kubernetes.get("workflowruns", namespace, "one"),
    ]
    assert health(*filter(None, found)) == ["InProgress", "InProgress"]
