"""The built image: what is in it, and that it runs where nothing is allowed."""

from __future__ import annotations

import json
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.support.alur_dev import ROOT, free_ports
from tests.support.image import JAIL_CALLS, described, image, jail_profile, podman
from tests.support.node.runtimes import RUN

__all__ = ["image"]

PYTHON = "/opt/alur/bin/python"
WORKFLOWS = "/api/v1/projects/default/workflows"
READY_SECONDS = 60


def in_image(image: str, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = (*RUN, "--user", "65532:65532", "--entrypoint", program, image, *arguments)
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603  # podman


def test_it_says_what_it_is_and_runs_as_nobody(image: str) -> None:
    config = described(image)["Config"]
    labels = {key.rpartition(".")[2] for key in config["Labels"] if "opencontainers" in key}
    assert {"title", "description", "licenses", "version", "revision", "source"} <= labels
    assert config["User"] == "65532:65532"


def test_its_parts_are_listed(image: str) -> None:
    show = "for name in ('python', 'editor'): print(open(f'/opt/alur/sbom/{name}.cdx.json').read())"
    text = in_image(image, PYTHON, "-c", show).stdout.strip()
    python, end = json.JSONDecoder().raw_decode(text)
    editor = json.loads(text[end:])
    for parts, known in ((python, "pydantic"), (editor, "react")):
        assert parts["bomFormat"] == "CycloneDX"
        assert known in {part["name"] for part in parts["components"]}


def test_it_holds_nothing_by_which_to_get_more(image: str) -> None:
    programs = ("sh", "bash", "dash", "pip", "pip3", "python")
    look = f"import shutil; print(*filter(shutil.which, {programs}))"
    assert in_image(image, PYTHON, "-c", look).stdout.split() == ["python"]


class Contained:
    """An Alur in a container, on a fresh volume."""

    def __init__(self, image: str, folder: Path, *options: str) -> None:
        self.name = f"alur-of-tests-{uuid.uuid4()}"
        self.log = folder / "log"
        port, grpc_port = free_ports(2)
        self.rest = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30)
        # As the guide has it: a new volume, and nothing else that can be written but /tmp.
        mounts = ("--tmpfs", "/tmp", "--volume", f"{self.name}:/var/lib/alur")  # noqa: S108  # the container's
        dev = (
            "dev",
            "--data",
            "/var/lib/alur/data",
            "--port",
            str(port),
            "--grpc-port",
            str(grpc_port),
        )
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(  # noqa: S603  # podman
                (*RUN, *options, "--name", self.name, *mounts, image, *dev), stdout=log, stderr=log
            )

    def wait_until_ready(self) -> None:
        until = time.monotonic() + READY_SECONDS
        while not self._is_ready():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < until, self.log.read_text()
            time.sleep(0.1)
        made = ("alur", "token", "create", "--data", "/var/lib/alur/data", "--quiet")
        token = podman("exec", self.name, *made).stdout.strip()
        self.rest.headers["authorization"] = f"Bearer {token}"

    def _is_ready(self) -> bool:
        try:
            return self.rest.get("/readyz").status_code == 200
        except httpx.TransportError:
            return False

    def result_of(self, name: str, node: dict[str, Any]) -> dict[str, Any]:
        """Save a workflow of one node and return its execution once it has ended."""
        document = {
            "apiVersion": "alur.dev/v1alpha1",
            "kind": "Workflow",
            "metadata": {"name": name},
            "spec": {"nodes": [{"name": "only", **node}]},
        }
        self.rest.put(f"{WORKFLOWS}/{name}", json=document).raise_for_status()
        path = f"{WORKFLOWS}/{name}/executions"
        answer = self.rest.post(path, params={"wait": "30"}, json={"input": [{"n": 20}]})
        return dict(answer.raise_for_status().json())

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(40)


@contextmanager
def contained(image: str, folder: Path, *options: str) -> Iterator[Contained]:
    running = Contained(image, folder, *options)
    try:
        running.wait_until_ready()
        yield running
        assert running.stop() == 0, running.log.read_text()
    finally:
        for what in (("rm", "--force"), ("volume", "rm", "--force")):
            podman(*what, running.name)
        running.rest.close()


def test_the_guide_names_the_system_calls_that_are_tried() -> None:
    for page in ("how-to/image.md", "explanation/jail.md"):
        text = " ".join((ROOT / "docs" / page).read_text().split())
        assert "`clone`, `unshare`, `mount`, `umount2`, `pivot_root` and `sethostname`" in text
    assert set(JAIL_CALLS) == {"clone", "unshare", "mount", "umount2", "pivot_root", "sethostname"}


ADD = "return [{'m': items[0].json.n + 1}]"
CODE = {"type": "core.code", "params": {"language": "python", "mode": "all", "code": ADD}}
"""Code of a user."""


def test_a_workflow_runs_in_it_and_code_is_refused_with_the_reason(
    image: str, tmp_path: Path
) -> None:
    with contained(image, tmp_path) as alur:
        plain = {"type": "core.set", "params": {"fields": {"m": "{{ $json.n * 2 }}"}}}
        assert alur.result_of("plain", plain)["output"] == [{"n": 20, "m": 40}]
        error = alur.result_of("code", CODE)["nodes"][0]["error"]
        assert error["code"] == "no-jail"
        assert "the jail cannot be built" in error["message"]


def test_code_runs_where_the_system_calls_of_the_jail_are_allowed(
    image: str, tmp_path: Path
) -> None:
    profile = jail_profile(tmp_path)
    with contained(image, tmp_path, "--security-opt", f"seccomp={profile}") as alur:
        assert alur.result_of("code", CODE)["output"] == [{"m": 21}]
