"""Real servers for tests, one of each a run, or those that the environment names."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tools.servers import collector as otel_collector
from tools.servers import kafka, mongo, s3
from tools.servers.cache import MissingError
from tools.servers.running import Server


def running(make: Callable[[Path], Server], folder: Path) -> Iterator[Server]:
    """Start a server for the length of a fixture. What cannot be had is skipped, which CI makes a failure."""
    try:
        server = make(folder)
    except MissingError as error:
        pytest.skip(f"needs a server that `make servers` gets: {error}")
    server.start()
    yield server
    server.stop()


def running_mongo(folder: Path, make: Callable[[Path], Server] = mongo.server) -> Iterator[str]:
    """Yield the URL of a MongoDB, or of a server that speaks its protocol, for the length of a fixture."""
    given = os.environ.get("ALUR_TEST_MONGO_URL")
    if given:
        yield given
        return
    for server in running(make, folder):
        yield f"mongodb://127.0.0.1:{server.port}/alur"


@pytest.fixture(scope="session")
def mongo_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a MongoDB, or of a server that speaks its protocol."""
    yield from running_mongo(tmp_path_factory.mktemp("mongo"))


@pytest.fixture(scope="session")
def kafka_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Bootstrap servers of a Kafka."""
    given = os.environ.get("ALUR_TEST_KAFKA")
    if given:
        yield given
        return
    for server in running(kafka.server, tmp_path_factory.mktemp("kafka")):
        yield f"127.0.0.1:{server.port}"


@pytest.fixture(scope="session")
def s3_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An `s3://bucket/prefix`; the `AWS_*` variables by which it is reached are set meanwhile."""
    given = os.environ.get("ALUR_TEST_S3_URL")
    if given:
        yield given
        return
    for server in running(s3.server, tmp_path_factory.mktemp("s3")):
        with pytest.MonkeyPatch.context() as patch:
            for name, value in s3.environment(server.port).items():
                patch.setenv(name, value)
            yield f"s3://{s3.BUCKET}/tests"


@dataclass(frozen=True)
class Collector:
    """Where telemetry is sent, by OTLP over gRPC, and the file in which it arrives, a request as JSON a line."""

    endpoint: str
    output: Path

    def lines(self) -> list[str]:
        """Return what has arrived so far; the last line may still be under way and is left out."""
        said = self.output.read_text() if self.output.exists() else ""
        return said[: said.rfind("\n") + 1].splitlines()

    def wait_for(self, text: str, within: float = 20) -> list[dict[str, Any]]:
        """Return the requests that hold this text once there are any."""
        deadline = time.monotonic() + within
        while True:
            if found := [json.loads(line) for line in self.lines() if text in line]:
                return found
            assert time.monotonic() < deadline, f"{text} did not arrive"
            time.sleep(0.05)


@pytest.fixture(scope="session")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collector]:
    """An OpenTelemetry Collector. Its output is that of all tests, so look for what is yours."""
    folder = tmp_path_factory.mktemp("collector")
    for server in running(otel_collector.server, folder):
        yield Collector(f"http://127.0.0.1:{server.port}", otel_collector.output(folder))
