"""The platform as processes of its own, and Kafka as whoever uses it from outside has it."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from tests.support.alur_dev import AlurDev, alur_dev

Headers = Sequence[tuple[str, bytes]]
PROJECT = "/api/v1/projects/default"


@dataclass
class Outside:
    """A client of Kafka outside of Alur, with the options of aiokafka by which it connects."""

    servers: str
    options: dict[str, Any] = field(default_factory=dict)

    def make(self, topic: str, partitions: int = 2) -> str:
        async def make() -> None:
            admin = AIOKafkaAdminClient(bootstrap_servers=self.servers, **self.options)
            await admin.start()
            await admin.create_topics([NewTopic(topic, partitions, 1)])
            await admin.close()

        asyncio.run(make())
        return topic

    def send(
        self,
        topic: str,
        *values: bytes | None,
        headers: Headers = (),
        key: bytes | None = None,
        partition: int | None = None,
    ) -> None:
        async def send() -> None:
            producer = AIOKafkaProducer(bootstrap_servers=self.servers, **self.options)
            await producer.start()
            for value in values:
                await producer.send_and_wait(
                    topic, value, key=key, headers=list(headers), partition=partition
                )
            await producer.stop()

        asyncio.run(send())

    def read(
        self, topic: str, within: float = 0.0, at_least: int = 0, partitions: int = 1
    ) -> list[Any]:
        """Return all records of a topic, once there are so many."""

        async def read() -> list[Any]:
            consumer = AIOKafkaConsumer(
                bootstrap_servers=self.servers, enable_auto_commit=False, **self.options
            )
            await consumer.start()
            try:
                places = [TopicPartition(topic, number) for number in range(partitions)]
                consumer.assign(places)
                await consumer.seek_to_beginning(*places)
                found: list[Any] = []
                until = time.monotonic() + within
                while True:
                    ends = await consumer.end_offsets(places)
                    while any([await consumer.position(p) < ends[p] for p in places]):
                        for records in (await consumer.getmany(timeout_ms=100)).values():
                            found += records
                    if len(found) >= at_least or time.monotonic() > until:
                        return found
                    await asyncio.sleep(0.1)
            finally:
                await consumer.stop()

        return asyncio.run(read())


@pytest.fixture(scope="session")
def outside(kafka_servers: str) -> Outside:
    return Outside(kafka_servers)


@pytest.fixture(scope="session")
def distributed(
    tmp_path_factory: pytest.TempPathFactory, kafka_servers: str, mongo_url: str
) -> Iterator[AlurDev]:
    """Services as processes of their own, which trust no unsigned event."""
    folder = tmp_path_factory.mktemp("distributed")
    environment = {
        "ALUR_KAFKA": kafka_servers,
        "ALUR_MONGO": mongo_url.rpartition("/")[0] + "/topics",
        "ALUR_BLOBS": str(folder / "blobs"),
        "ALUR_EVENTS_TRUST": "signature",
        "ALUR_OUTBOUND_ALLOW": "127.0.0.0/8",
    }
    with alur_dev(folder / "data", environment, ("--distributed", "--executors", "1")) as server:
        yield server


def workflow(name: str, trigger: dict[str, Any], *nodes: dict[str, Any]) -> dict[str, Any]:
    """Return a workflow whose trigger leads to these nodes, one after the other."""
    steps = nodes or ({"name": "end", "type": "core.noop", "params": {}},)
    names = ["start", *(node["name"] for node in steps)]
    edges = [{"from": a, "to": b} for a, b in itertools.pairwise(names)]
    triggers = [{"name": "start", **trigger}]
    return {
        "apiVersion": "alur.dev/v1alpha1",
        "kind": "Workflow",
        "metadata": {"name": name},
        "spec": {"triggers": triggers, "nodes": list(steps), "edges": edges},
    }


def put(platform: AlurDev, document: dict[str, Any]) -> dict[str, Any]:
    path = f"{PROJECT}/workflows/{document['metadata']['name']}"
    known = platform.rest.get(path)
    match = {"if-match": known.headers["etag"]} if known.status_code == 200 else {}
    answer = platform.rest.put(path, json=document, headers=match)
    assert answer.status_code in (200, 201), answer.text
    shown: dict[str, Any] = answer.json()
    return shown


def status_of(platform: AlurDev, name: str) -> dict[str, Any]:
    """Return the status of the first trigger."""
    shown = platform.rest.get(f"{PROJECT}/workflows/{name}").json()
    trigger: dict[str, Any] = shown["status"]["triggers"][0]
    return trigger


def until(
    claim: Callable[[], Any], within: float = 20.0, told: Callable[[], object] = lambda: ""
) -> Any:  # noqa: ANN401  # whatever the claim returns
    """Return what is claimed once it is true."""
    deadline = time.monotonic() + within
    while not (found := claim()):
        assert time.monotonic() < deadline, told()
        time.sleep(0.1)
    return found


def executions(platform: AlurDev, name: str) -> list[dict[str, Any]]:
    """Return all executions of a workflow."""
    found: list[dict[str, Any]] = []
    query = {"workflow": name, "limit": "200"}
    while True:
        page = platform.rest.get(f"{PROJECT}/executions", params=query).json()
        found += page["items"]
        if not page.get("nextCursor"):
            return found
        query["cursor"] = page["nextCursor"]


def ended(platform: AlurDev, name: str, count: int, within: float = 20.0) -> list[dict[str, Any]]:
    """Return the executions of a workflow once so many have ended, and no more are there."""

    def all_ended() -> list[dict[str, Any]]:
        found = executions(platform, name)
        done = [e for e in found if e["status"] in ("succeeded", "failed")]
        return found if len(done) == len(found) >= count else []

    found = until(all_ended, within, lambda: executions(platform, name))
    assert len(found) == count, found
    return list(found)


def outputs(platform: AlurDev, name: str, count: int) -> list[dict[str, Any]]:
    """Return the output items of all executions, once so many have ended."""
    items: list[dict[str, Any]] = []
    for one in ended(platform, name, count):
        shown = platform.rest.get(f"{PROJECT}/executions/{one['id']}").json()
        assert shown["status"] == "succeeded", shown
        items += shown["output"]
    return items


def log_of(path: Path) -> str:
    return path.read_text(errors="replace")
