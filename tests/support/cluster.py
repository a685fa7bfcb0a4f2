"""A real API server for tests, spoken to by its API and by kubectl."""

from __future__ import annotations

import json
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.alur_dev import ROOT
from tools.servers import kubectl
from tools.servers.cache import MissingError
from tools.servers.cluster import ADMIN_TOKEN, Cluster

CRDS = ROOT / "charts/alur/files/crds"
API = "alur.dev/v1alpha1"
BUSY = 429
"""What the API server answers while it reads its store."""
Object = dict[str, Any]
_NAMESPACE = {"apiVersion": "v1", "kind": "Namespace", "spec": {"finalizers": []}}


class Kubernetes:
    """What tests do with a cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.program = str(kubectl.get())
        context = ssl.create_default_context(cafile=str(cluster.authority))
        headers = {"authorization": f"Bearer {ADMIN_TOKEN}"}
        self.api = httpx.Client(base_url=cluster.url, headers=headers, verify=context, timeout=30)

    def kubectl(
        self, *arguments: str, feed: str | None = None, within: float = 90
    ) -> subprocess.CompletedProcess[str]:
        """Run kubectl and return what it said, whatever its exit code."""
        return subprocess.run(  # noqa: S603  # the program of the tests
            (self.program, f"--kubeconfig={self.cluster.kubeconfig}", *arguments),
            input=feed, capture_output=True, text=True, timeout=within, check=False,
        )  # fmt: skip

    def do(self, *arguments: str, feed: str | None = None) -> str:
        """Run kubectl, which has to succeed, and return its output."""
        done = self.kubectl(*arguments, feed=feed)
        assert done.returncode == 0, f"kubectl {' '.join(arguments)}: {done.stdout}{done.stderr}"
        return done.stdout

    def apply(self, *documents: Object) -> None:
        """Apply documents server-side; Workflows and their runs as kubectl does, without its start each time."""
        others = [one for one in documents if one["apiVersion"] != API]
        if others:
            self.do("apply", "--server-side", "-f", "-", feed=_many(others))
        for one in documents:
            if one["apiVersion"] == API:
                self._apply(one)

    def _apply(self, document: Object) -> None:
        about = document["metadata"]
        path = self.path(f"{document['kind'].lower()}s", about["namespace"], about["name"])
        until = time.monotonic() + 20
        while (answer := self._sent(path, document)).status_code == BUSY:
            assert time.monotonic() < until, answer.text
            time.sleep(0.1)
        assert answer.is_success, answer.text

    def _sent(self, path: str, document: Object) -> httpx.Response:
        asked = {"fieldManager": "kubectl", "fieldValidation": "Strict"}
        content = {"content-type": "application/apply-patch+yaml"}
        return self.api.patch(path, params=asked, json=document, headers=content)

    def path(self, kind: str, namespace: str, name: str = "") -> str:
        """Return the address of an object of ours, or of all in a namespace."""
        whole = f"/apis/{API}/namespaces/{namespace}/{kind}"
        return f"{whole}/{name}" if name else whole

    def get(self, kind: str, namespace: str, name: str) -> Object | None:
        """Return the object, or None."""
        answer = self.api.get(self.path(kind, namespace, name))
        return None if answer.status_code == 404 else dict(answer.raise_for_status().json())

    def wait_for_event(self, namespace: str, fields: str) -> None:
        """Return once an Event is there whose fields are so (`reason=Failed,type=Warning`)."""
        selected = f"--field-selector={fields}"
        self.do("wait", "--for=create", "event", "-n", namespace, selected, "--timeout=10s")

    def wait_for(
        self,
        kind: str,
        namespace: str,
        name: str,
        is_met: Callable[[Object | None], bool],
        within: float = 20,
    ) -> Object | None:
        """Return the object once it is as wanted."""
        began = time.monotonic()
        while True:
            found = self.get(kind, namespace, name)
            if is_met(found):
                return found
            waited = time.monotonic() - began
            assert waited < within, (
                f"{kind} {namespace}/{name} stays {json.dumps((found or {}).get('status'))}"
            )
            # Each look costs others what they could do meanwhile, so it is seen to the twentieth of its time.
            time.sleep(min(max(0.02, waited / 20), 0.2))

    @contextmanager
    def namespace(self, name: str) -> Iterator[str]:
        """Make a namespace for the length of a test; its end does not wait for what is in it."""
        made = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        self.api.post("/api/v1/namespaces", json=made).raise_for_status()
        try:
            yield name
        finally:
            self.api.delete(f"/api/v1/namespaces/{name}").raise_for_status()

    def remove_namespace(self, name: str) -> None:
        """Have a namespace go with all that is in it, once nothing holds that: its controller looks every five seconds."""
        path = f"/api/v1/namespaces/{name}"
        if self.api.delete(path).status_code == httpx.codes.NOT_FOUND:
            return
        until = time.monotonic() + 60
        left = self._namespaced()
        while left := [kind for kind in left if self._holds(kind, name)]:
            assert time.monotonic() < until, f"{name} still holds {left}"
            time.sleep(0.05)
        self.api.put(f"{path}/finalize", json={**_NAMESPACE, "metadata": {"name": name}})
        while self.api.get(path).status_code != httpx.codes.NOT_FOUND:
            assert time.monotonic() < until, f"{name} stays"
            time.sleep(0.05)

    def _holds(self, kind: tuple[str, str], namespace: str) -> bool:
        """Delete all of a kind that is in a namespace; return whether there was any."""
        group, plural = kind
        path = f"{group}/namespaces/{namespace}/{plural}"
        found = self.api.get(path, params={"limit": 1})
        if not found.is_success or not found.json()["items"]:
            return False
        self.api.delete(path)
        return True

    def _namespaced(self) -> list[tuple[str, str]]:
        """Return all kinds that are in namespaces and can be deleted, each with where its group is."""
        groups = self.api.get("/apis").raise_for_status().json()["groups"]
        places = [
            "/api/v1",
            *(f"/apis/{one['preferredVersion']['groupVersion']}" for one in groups),
        ]
        kinds = [(at, one) for at in places for one in self.api.get(at).json()["resources"]]
        return [
            (at, one["name"])
            for at, one in kinds
            if one["namespaced"] and {"list", "deletecollection"} <= set(one["verbs"])
        ]


def condition(found: Object | None, kind: str) -> Object:
    """Return a condition of an object, or an empty one."""
    conditions = ((found or {}).get("status") or {}).get("conditions") or ()
    return next((dict(c) for c in conditions if c["type"] == kind), {})


def holds(kind: str, status: str = "True", reason: str = "") -> Callable[[Object | None], bool]:
    """Return whether a condition of the newest generation has a status."""

    def is_met(found: Object | None) -> bool:
        if found is None:
            return False
        told = condition(found, kind)
        is_new = told.get("observedGeneration") == found["metadata"]["generation"]
        return is_new and told["status"] == status and reason in {"", told["reason"]}

    return is_met


@pytest.fixture(scope="session")
def kubernetes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kubernetes]:
    """One cluster with our definitions for all tests."""
    try:
        cluster = Cluster(tmp_path_factory.mktemp("cluster"))
        reached = Kubernetes(cluster)
    except MissingError as error:
        pytest.skip(f"needs what `make servers-of-cluster` gets: {error}")
    try:
        cluster.start()
        install(reached)
        yield reached
    finally:
        reached.api.close()
        cluster.stop()


def install(reached: Kubernetes) -> None:
    """Apply the definitions and wait until they are served."""
    reached.do("apply", "--server-side", "-f", str(CRDS))
    until = time.monotonic() + 30
    for kind in ("workflows", "workflowruns"):
        while reached.api.get(f"/apis/alur.dev/v1alpha1/{kind}").status_code != 200:
            assert time.monotonic() < until, f"{kind} are not served"
            time.sleep(0.05)


def _many(documents: list[Object]) -> str:
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": documents})


def service_account(reached: Kubernetes, folder: Path, namespace: str, name: str) -> Path:
    """Return a kubeconfig of a service account."""
    token = reached.do("create", "token", name, "-n", namespace, "--duration=4h").strip()
    place = folder / f"{name}.kubeconfig"
    reached.cluster.write_kubeconfig(place, token)
    return place
