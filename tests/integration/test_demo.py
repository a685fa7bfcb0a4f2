"""What `make demo` shows is true."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.support.alur_dev import ROOT


def test_the_demonstration_ends_well(tmp_path: Path) -> None:
    done = subprocess.run(  # noqa: S603  # our own script
        [sys.executable, "-m", "tools.demo", "--data", str(tmp_path / "data")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "issue #1 opened: Spelling error in the README file" in done.stdout
    # Where nothing listens any more, nobody is sent.
    assert ("stays up" in done.stdout, "gRPC:" in done.stdout) == (True, False)
