"""The example clients of gRPC run a workflow and watch it, as a user would start them."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.alur_dev import ROOT, AlurDev

CLIENTS = ROOT / "examples/clients"
PAGE = ROOT / "docs/how-to/grpc.md"


def said_by(platform: AlurDev, *program: str) -> list[str]:
    """Return the lines that a program prints which is told of the platform as the page says."""
    known = {"ALUR_TOKEN": platform.token, "ALUR_GRPC": f"127.0.0.1:{platform.grpc_port}"}
    done = subprocess.run(  # noqa: S603  # the repository's own programs
        program,
        capture_output=True,
        text=True,
        timeout=120,
        env={**platform.environment, **known},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_the_client_in_python_runs_a_workflow_and_watches_it(examples: AlurDev) -> None:
    said = said_by(examples, sys.executable, str(CLIENTS / "python/run_and_watch.py"))
    assert said[-1] == "STATUS_SUCCEEDED 108.0"
    assert "price STATUS_SUCCEEDED" in said


def test_the_client_in_go_runs_a_workflow_and_watches_it(examples: AlurDev, tmp_path: Path) -> None:
    client = tmp_path / "client"
    go = shutil.which("go")
    assert go, "the example in Go needs Go 1.25 or later on the PATH"
    build = (go, "build", "-C", str(CLIENTS / "go"), "-o", str(client), ".")
    built = subprocess.run(build, capture_output=True, text=True, timeout=300, check=False)  # noqa: S603  # see above
    assert built.returncode == 0, built.stderr
    said = said_by(examples, str(client))
    assert said[-1] == "STATUS_SUCCEEDED 108"
    assert "price STATUS_SUCCEEDED" in said


@pytest.mark.parametrize(
    ("language", "file"), [("python", "python/run_and_watch.py"), ("go", "go/main.go")]
)
def test_the_page_shows_each_client_as_it_is(language: str, file: str) -> None:
    (shown,) = re.findall(rf"^```{language}\n(.*?)^```", PAGE.read_text(), re.M | re.S)
    assert shown == (CLIENTS / file).read_text()
