"""An installation by Helm on a cluster whose pods run."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx

from tests.support.cluster import Kubernetes
from tests.support.guide import Command, Shell, sections
from tests.support.node.machine import Machine
from tests.support.node.runtimes import Runtime
from tools import chart
from tools.servers import helm

PATIENCE_SECONDS = 240


class Installed:
    """A release in a namespace of its own, with a machine that runs its pods."""

    def __init__(self, kubernetes: Kubernetes, namespace: str, machine: Machine) -> None:
        self.kubernetes = kubernetes
        self.namespace = namespace
        self.machine = machine

    def install(self, verb: str, name: str, values: Any) -> None:  # noqa: ANN401  # any values
        """Install or upgrade with the values of a set, and these over them."""
        given = ("-f", str(chart.CHART / f"ci/{name}-values.yaml"), "-f", "-")
        self.helm(verb, str(chart.CHART), "--take-ownership", *given, feed=json.dumps(values))

    def helm(self, verb: str, *arguments: str, feed: str | None = None) -> None:
        """Run Helm on the release; it has to succeed."""
        reach = (f"--kubeconfig={self.kubernetes.cluster.kubeconfig}", "-n", self.namespace)
        command = (str(helm.get()), verb, "alur", *arguments, *reach)
        done = subprocess.run(  # noqa: S603  # Helm
            command, input=feed, capture_output=True, text=True, timeout=240, check=False
        )
        assert done.returncode == 0, f"{done.stdout}{done.stderr}\n{self.machine.said()}"

    def reader(self, folder: Path, given: Mapping[str, str]) -> Shell:
        """Return the shell of one who reads the guide, with these files at hand."""
        folder.mkdir()
        reach = {"KUBECONFIG": str(self.kubernetes.cluster.kubeconfig)}
        shell = Shell(folder, self.kubernetes, reach, pods_run=True)
        shell.write(given)
        return shell

    def commands(self, page: str, section: str) -> list[Command]:
        """Return what a section of the guide tells to type, for the namespace of this release."""
        return [
            Command(re.sub(r"(-n|--namespace) alur\b", rf"\1 {self.namespace}", told.text), "")
            for told in sections(page)[section]
        ]

    def token_of_the_volume(self) -> str:
        """Return a token of the mode `embedded`, made as the chart's notes say."""
        self.wait_for_pod("alur-0")
        made = ("alur", "token", "create", "--data", "/var/lib/alur/data", "--quiet")
        return self.machine.execute("alur-0", *made).strip()

    def token_as_a_service(self) -> str:
        """Return a token of the mode `distributed`, made as the chart's notes say."""
        self._wait("--for=condition=Available", "deployment/alur-gateway")
        pod = self.kubernetes.do(
            "get", "pod", "-n", self.namespace, "-l", "app.kubernetes.io/component=gateway",
            "-o", "jsonpath={.items[0].metadata.name}",
        )  # fmt: skip
        made = ("alur", "token", "create", "--as-service", "--quiet")
        return self.machine.execute(pod, *made).strip()

    def make_secret(self, name: str, content: Mapping[str, str]) -> None:
        """Make a Secret, such as the operator's token, for which its pod waits."""
        given = (f"--from-literal={key}={value}" for key, value in content.items())
        self.kubernetes.do("create", "secret", "generic", name, "-n", self.namespace, *given)

    def rest(self, token: str) -> httpx.Client:
        """Return a client of its REST API, by the address of its Service."""
        url = f"http://{self.machine.address_of('alur')}:8080"
        return httpx.Client(base_url=url, headers={"authorization": f"Bearer {token}"}, timeout=30)

    def wait_for_pod(self, name: str) -> None:
        """Return once a pod is ready."""
        self._wait("--for=create", f"pod/{name}")
        self._wait("--for=condition=Ready", f"pod/{name}")

    def wait_until_available(self) -> None:
        """Return once every Deployment is."""
        self._wait("--for=condition=Available", "deployment", "--all")

    def wait_until_rolled_out(self, before: set[str]) -> None:
        """Return once each Deployment runs its newest pods, and those of before have ended."""
        for name in self._names("deployment"):
            self._patiently("rollout", "status", name)
        self._wait("--for=delete", *before)

    def wait_until_no_pod_is_left(self) -> None:
        """Return once all have ended, each in its own time."""
        if before := self.pods():
            self._wait("--for=delete", *before)

    def stop_the_volume_s_pod(self) -> None:
        """Have the mode `embedded` run no pod, and return once it has ended."""
        self.kubernetes.do("scale", "statefulset/alur", "--replicas=0", "-n", self.namespace)
        self._patiently("rollout", "status", "statefulset/alur")
        self._wait("--for=delete", "pod/alur-0")

    def pods(self) -> set[str]:
        """Return the names of all pods."""
        return set(self._names("pod"))

    def said_by(self, job: str) -> str:
        """Return what the newest pod of a Job said, which may be gone."""
        logs = (self.machine.folder / "logs").glob(f"{job}-*.log")
        return max(logs, key=lambda log: log.stat().st_mtime).read_text()

    def _names(self, kind: str) -> list[str]:
        return self.kubernetes.do("get", kind, "-n", self.namespace, "-o", "name").split()

    def _wait(self, *what: str) -> None:
        self._patiently("wait", *what)

    def _patiently(self, *command: str) -> None:
        limit = ("-n", self.namespace, f"--timeout={PATIENCE_SECONDS}s")
        done = self.kubernetes.kubectl(*command, *limit, within=PATIENCE_SECONDS + 10)
        assert done.returncode == 0, f"{done.stderr}\n{self.machine.said()}"


@contextmanager
def on_a_machine(
    kubernetes: Kubernetes, namespace: str, folder: Path, runtime: Runtime | None = None
) -> Iterator[Installed]:
    """Make a namespace, where "restricted" is enforced, and a machine for it; take both away at the end."""
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    about = {"name": namespace, "labels": labels}
    kubernetes.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": about})
    machine = Machine(kubernetes.cluster, namespace, folder, runtime).start()
    try:
        yield Installed(kubernetes, namespace, machine)
    finally:
        machine.stop()
        kubernetes.kubectl("delete", "namespace", namespace, "--wait=false")


@contextmanager
def installed(
    kubernetes: Kubernetes,
    namespace: str,
    folder: Path,
    name: str,
    values: Any,  # noqa: ANN401  # any values
    *,
    secrets: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
    runtime: Runtime,
) -> Iterator[Installed]:
    """Install a set of values, these over them, in a namespace of its own."""
    with on_a_machine(kubernetes, namespace, folder, runtime) as made:
        for secret, content in secrets.items():
            made.make_secret(secret, content)
        made.install("install", name, values)
        yield made
