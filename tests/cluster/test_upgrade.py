"""The chart's whole life in a cluster of its own: nothing of ours is there before."""

from __future__ import annotations

import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.cluster.objects import has_phase, run, status_of, version_of, workflow
from tests.support.alur_dev import AlurDev
from tests.support.cluster import CRDS, Kubernetes, Object, holds
from tests.support.operator import Operator
from tools import chart
from tools.servers import helm
from tools.servers.cluster import Cluster

HERE = "alur"
(PREVIOUS,) = Path(__file__).with_name("previous").glob("alur-*.tgz")
CURRENT = str(chart.CHART)


@pytest.fixture(scope="module")
def own(kubernetes: Kubernetes, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kubernetes]:
    """A cluster that knows nothing of Alur; the other one told that such a cluster can be had here."""
    assert kubernetes.cluster.is_ready()
    cluster = Cluster(tmp_path_factory.mktemp("own"))
    reached = Kubernetes(cluster)
    try:
        cluster.start()
        reached.do("create", "namespace", HERE)
        yield reached
    finally:
        reached.api.close()
        cluster.stop()


def helm_does(reached: Kubernetes, *arguments: str, namespace: str = HERE) -> str:
    reach = (f"--kubeconfig={reached.cluster.kubeconfig}", "--namespace", namespace)
    done = subprocess.run(  # noqa: S603  # Helm
        (str(helm.get()), *arguments, *reach), capture_output=True, text=True, timeout=60, check=False
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def values_of(name: str) -> tuple[str, str]:
    return "-f", str(chart.CHART / f"ci/{name}-values.yaml")


def kept(own: Kubernetes) -> list[Object | None]:
    """Return the objects of users without what every write changes."""
    found = [own.get("workflows", HERE, "greet"), own.get("workflowruns", HERE, "one")]
    for one in found:
        if one is not None:
            for name in ("managedFields", "resourceVersion"):
                one["metadata"].pop(name)
    return found


def definition(own: Kubernetes, name: str) -> Object:
    path = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}"
    return dict(own.api.get(path).json())


def test_an_upgrade_keeps_definitions_and_data_and_so_does_the_end(
    own: Kubernetes, alur: AlurDev, tmp_path: Path
) -> None:
    helm_does(own, "install", "alur", str(PREVIOUS), *values_of("dev"))
    own.do("wait", "--for=condition=Established", "crd", "workflows.alur.dev", "--timeout=20s")
    operator = Operator(alur, own.cluster.kubeconfig, tmp_path / "log").start()
    try:
        own.apply(workflow(HERE), run(HERE, "greet"))
        own.wait_for("workflows", HERE, "greet", holds("Ready"))
        own.wait_for("workflowruns", HERE, "one", has_phase("Succeeded"))
        own.wait_for("workflows", HERE, "greet", lambda now: "lastExecution" in status_of(now))
        before = kept(own)

        helm_does(own, "upgrade", "alur", CURRENT, *values_of("dev"))
        assert kept(own) == before
        assert_definitions_are_current(own)
        own.apply(workflow(HERE, title="changed"))
        own.wait_for("workflows", HERE, "greet", lambda found: version_of(found) == 2)
        before = kept(own)

        helm_does(own, "uninstall", "alur")
        assert kept(own) == before
        assert own.kubectl("get", "deployment", "alur-operator", "-n", HERE).returncode == 1

        # Whoever installs again finds what was there.
        helm_does(own, "install", "alur", CURRENT, *values_of("dev"), "--set", "crds.keep=false")
        assert kept(own) == before
        own.do("delete", "awf,awr", "--all", "-n", HERE, "--timeout=30s")
        helm_does(own, "uninstall", "alur")
        own.do("wait", "--for=delete", "crd", "workflows.alur.dev", "--timeout=30s")
    finally:
        operator.kill()


def assert_definitions_are_current(own: Kubernetes) -> None:
    for file in CRDS.iterdir():
        wanted = yaml.safe_load(file.read_text())
        found = definition(own, wanted["metadata"]["name"])
        assert found["spec"]["versions"] == wanted["spec"]["versions"]
        assert found["status"]["storedVersions"] == ["v1alpha1"]


@pytest.mark.parametrize("name", ["small", "production"])
def test_a_user_keeps_the_values_and_no_field_that_cannot_change_is_changed(
    kinds_of_others: Kubernetes, namespace: str, name: str, tmp_path: Path
) -> None:
    values = tmp_path / "values.yaml"
    with tarfile.open(PREVIOUS) as archive:
        packed = archive.extractfile(f"alur/ci/{name}-values.yaml")
        assert packed is not None
        values.write_bytes(packed.read())
    # Nothing runs Pods here, so what waits for a Job is left out.
    same = ("-f", str(values), "--no-hooks", "--set", "crds.install=false")
    helm_does(kinds_of_others, "install", name, str(PREVIOUS), *same, namespace=namespace)
    helm_does(kinds_of_others, "upgrade", name, CURRENT, *same, namespace=namespace)
    made = kinds_of_others.do("get", "deployments", "-n", namespace, "-o", "name")
    assert len(made.split()) == 5
    helm_does(kinds_of_others, "uninstall", name, "--no-hooks", namespace=namespace)
