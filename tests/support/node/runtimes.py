"""How a container is run: its command as a process of this machine, or its image by podman."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from alur_jail.room import JailSettings, find_bubblewrap
from tests.support.alur_dev import ROOT

ENTRY = ["/opt/alur/bin/alur"]
"""The image's."""
IMAGE_ENVIRONMENT = {
    "PATH": "/opt/alur/bin:/usr/local/bin:/usr/bin:/bin",
    "PYTHONUNBUFFERED": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "HOME": "/tmp",  # noqa: S108  # the pod's own
}
_OWN = {"tmp", "var", "run", "opt", "dev", "proc", "lost+found"}
"""What the machine's root does not give to a pod."""


@dataclass(frozen=True)
class Sandbox:
    """What a container has: `mounts` are folders by the place where it sees them."""

    name: str
    image: str
    environment: dict[str, str]
    mounts: dict[str, tuple[Path, bool]]
    user: int
    """Who it runs as."""
    profile: str
    """Its `Localhost` seccomp profile, empty for the runtime's own."""


class Runtime(Protocol):
    """Something that runs containers."""

    def command(self, box: Sandbox, command: list[str]) -> tuple[list[str], dict[str, str]]:
        """Return the command, and its environment, that runs one until it ends."""

    def inside(self, box: Sandbox, command: list[str]) -> tuple[list[str], dict[str, str]]:
        """Return the same for a command in a container that runs."""

    def signal(self, box: Sandbox, pid: int, number: int) -> None:
        """Send a signal to a container that was started as this process."""

    def first_process(self, box: Sandbox, pid: int) -> int:
        """Return the process under which all of a container are, 0 when there is none."""


class Processes:
    """Runs the command from this tree's environment, with the pod's mounts at their places."""

    def command(self, box: Sandbox, command: list[str]) -> tuple[list[str], dict[str, str]]:
        venv = str(Path(sys.executable).parents[1])
        mounts = [part for at, (folder, is_writable) in sorted(box.mounts.items())
                  for part in ("--bind" if is_writable else "--ro-bind", str(folder), at)]  # fmt: skip
        jailed = (
            find_bubblewrap(JailSettings()), "--unshare-user", "--uid", str(box.user),
            "--gid", str(box.user), "--cap-drop", "ALL", "--die-with-parent", *_root(), *mounts,
            "--ro-bind", str(ROOT), str(ROOT), "--ro-bind", venv, "/opt/alur",
            "--remount-ro", "/", "--chdir", "/", "--", *command,
        )  # fmt: skip
        editor = {"ALUR_EDITOR_DIR": str(ROOT / "services/editor/dist")}
        return list(jailed), {**IMAGE_ENVIRONMENT, **editor, **box.environment}

    def inside(self, box: Sandbox, command: list[str]) -> tuple[list[str], dict[str, str]]:
        return self.command(box, command)

    def signal(self, box: Sandbox, pid: int, number: int) -> None:
        # The process itself watches over the one that it has put into the pod's mounts.
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        os.kill(int(children[0]) if children else pid, number)

    def first_process(self, box: Sandbox, pid: int) -> int:
        return pid


def _root() -> Iterator[str]:
    """Yield what makes the machine's programs the pod's, and nothing of where it keeps its data."""
    for entry in sorted(Path("/").iterdir()):
        if entry.is_symlink():
            yield from ("--symlink", str(entry.readlink()), str(entry))
        elif entry.name not in _OWN:
            yield from ("--ro-bind", str(entry), str(entry))
    yield from ("--dev-bind", "/dev", "/dev", "--ro-bind", "/proc", "/proc")
    yield from ("--dir", "/tmp", "--dir", "/var", "--dir", "/opt", "--symlink", "/var/run", "/run")  # noqa: S108  # the pod's own


NO_PROFILES = Path("/nonexistent")
"""Where a pod that names a profile finds none, and does not start."""


class Podman:
    """Runs the image, with nothing that Kubernetes' profile "restricted" forbids.

    Profiles of seccomp that pods name are in a folder, as a kubelet has them under its own.
    """

    def __init__(self, profiles: Path = NO_PROFILES) -> None:
        self._profiles = profiles

    def command(self, box: Sandbox, command: list[str]) -> tuple[list[str], dict[str, str]]:
        settings = [part for name in box.environment for part in ("--env", name)]
        mounts = [part for at, (folder, is_writable) in box.mounts.items()
                  for part in ("--volume", f"{folder}:{at}:{'rw' if is_writable else 'ro'}")]  # fmt: skip
        limits = (
            ("--security-opt", f"seccomp={self._profiles / box.profile}") if box.profile else ()
        )
        run = (
            *RUN, *limits, "--name", box.name, "--user", f"{box.user}:{box.user}", *settings, *mounts,
            "--entrypoint", command[0], box.image, *command[1:],
        )  # fmt: skip
        return list(run), {**os.environ, **box.environment}

    def inside(self, box: Sandbox, command: list[str]) -> tuple[list[str], dict[str, str]]:
        return ["podman", "exec", box.name, *command], {**os.environ}

    def signal(self, box: Sandbox, pid: int, number: int) -> None:
        asked = ("podman", "kill", "--signal", str(number), box.name)
        subprocess.run(asked, capture_output=True, check=False)  # noqa: S603  # our own command

    def first_process(self, box: Sandbox, pid: int) -> int:
        asked = ("podman", "inspect", "--format", "{{.State.Pid}}", box.name)
        done = subprocess.run(asked, capture_output=True, text=True, check=False)  # noqa: S603  # our own command
        return int(done.stdout) if done.returncode == 0 else 0


RUN = (
    "podman", "--runtime", "runc", "--cgroup-manager", "cgroupfs", "run", "--rm", "--pull", "never",
    "--network", "host", "--no-hosts", "--read-only", "--read-only-tmpfs=false", "--cap-drop", "all",
    "--security-opt", "no-new-privileges", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=4096:4096",
)  # fmt: skip
