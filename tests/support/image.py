"""The built image, and podman, which runs it."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support.node.runtimes import Podman, Processes, Runtime
from tools.images import IMAGE

PROFILE = Path("/usr/share/containers/seccomp.json")
"""Which system calls podman allows a container, where nothing else is said."""
JAIL_CALLS = ("clone", "unshare", "mount", "umount2", "pivot_root", "sethostname")
"""What the jail needs beside them; the guide names them as well."""


@pytest.fixture(scope="session")
def image() -> str:
    """The name of the built image."""
    if not is_built():
        pytest.skip("needs podman and what `make images` builds")
    return IMAGE


def is_built() -> bool:
    """Whether the image is here, and who runs it."""
    return bool(shutil.which("podman")) and not podman("image", "exists", IMAGE).returncode


def containers() -> Runtime:
    """Return what runs containers here: podman with the built image, else this tree's environment."""
    return Podman() if is_built() else Processes()


def image_values(name: str = IMAGE) -> dict[str, Any]:
    """Return the chart's values that name the image."""
    repository, _, tag = name.rpartition(":")
    return {"image": {"repository": repository, "tag": tag}}


def described(image: str) -> dict[str, Any]:
    """Return what an image says of itself."""
    return dict(json.loads(podman("image", "inspect", image).stdout)[0])


def jail_profile(folder: Path) -> Path:
    """Write the profile that allows what podman's does, and what the jail needs."""
    profile: dict[str, Any] = json.loads(PROFILE.read_text())
    kept = [_without(rule) for rule in profile["syscalls"]]
    allowed = {"names": list(JAIL_CALLS), "action": "SCMP_ACT_ALLOW"}
    profile["syscalls"] = [*(rule for rule in kept if rule["names"]), allowed]
    place = folder / "seccomp.json"
    place.write_text(json.dumps(profile))
    return place


def _without(rule: Mapping[str, Any]) -> dict[str, Any]:
    return {**rule, "names": [name for name in rule["names"] if name not in JAIL_CALLS]}


def podman(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run podman and return what it said, whatever its exit code."""
    command = ("podman", *arguments)
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # podman
