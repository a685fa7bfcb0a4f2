"""The cluster, the Alur and the operator that these tests speak to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.alur_dev import AlurDev, alur_dev
from tests.support.cluster import Kubernetes, kubernetes
from tests.support.operator import Operator
from tools.servers import definitions

__all__ = ["kubernetes"]


@pytest.fixture(scope="session")
def alur(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AlurDev]:
    """One Alur for all tests; each has a namespace, and so a project, of its own."""
    with alur_dev(tmp_path_factory.mktemp("alur") / "data") as server:
        yield server


@pytest.fixture(scope="module")
def operator(
    kubernetes: Kubernetes, alur: AlurDev, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Operator]:
    """One operator of all namespaces, for modules that start none of their own beside it."""
    log = tmp_path_factory.mktemp("operator") / "log"
    running = Operator(alur, kubernetes.cluster.kubeconfig, log).start()
    yield running
    running.kill()


@pytest.fixture(scope="session")
def kinds_of_others(kubernetes: Kubernetes) -> Kubernetes:
    """The cluster, once it knows the kinds of others that the chart and the guide make objects of."""
    files = ("-f", str(definitions.get()), "-f", str(Path(__file__).with_name("strimzi.yaml")))
    kubernetes.do("apply", "--server-side", *files)
    kubernetes.do("wait", "--for=condition=Established", *files, "--timeout=30s")
    return kubernetes


@pytest.fixture
def namespace(kubernetes: Kubernetes, request: pytest.FixtureRequest) -> Iterator[str]:
    """A namespace of this test alone."""
    test, _, case = request.node.name.removeprefix("test_").partition("[")
    name = f"{test[:45]}-{case.rstrip(']')}".replace("_", "-").strip("-")
    with kubernetes.namespace(name) as made:
        yield made


@pytest.fixture
def lone_alur(tmp_path: Path) -> Iterator[AlurDev]:
    """An Alur that a test may stop."""
    with alur_dev(tmp_path / "data") as server:
        yield server
