"""What scales executors: their pods and what they did, and the question that KEDA asks of Kafka."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

import httpx
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from tests.cluster.installing import Installed
from tests.cluster.objects import workflow
from tests.support.cluster import Object
from tools import chart

STARTED = "alur_executor_runs_started_total"
NOTHING_COMMITTED = -1


def executors(installed: Installed) -> dict[str, str]:
    """Return the addresses of the executors' pods by their names, of those that end too."""
    path = f"/api/v1/namespaces/{installed.namespace}/pods"
    asked = {"labelSelector": "app.kubernetes.io/component=executor"}
    found = installed.kubernetes.api.get(path, params=asked).raise_for_status().json()["items"]
    return {one["metadata"]["name"]: one["status"].get("podIP", "") for one in found}


def started_by(address: str) -> float:
    """Return how many executions an executor has begun, 0 while it does not answer."""
    try:
        text = httpx.get(f"http://{address}:9464/metrics").text
    except httpx.TransportError:
        return 0
    rows = (row.rpartition(" ") for row in text.splitlines())
    return sum(float(value) for name, _, value in rows if name.partition("{")[0] == STARTED)


def until(is_met: Callable[[], bool], installed: Installed, within: float = 90) -> None:
    """Return once it is; else tell what autoscalers and pods say."""
    end = time.monotonic() + within
    while not is_met():
        if time.monotonic() > end:
            place = ("-n", installed.namespace)
            told = installed.kubernetes.do("get", "hpa,events", *place)
            raise AssertionError(f"{told}\n{installed.machine.said()}")
        time.sleep(0.2)


class Lag(NamedTuple):
    """What a scaler finds: the records that wait, and those that its group has left behind."""

    waits: int
    done: int


def triggers(component: str) -> list[Mapping[str, str]]:
    """Return the questions of a component's ScaledObject."""
    rendered = chart.rendered("small", "--set", f"{component}.keda.enabled=true")
    kinds = [one for one in chart.objects(rendered) if one["kind"] == "ScaledObject"]
    (scaled,) = (one for one in kinds if one["metadata"]["name"].endswith(component))
    return [one["metadata"] for one in scaled["spec"]["triggers"] if one["type"] == "kafka"]


def lag(servers: str, trigger: Mapping[str, str]) -> Lag:
    """Ask Kafka as KEDA's scaler does: by group and topic, over all partitions."""
    return asyncio.run(_lag(servers, trigger))


async def _lag(servers: str, trigger: Mapping[str, str]) -> Lag:
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    consumer = AIOKafkaConsumer(bootstrap_servers=servers)
    await asyncio.gather(admin.start(), consumer.start())
    try:
        (topic,) = await admin.describe_topics([trigger["topic"]])
        places = [TopicPartition(trigger["topic"], one["partition"]) for one in topic["partitions"]]
        ends = await consumer.end_offsets(places)
        kept = await admin.list_consumer_group_offsets(trigger["consumerGroup"], partitions=places)
    finally:
        await asyncio.gather(admin.close(), consumer.stop())
    done = {at: kept[at].offset if at in kept else NOTHING_COMMITTED for at in places}
    if trigger["offsetResetPolicy"] == "earliest":
        done = {at: max(0, offset) for at, offset in done.items()}
    return Lag(sum(ends[at] - offset for at, offset in done.items()), sum(done.values()))


def heavy(namespace: str) -> Object:
    """Return a workflow that costs an executor a third of a second of its processor."""
    sum_of_many = "{{ Array(60000).fill(7).map((x, i) => x * i).reduce((a, b) => a + b, 0) }}"
    fields = dict.fromkeys("abcdefgh", sum_of_many)
    nodes = [{"name": "work", "type": "core.set", "params": {"fields": fields}}]
    return workflow(namespace, "heavy", nodes=nodes)
