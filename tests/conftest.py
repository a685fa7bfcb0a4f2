"""What holds for every test: markers by folder, and no skipping where it is forbidden."""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

TESTS = Path(__file__).parent
MARKED = ("integration", "e2e", "chaos", "bench", "cluster")
MAY_SKIP = os.environ.get("ALUR_CI") != "1"

# A slow machine is no fault of the code. In CI the same seeds run each time, so that a failure
# belongs to the change that it came with.
settings.register_profile(
    "alur",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=not MAY_SKIP,
)
settings.load_profile("alur")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs more than Python by the folder it lies in; the default run leaves it out."""
    for item in items:
        if TESTS in item.path.parents:
            folder = item.path.relative_to(TESTS).parts[0]
            if folder in MARKED:
                item.add_marker(folder)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With ALUR_CI=1 a skipped test is a failed one: nothing may be left out unseen."""
    report = yield
    if report.skipped and not MAY_SKIP:
        report.outcome = "failed"
        report.longrepr = f"skipped, which ALUR_CI=1 forbids: {report.longrepr}"
    return report
