"""A platform that has the credentials and workflows of `examples/`."""

from __future__ import annotations

import pytest

from tests.support.alur_dev import ROOT, AlurDev
from tests.support.github import SECRET

EXAMPLES = ROOT / "examples"


@pytest.fixture(scope="session")
def examples(platform: AlurDev, tmp_path_factory: pytest.TempPathFactory) -> AlurDev:
    """The platform, with every example applied."""
    secret = tmp_path_factory.mktemp("github") / "secret"
    secret.write_text(SECRET)
    field = f"secret=@{secret}"
    made = platform.cli("credential", "set", "github-webhook", "--type", "hmac", "--field", field)
    assert made.returncode == 0, made.stderr
    platform.apply(EXAMPLES)
    return platform
