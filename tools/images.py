"""`python -m tools.images`: builds the image here with buildah, on bases that are made of Debian's packages.

No registry of images is asked. `NODE_BASE`, `PYTHON_BASE` and `RUN_BASE` in the environment name other bases.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml

from tools.servers.cache import MissingError, kept, run

ROOT = Path(__file__).parents[1]
IMAGE = "localhost/alur/alur:dev"
NAME = "image-base"
VERSION = "bookworm-1"
PACKAGES = "python3.11,python3.11-venv,ca-certificates,tzdata"
BASE = f"localhost/alur-base-{{}}:{VERSION}"
KINDS = ("python", "node", "run")
SHELLS = ("find", "/bin", "/usr/bin", "-name", "*sh", "-delete")
ISOLATION = "chroot"
AUTHORITIES = "/run/authorities.crt"


def _make_root(folder: Path) -> None:
    flags = ("--variant=minbase", f"--include={PACKAGES}")
    run("mmdebstrap", *flags, "bookworm", folder / "root.tar")


def buildah(*arguments: str | Path) -> str:
    """Run buildah and return what it printed, or raise `MissingError`."""
    return run("buildah", *arguments, BUILDAH_ISOLATION=ISOLATION).strip()


def make_base(kind: str) -> str:
    """Return the name of a local base, made unless it is there: for Python, for Node, or to run on, without a shell."""
    name = BASE.format(kind)
    if buildah("images", "--quiet", "--filter", f"reference={name}"):
        return name
    held = buildah("from", "--pull-never", "scratch" if kind == "python" else make_base("python"))
    try:
        if kind == "python":
            root = kept(NAME, VERSION, _make_root, "Debian's packages, half a minute")
            buildah("add", "--quiet", held, root / "root.tar", "/")
        elif kind == "node":
            _add_node(held)
        else:
            buildah("run", held, "--", *SHELLS)
        buildah("commit", "--quiet", held, name)
    finally:
        buildah("rm", held)
    return name


def _add_node(held: str) -> None:
    """Give it this machine's Node and npm."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise MissingError("node and npm are missing, and the editor is built with them")
    program = Path(npm).resolve()
    buildah("copy", "--quiet", held, Path(node).resolve(), "/usr/bin/node")
    buildah("copy", "--quiet", held, program.parents[1], "/usr/lib/node_modules/npm")
    buildah("run", held, "--", "ln", "-s", "../lib/node_modules/npm/bin/npm-cli.js", "/usr/bin/npm")


def _arguments() -> Iterator[str]:
    """Yield the arguments of the build."""
    chart = yaml.safe_load((ROOT / "charts/alur/Chart.yaml").read_text())
    given = {
        f"{k.upper()}_BASE": os.environ.get(f"{k.upper()}_BASE") or make_base(k) for k in KINDS
    }
    given["VERSION"] = str(chart["appVersion"])
    given["REVISION"] = run("git", "rev-parse", "HEAD", cwd=ROOT).strip()
    # Whom this machine trusts signs for the registries that it reaches.
    authorities = os.environ.get("PIP_CERT") or os.environ.get("SSL_CERT_FILE")
    if authorities:
        given |= {"PIP_CERT": AUTHORITIES, "NODE_EXTRA_CA_CERTS": AUTHORITIES}
        yield from ("--volume", f"{authorities}:{AUTHORITIES}:ro")
    for name, value in given.items():
        yield from ("--build-arg", f"{name}={value}")


def build() -> None:
    """Build the image; what has not changed since the last time is taken from then."""
    asked = ("buildah", "bud", "--layers", "--pull-never", *_arguments(), "--tag", IMAGE, str(ROOT))
    environment = {**os.environ, "BUILDAH_ISOLATION": ISOLATION}
    done = subprocess.run(asked, env=environment, stdout=sys.stderr, check=False)  # noqa: S603  # buildah
    if done.returncode:
        raise MissingError(f"buildah does not build the image; it ended with {done.returncode}")


def main() -> None:
    """Build it and say what it is called."""
    try:
        build()
    except MissingError as error:
        sys.exit(f"tools.images: {error}")
    sys.stdout.write(f"{IMAGE}\n")


if __name__ == "__main__":
    main()
