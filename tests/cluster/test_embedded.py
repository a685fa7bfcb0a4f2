"""The chart's mode `embedded`, installed on a cluster whose pods run."""

from __future__ import annotations

import shutil
import tarfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.cluster.installing import Installed, installed, on_a_machine
from tests.cluster.objects import ENDED, has_phase, run, status_of, workflow
from tests.support.alur_dev import ROOT
from tests.support.cluster import Kubernetes, Object, holds
from tests.support.guide import files
from tests.support.image import image, image_values, jail_profile
from tests.support.node.runtimes import Podman, Processes
from tools import chart

__all__ = ["image"]

(PREVIOUS,) = Path(__file__).with_name("previous").glob("alur-*.tgz")
(LEFT,) = Path(__file__).with_name("previous").glob("data-*.tar.gz")
DEFAULT = "/api/v1/projects/default"


@pytest.fixture
def alur_in_a_pod(kubernetes: Kubernetes, image: str, tmp_path: Path) -> Iterator[Installed]:
    """An installation of the built image; that of the plain manifests below has processes of this tree for containers."""
    profile = jail_profile(tmp_path)
    given = {**image_values(image), "code": {"seccompProfile": profile.name}}
    runtime = Podman(profile.parent)
    with installed(kubernetes, "embedded", tmp_path, "dev", given, runtime=runtime) as made:
        yield made


def test_an_applied_workflow_gets_ready_and_runs(alur_in_a_pod: Installed) -> None:
    kubernetes, namespace = alur_in_a_pod.kubernetes, alur_in_a_pod.namespace
    alur_in_a_pod.make_secret("alur-operator", {"token": alur_in_a_pod.token_of_the_volume()})
    alur_in_a_pod.wait_until_available()
    kubernetes.apply(workflow(namespace), run(namespace, "greet", input=[{"who": "Ana"}]))
    kubernetes.wait_for("workflows", namespace, "greet", holds("Ready"))
    found = kubernetes.wait_for("workflowruns", namespace, "one", has_phase("Succeeded"))
    assert status_of(found)["output"] == [{"hello": "Ana", "who": "Ana"}]
    assert_code_of_users_runs(alur_in_a_pod)
    alur_in_a_pod.helm("test")
    alur_in_a_pod.helm("uninstall")
    alur_in_a_pod.wait_until_no_pod_is_left()


def assert_code_of_users_runs(alur_in_a_pod: Installed) -> None:
    """In the jail, which the pod's seccomp profile allows to be built: where it cannot be, code is refused."""
    kubernetes, namespace = alur_in_a_pod.kubernetes, alur_in_a_pod.namespace
    params = {"language": "python", "mode": "all", "code": "return [{'m': items[0].json.n + 1}]"}
    nodes = [{"name": "add", "type": "core.code", "params": params}]
    kubernetes.apply(
        workflow(namespace, "code", nodes=nodes), run(namespace, "code", "two", input=[{"n": 20}])
    )
    found = kubernetes.wait_for("workflowruns", namespace, "two", has_phase(*ENDED))
    assert (status_of(found)["phase"], status_of(found).get("output")) == ("Succeeded", [{"m": 21}])


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
        kubernetes.remove_namespace("alur")


def test_an_upgrade_takes_over_what_the_previous_version_left_and_a_snapshot_brings_it_back(
    kinds_of_others: Kubernetes, tmp_path: Path
) -> None:
    with on_a_machine(kinds_of_others, "taken-over", tmp_path, Processes()) as made:
        values = ("-f", str(chart.CHART / "ci/dev-values.yaml"), "--set", "crds.install=false")
        made.helm("install", str(PREVIOUS), *values)
        made.stop_the_volume_s_pod()
        volume = tmp_path / "claims/data-alur-0"
        with tarfile.open(LEFT) as archive:
            shutil.rmtree(volume, ignore_errors=True)
            archive.extractall(volume, filter="data")
        made.helm("upgrade", str(chart.CHART), *values)
        with answering(made) as rest:
            assert_all_is_there(rest)
        go_back(made, volume)
        with answering(made) as rest:
            assert_all_is_there(rest)
            assert_it_goes_on(rest)


