"""The platform that integration tests speak to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.alur_dev import AlurDev, alur_dev
from tests.support.servers import collector, kafka_servers, mongo_url, s3_url

__all__ = ["collector", "kafka_servers", "mongo_url", "s3_url"]


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AlurDev]:
    """One `alur dev` for all tests that leave it as they found it."""
    with alur_dev(tmp_path_factory.mktemp("platform") / "data") as server:
        yield server
