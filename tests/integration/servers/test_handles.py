"""Servers of one test, which it kills, stops and pauses: data outlasts them, and none outlasts the test."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pymongo
import pytest
from pymongo import MongoClient, WriteConcern
from pymongo.errors import PyMongoError

from tests.support.servers import running
from tools.servers import mongo_durable, prometheus, s3
from tools.servers.running import Server, accepts

ROOT = Path(__file__).parents[3]
STARTER = """
import sys, time
from pathlib import Path
from tools.servers import s3
print(s3.server(Path(sys.argv[1])).start().pid, flush=True)
time.sleep(60)
"""


@pytest.fixture
def durable(tmp_path: Path) -> Iterator[Server]:
    yield from running(mongo_durable.server, tmp_path / "mongo")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Server]:
    yield from running(s3.server, tmp_path / "s3")


def _url(server: Server) -> str:
    return f"mongodb://127.0.0.1:{server.port}/?timeoutMS=10000"


def test_what_was_acknowledged_is_there_after_a_kill(durable: Server) -> None:
    acknowledged = 0
    with MongoClient[dict[str, Any]](_url(durable)) as client:
        things = client.smoke.get_collection(
            "things", write_concern=WriteConcern("majority", j=True)
        )
        for acknowledged in range(1, 21):
            things.insert_one({"_id": acknowledged})
    durable.kill()  # after the client is closed, which waits long for a server that is gone
    assert durable.pid is None
    durable.start()
    with MongoClient[dict[str, Any]](_url(durable)) as client:
        assert client.smoke.things.count_documents({}) == acknowledged


def test_a_server_that_is_paused_answers_when_it_goes_on(durable: Server) -> None:
    with MongoClient[dict[str, Any]](_url(durable)) as client:
        durable.pause()
        with pytest.raises(PyMongoError), pymongo.timeout(0.5):
            client.admin.command("ping")
        durable.go_on()
        assert client.admin.command("ping")["ok"] == 1


def test_a_server_that_is_stopped_while_it_is_paused_ends(store: Server) -> None:
    store.pause()
    store.stop()
    assert (store.pid, accepts(store.port)) == (None, False)


def test_a_server_dies_with_who_started_it(tmp_path: Path) -> None:
    command = [sys.executable, "-c", STARTER, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as starter:  # noqa: S603  # our own code
        assert starter.stdout is not None
        pid = int(starter.stdout.readline())
        os.kill(starter.pid, signal.SIGKILL)
    until = time.monotonic() + 10
    while _runs(pid) and time.monotonic() < until:
        time.sleep(0.05)
    assert not _runs(pid)


def test_prometheus_asks_its_targets_and_answers_queries(tmp_path: Path) -> None:
    for server in running(lambda folder: prometheus.server(folder, ["127.0.0.1:9"]), tmp_path):
        assert _query(server, "vector(1)") == ["1"]
        until = time.monotonic() + 10
        while not (found := _query(server, 'up{job="alur"}')) and time.monotonic() < until:
            time.sleep(0.1)
        assert found == ["0"]


def _query(server: Server, query: str) -> list[str]:
    answer = httpx.get(f"http://127.0.0.1:{server.port}/api/v1/query", params={"query": query})
    return [each["value"][1] for each in answer.json()["data"]["result"]]


def _runs(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False
