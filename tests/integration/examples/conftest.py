"""A platform that has the credentials and workflows of `examples/`."""

from __future__ import annotations

import pytest

from tests.support.alur_dev import ROOT, AlurDev
from tests.support.github import SECRET

EXAMPLES = ROOT / "examples"


@pytest.fixture(scope="session")
def examples(platform: AlurDev) -> AlurDev:
    """The platform, with every example applied."""
    made = platform.cli(
        "credential", "set", "github-webhook", "--type", "hmac", "-", feed=f"secret={SECRET}\n"
    )
    assert made.returncode == 0, made.stderr
    platform.apply(EXAMPLES)
    return platform
