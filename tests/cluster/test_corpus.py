"""All valid documents of the tests at once: applied, reconciled, exported and applied again, by kubectl and by `alur`."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from alur_engine.reading import write_yaml
from alur_engine.validation.document_check import without_server_owned
from tests.cluster.objects import address, status_of
from tests.support.alur_dev import AlurDev
from tests.support.cluster import Kubernetes, Object, condition
from tests.support.corpus import corpus, with_ports
from tests.support.operator import Operator

HERE = "corpus"
DOCUMENTS = {document["metadata"]["name"]: document for document in corpus(HERE).values()}


@pytest.fixture(scope="module")
def applied(
    kubernetes: Kubernetes, alur: AlurDev, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Object]]:
    """The objects, once an operator of their namespace is done with each."""
    own = {"ALUR_NAMESPACES": HERE, "ALUR_LEASE_NAMESPACE": HERE, "ALUR_RESYNC_SECONDS": "30"}
    log = tmp_path_factory.mktemp("operator") / "log"
    with kubernetes.namespace(HERE):
        operator = Operator(alur, kubernetes.cluster.kubeconfig, log, own).start()
        try:
            kubernetes.apply(*DOCUMENTS.values())
            yield settled(kubernetes)
        finally:
            operator.kill()
            forget(kubernetes, alur)


def forget(kubernetes: Kubernetes, alur: AlurDev) -> None:
    """Leave nothing for other operators to do, and no trigger that goes on; that they delete well is tried elsewhere."""
    merge = {"content-type": "application/merge-patch+json"}
    let_go = json.dumps({"metadata": {"finalizers": None}})
    managed = {"alur-managed-by": "kubernetes", "if-match": "*"}
    for name in DOCUMENTS:
        kubernetes.api.patch(
            kubernetes.path("workflows", HERE, name), content=let_go, headers=merge
        )
        alur.rest.delete(address(HERE, name), headers=managed)


def settled(kubernetes: Kubernetes) -> dict[str, Object]:
    until = time.monotonic() + 60
    while True:
        answer = kubernetes.api.get(kubernetes.path("workflows", HERE)).json()["items"]
        found = {one["metadata"]["name"]: one for one in answer}
        waits = [
            name for name, one in found.items() if condition(one, "Ready").get("status") != "True"
        ]
        if not waits:
            return found
        assert time.monotonic() < until, {name: status_of(found[name]) for name in waits}
        time.sleep(0.2)


def exported(alur: AlurDev, name: str) -> str:
    """Return what `alur export` prints; a test below holds that against the command itself."""
    shown = alur.rest.get(address(HERE, name)).raise_for_status().json()
    return write_yaml(without_server_owned(shown))


def test_each_is_kept_as_it_is(applied: dict[str, Object], alur: AlurDev) -> None:
    for name, document in DOCUMENTS.items():
        assert applied[name]["spec"] == with_ports(document["spec"]), name
        assert yaml.safe_load(exported(alur, name))["spec"] == applied[name]["spec"], name


def test_the_command_exports_that(alur: AlurDev, applied: dict[str, Object]) -> None:
    name = max(applied, key=lambda name: len(json.dumps(applied[name]["spec"])))
    assert alur.cli("export", name, "-p", HERE).stdout == exported(alur, name)


def test_kubectl_applies_what_is_exported_and_nothing_changes(
    kubernetes: Kubernetes, alur: AlurDev, applied: dict[str, Object]
) -> None:
    feed = "---\n".join(exported(alur, name) for name in applied)
    compared = kubernetes.kubectl("diff", "--server-side", "-f", "-", feed=feed)
    assert (compared.returncode, compared.stdout) == (0, ""), compared.stderr
    kubernetes.do("apply", "--server-side", "-f", "-", feed=feed)
    for name, found in settled(kubernetes).items():
        told = (found["metadata"]["generation"], status_of(found)["activeVersion"])
        assert told == (1, 1), name


def test_alur_validates_and_finds_unchanged_what_is_exported(
    alur: AlurDev, applied: dict[str, Object], tmp_path: Path
) -> None:
    for name in applied:
        (tmp_path / f"{name}.yaml").write_text(exported(alur, name))
    checked = alur.cli("validate", "-f", str(tmp_path))
    assert checked.returncode == 0, checked.stderr
    assert len(re.findall(" is valid$", checked.stdout, re.MULTILINE)) == len(DOCUMENTS)
