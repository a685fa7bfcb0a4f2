"""The chart's mode `embedded`, installed on a cluster whose pods run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.installing import Installed, installed
from tests.cluster.objects import has_phase, run, status_of, workflow
from tests.support.cluster import Kubernetes, holds
from tests.support.image import image
from tests.support.node.runtimes import Podman, Processes

__all__ = ["image"]


@pytest.fixture(params=["processes", "image"])
def alur_in_a_pod(
    kubernetes: Kubernetes, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Installed]:
    """An installation whose containers are processes of this tree, and one of the built image."""
    is_image = request.param == "image"
    runtime = Podman() if is_image else Processes()
    name = request.getfixturevalue("image") if is_image else "alur/alur:dev"
    repository, _, tag = name.rpartition(":")
    values = {"image": {"repository": repository, "tag": tag}}
    namespace = f"embedded-{request.param}"
    with installed(kubernetes, namespace, tmp_path, "dev", values, runtime=runtime) as made:
        yield made


def test_an_applied_workflow_gets_ready_and_runs(alur_in_a_pod: Installed) -> None:
    kubernetes, namespace = alur_in_a_pod.kubernetes, alur_in_a_pod.namespace
    alur_in_a_pod.make_secret("alur-operator", {"token": alur_in_a_pod.token_of_the_volume()})
    alur_in_a_pod.wait_until_available()
    kubernetes.apply(workflow(namespace), run(namespace, "greet", input=[{"who": "Ana"}]))
    kubernetes.wait_for("workflows", namespace, "greet", holds("Ready"))
    found = kubernetes.wait_for("workflowruns", namespace, "one", has_phase("Succeeded"))
    assert status_of(found)["output"] == [{"hello": "Ana", "who": "Ana"}]