@contextmanager
def answering(made: Installed) -> Iterator[httpx.Client]:
    """Yield a client of the owner once its Service leads to the pod, which is a moment after that is ready."""
    until = time.monotonic() + 20
    with made.rest(made.token_of_the_volume()) as rest:
        while True:
            try:
                rest.get("/readyz").raise_for_status()
                break
            except httpx.TransportError:
                assert time.monotonic() < until, made.machine.said()
                time.sleep(0.1)
        yield rest


def go_back(made: Installed, volume: Path) -> None:
    """Take a snapshot and restore it as the guide tells, with a change in between; we are the driver of the volumes."""
    shell = made.reader(made.machine.folder / "reader", files("kubernetes-operate"))
    told = made.commands("kubernetes-operate", "Back up a volume")
    shell.run(told[:3])
    snapshot = shutil.copytree(volume, volume.with_name("snapshot"))
    about = (
        f"/apis/snapshot.storage.k8s.io/v1/namespaces/{made.namespace}/volumesnapshots/alur-backup"
    )
    taken = made.kubernetes.api.get(about).raise_for_status().json()
    assert taken["spec"]["source"] == {"persistentVolumeClaimName": volume.name}
    content = {"content-type": "application/merge-patch+json"}
    ready = {"status": {"readyToUse": True}}
    made.kubernetes.api.patch(f"{about}/status", json=ready, headers=content).raise_for_status()
    shell.run(told[3:5])
    with answering(made) as rest:
        rest.delete(f"{DEFAULT}/credentials/door").raise_for_status()
    shell.run(told[5:7])
    shutil.rmtree(volume)
    shell.run(told[7:8])
    path = f"/api/v1/namespaces/{made.namespace}/persistentvolumeclaims/{volume.name}"
    claim = made.kubernetes.api.get(path).raise_for_status().json()
    assert claim["spec"]["dataSource"]["name"] == "alur-backup"
    shutil.copytree(snapshot, volume)
    shell.run(told[8:])


def assert_all_is_there(rest: httpx.Client) -> None:
    workflows, credentials = found(rest, "workflows"), found(rest, "credentials")
    assert [one["metadata"]["name"] for one in workflows] == ["ask", "greet", "large"]
    assert [(one["name"], one["type"]) for one in credentials] == [("door", "api-key")]
    assert [one["version"] for one in found(rest, "workflows/greet/versions")] == [2, 1]
    ended = {
        one["workflow"]: (one["status"], whole(rest, one)["output"])
        for one in found(rest, "executions")
    }
    assert ended == {
        "ask": ("waiting", None),
        "greet": ("succeeded", [{"hello": "Ana", "from": "Lisbon"}]),
        "large": ("succeeded", [{"text": "alur " * 100_000}]),
    }


def assert_it_goes_on(rest: httpx.Client) -> None:
    """The secret opens, variables are read, and what waits is woken."""
    (trigger,) = rest.get(f"{DEFAULT}/workflows/greet").json()["status"]["triggers"]
    hook = httpx.URL(trigger["url"]).path
    said = {
        key: rest.post(hook, json={"who": "Bo"}, headers={"x-key": key})
        for key in ("open-sesame", "no")
    }
    assert said["open-sesame"].json() == {"hello": "Bo", "from": "Lisbon"}
    assert said["no"].status_code == httpx.codes.UNAUTHORIZED
    (waits,) = (one for one in found(rest, "executions") if one["status"] == "waiting")
    signal = {"name": "approval", "payload": {"approved": True}}
    rest.post(f"{DEFAULT}/executions/{waits['id']}:signal", json=signal).raise_for_status()
    until = time.monotonic() + 20
    while (now := whole(rest, waits))["status"] == "waiting" or not now["output"]:
        assert time.monotonic() < until, now
        time.sleep(0.1)
    assert now["output"] == [{"text": "go"}]


def found(rest: httpx.Client, kind: str) -> list[Object]:
    return list(rest.get(f"{DEFAULT}/{kind}").raise_for_status().json()["items"])


def whole(rest: httpx.Client, execution: Object) -> Object:
    return dict(rest.get(f"{DEFAULT}/executions/{execution['id']}").raise_for_status().json())
