"""The platform as processes of its own on real servers, and the world that it acts on."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.chaos.effects import Effects, effects
from tests.support.alur_dev import AlurDev, alur_dev
from tests.support.servers import kafka_servers, running_mongo, s3_url
from tools.servers import mongo_durable

__all__ = ["kafka_servers", "s3_url"]
EXECUTORS = 3


@pytest.fixture(scope="session")
def scale() -> int:
    """How many times the short form: `ALUR_CHAOS_SCALE`."""
    return int(os.environ.get("ALUR_CHAOS_SCALE", "1"))


@pytest.fixture(scope="module")
def mongo_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A store for each module: a stand-in for MongoDB slows down with every write that it has ever taken."""
    yield from running_mongo(tmp_path_factory.mktemp("mongo"), mongo_durable.server)


@pytest.fixture(scope="module")
def servers(kafka_servers: str, mongo_url: str, s3_url: str) -> dict[str, str]:
    """The settings that lead a platform to them."""
    return {
        "ALUR_KAFKA": kafka_servers,
        "ALUR_MONGO": mongo_url,
        "ALUR_BLOBS": s3_url,
        "ALUR_OUTBOUND_ALLOW": "127.0.0.0/8",
        "ALUR_DRAIN_SECONDS": "15",  # for tasks of ten
    }


@pytest.fixture(scope="module")
def platform(
    tmp_path_factory: pytest.TempPathFactory, servers: dict[str, str]
) -> Iterator[AlurDev]:
    """A platform for each module: whatever of it a test kills is started again."""
    flags = ("--distributed", "--executors", str(EXECUTORS))
    with alur_dev(tmp_path_factory.mktemp("platform") / "data", servers, flags) as running:
        yield running


@pytest.fixture
def world(tmp_path: Path, record_property: Callable[[str, object], None]) -> Iterator[Effects]:
    with effects(tmp_path / "effects") as kept:
        yield kept
        for name, value in kept.figures.items():
            record_property(name, value)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures of all tests as a table for the docs."""
    terminalreporter.section("figures")
    for report in terminalreporter.stats.get("", []):
        if report.when == "teardown" and report.user_properties:
            claim = report.nodeid.rpartition("::test_")[2].replace("_", " ")
            figures = ", ".join(f"{name} {value}" for name, value in report.user_properties)
            terminalreporter.write_line(f"| {claim} | {figures} |")
