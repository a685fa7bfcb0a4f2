"""The chart's mode `embedded`, installed on a cluster whose pods run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.installing import Installed, installed, on_a_machine
from tests.cluster.objects import has_phase, run, status_of, workflow
from tests.support.alur_dev import ROOT
from tests.support.cluster import Kubernetes, holds
from tests.support.image import image, image_values
from tests.support.node.runtimes import Podman, Processes

__all__ = ["image"]


@pytest.fixture
def alur_in_a_pod(kubernetes: Kubernetes, image: str, tmp_path: Path) -> Iterator[Installed]:
    """An installation of the built image; that of the plain manifests below has processes of this tree for containers."""
    given = image_values(image)
    with installed(kubernetes, "embedded", tmp_path, "dev", given, runtime=Podman()) as made:
        yield made


def test_an_applied_workflow_gets_ready_and_runs(alur_in_a_pod: Installed) -> None:
    kubernetes, namespace = alur_in_a_pod.kubernetes, alur_in_a_pod.namespace
    alur_in_a_pod.make_secret("alur-operator", {"token": alur_in_a_pod.token_of_the_volume()})
    alur_in_a_pod.wait_until_available()
    kubernetes.apply(workflow(namespace), run(namespace, "greet", input=[{"who": "Ana"}]))
    kubernetes.wait_for("workflows", namespace, "greet", holds("Ready"))
    found = kubernetes.wait_for("workflowruns", namespace, "one", has_phase("Succeeded"))
    assert status_of(found)["output"] == [{"hello": "Ana", "who": "Ana"}]
    alur_in_a_pod.helm("test")
    alur_in_a_pod.helm("uninstall")
    alur_in_a_pod.wait_until_no_pod_is_left()


def test_the_plain_manifests_bring_it_up(kubernetes: Kubernetes, tmp_path: Path) -> None:
    with on_a_machine(kubernetes, "alur", tmp_path, Processes()) as made:
        apply = ("apply", "--server-side", "--force-conflicts", "-k")
        kubernetes.do(*apply, str(ROOT / "k8s/overlays/dev"))
        made.make_secret("alur-operator", {"token": made.token_of_the_volume()})
        made.wait_until_available()
        kubernetes.apply(workflow("alur"))
        kubernetes.wait_for("workflows", "alur", "greet", holds("Ready"))
        # Others use this namespace as well: while the machine is there, all that is in it can end.
        kubernetes.do("delete", "awf", "greet", "-n", "alur", "--timeout=30s")
        kubernetes.do("delete", "namespace", "alur", "--timeout=60s")
