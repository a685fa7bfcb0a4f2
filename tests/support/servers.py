"""Real servers for tests, one of each a run, or those that the environment names."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.servers import kafka, mongo, s3
from tools.servers.running import Server


def running(server: Server) -> Iterator[Server]:
    """Start a server for the length of a fixture."""
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def mongo_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a MongoDB, or of a server that speaks its protocol."""
    given = os.environ.get("ALUR_TEST_MONGO_URL")
    if given:
        yield given
        return
    for server in running(mongo.server(tmp_path_factory.mktemp("mongo"))):
        yield f"mongodb://127.0.0.1:{server.port}/alur"


@pytest.fixture(scope="session")
def kafka_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Bootstrap servers of a Kafka."""
    given = os.environ.get("ALUR_TEST_KAFKA")
    if given:
        yield given
        return
    for server in running(kafka.server(tmp_path_factory.mktemp("kafka"))):
        yield f"127.0.0.1:{server.port}"


@pytest.fixture(scope="session")
def s3_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An `s3://bucket/prefix`; the `AWS_*` variables by which it is reached are set meanwhile."""
    given = os.environ.get("ALUR_TEST_S3_URL")
    if given:
        yield given
        return
    for server in running(s3.server(Path(tmp_path_factory.mktemp("s3")))):
        with pytest.MonkeyPatch.context() as patch:
            for name, value in s3.environment(server.port).items():
                patch.setenv(name, value)
            yield f"s3://{s3.BUCKET}/tests"
