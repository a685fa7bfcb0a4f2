"""An operator that handles two objects at once."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cluster.objects import has_phase, run, workflow
from tests.support.alur_dev import AlurDev
from tests.support.cluster import Kubernetes, holds
from tests.support.operator import Operator

MANY = 6
DEPTH = 'alur_operator_queue_depth{kind="workflow"}'
OLDEST = 'alur_operator_queue_oldest_seconds{kind="workflow"}'


@pytest.fixture
def narrow(
    kubernetes: Kubernetes, lone_alur: AlurDev, namespace: str, tmp_path: Path
) -> Iterator[Operator]:
    settings = {
        "ALUR_NAMESPACES": namespace,
        "ALUR_LEASE_NAMESPACE": namespace,
        "ALUR_WORKERS": "2",
    }
    kubeconfig = kubernetes.cluster.kubeconfig
    running = Operator(lone_alur, kubeconfig, tmp_path / "log", settings).start()
    yield running
    running.kill()


@pytest.mark.usefixtures("narrow")
def test_runs_whose_workflow_is_missing_hold_no_others_up(
    kubernetes: Kubernetes, namespace: str
) -> None:
    lost = [f"lost-{number}" for number in range(MANY)]
    kubernetes.apply(workflow(namespace), *(run(namespace, "missing", name) for name in lost))
    for name in lost:
        kubernetes.wait_for("workflowruns", namespace, name, has_phase("Pending"))
    kubernetes.apply(run(namespace, "greet"))
    kubernetes.wait_for("workflowruns", namespace, "one", has_phase("Succeeded"))


def test_its_metrics_tell_what_waits_while_alur_does_not_answer(
    kubernetes: Kubernetes, lone_alur: AlurDev, narrow: Operator, namespace: str
) -> None:
    assert lone_alur.process is not None
    names = [f"w-{number}" for number in range(MANY)]
    lone_alur.process.send_signal(signal.SIGSTOP)
    try:
        kubernetes.apply(*(workflow(namespace, name) for name in names))
        wait_until(narrow, lambda: narrow.metric(DEPTH) == MANY - 2)
        wait_until(narrow, lambda: narrow.metric(OLDEST) > 1)
    finally:
        lone_alur.process.send_signal(signal.SIGCONT)
    for name in names:
        kubernetes.wait_for("workflows", namespace, name, holds("Ready"), 60)
    wait_until(narrow, lambda: (narrow.metric(DEPTH), narrow.metric(OLDEST)) == (0, 0))
    assert narrow.metric('alur_operator_queue_wait_seconds_count{kind="workflow"}') >= MANY
    assert narrow.metric('alur_operator_reconciles_total{kind="workflow",result="done"}') >= MANY


def wait_until(operator: Operator, is_met: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not is_met():
        assert time.monotonic() < until, operator.said()
        time.sleep(0.05)
