"""Messages come twice, out of order and damaged; members come and go; clocks are wrong."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import random
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord
from aiokafka.errors import MessageSizeTooLargeError

from alur_common.blobs import INLINE_BYTES
from alur_common.blobs_open import open_blobs
from alur_common.events import ExecutionAdmitted, ExecutionRequested, ExternalReceived
from alur_common.kafka.dead_letters import dead_letter_topics, read_letters
from alur_common.kafka.topics import TOPICS, dead_letter_topic
from tests.chaos.effects import Effects
from tests.chaos.work import (
    PROJECT,
    STEPS,
    Load,
    check,
    ends,
    one_more,
    put,
    start,
    workflow,
)
from tests.support.alur_dev import AlurDev

RATE = 10.0
BAD = 42
BURIED_SECONDS = 60.0
HUGE = 20 * 2**20
MOST_REPEATED = 0.02
REPEATED = "chaos-repeated"
HOUR = 3600


@dataclass(frozen=True)
class Storm:
    """How long a task takes, how often and how many times an executor is told to stop, how much comes meanwhile."""

    task_seconds: float
    pause_seconds: float
    stops: int
    per_second: float


STORM = Storm(1, 2, 5, RATE)
FULL_STORM = Storm(10, 5, 24, 16.7)


def test_members_that_come_and_go_lose_nothing_and_cut_off_no_long_task(
    platform: AlurDev, world: Effects, scale: int
) -> None:
    storm = STORM if scale == 1 else FULL_STORM
    world.pause = storm.task_seconds
    before, told = len(ends(platform)), set[int]()
    path = put(platform, workflow("storm", world.port))
    with Load(platform, path, storm.per_second) as load:
        for _ in range(storm.stops):
            time.sleep(storm.pause_seconds)
            told.add(_told_to_stop(platform, told))
    repeated = check(platform, world, load.ids)
    assert load.refused == []
    assert repeated <= len(load.ids) * STEPS * MOST_REPEATED
    _wait_until(lambda: len(ends(platform)) >= before + len(told), "those told to stop do not")
    assert len(ends(platform)) == before + len(told), "some ended by themselves"
    # Who was told while it still started has died of the signal, before it took anything.
    assert set(ends(platform)[before:]) <= {0, -signal.SIGTERM}


def _told_to_stop(platform: AlurDev, told: set[int]) -> int:
    """Tell an executor to stop that was not told before; return which."""
    _wait_until(lambda: bool({*platform.pids("executor")} - told), "no executor is left to stop")
    pid = random.choice([*{*platform.pids("executor")} - told])
    os.kill(pid, signal.SIGTERM)
    return pid


def _wait_until(holds: Callable[[], bool], otherwise: str) -> None:
    until = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < until, otherwise
        time.sleep(0.1)


def test_messages_that_come_again_and_out_of_order_change_nothing(
    platform: AlurDev, world: Effects, scale: int, servers: dict[str, str]
) -> None:
    path = put(platform, workflow("again", world.port))
    ids: list[str] = []
    asyncio.run(_work_while_repeating(platform, path, servers["ALUR_KAFKA"], 8 * scale, ids))
    assert check(platform, world, ids) == 0


async def _work_while_repeating(
    platform: AlurDev, path: str, broker: str, seconds: float, ids: list[str]
) -> None:
    async with Repeater(broker):
        load = Load(platform, path, RATE)
        with load:
            await asyncio.sleep(seconds)
        await asyncio.sleep(2)
    ids += load.ids


class Repeater:
    """Send each record one to four times more, to any partition, in any order."""

    def __init__(self, broker: str) -> None:
        topics = [topic.name for topic in TOPICS if "execution" in topic.name]
        self._consumer = AIOKafkaConsumer(*topics, bootstrap_servers=broker)
        self._producer = AIOKafkaProducer(bootstrap_servers=broker)
        self._tasks: list[asyncio.Task[Any]] = []

    async def __aenter__(self) -> None:
        await self._consumer.start()
        await self._producer.start()
        self._tasks.append(asyncio.create_task(self._go_on()))

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._consumer.stop()
        await self._producer.stop()

    async def _go_on(self) -> None:
        async for record in self._consumer:
            if REPEATED not in dict(record.headers):
                for _ in range(random.randint(1, 4)):
                    self._tasks.append(asyncio.create_task(self._send(record)))

    async def _send(self, record: ConsumerRecord[Any, Any]) -> None:
        await asyncio.sleep(random.random() * 2)
        partitions = sorted(await self._producer.partitions_for(record.topic))
        await self._producer.send_and_wait(
            record.topic,
            record.value,
            key=record.key,
            partition=random.choice(partitions),
            headers=[*record.headers, (REPEATED, b"1")],
        )


def test_a_key_that_comes_fifty_times_at_once_starts_one_execution(
    platform: AlurDev, world: Effects
) -> None:
    path = put(platform, workflow("key", world.port))
    headers = {"idempotency-key": uuid4().hex}

    def post(_: int) -> str:
        answer = platform.rest.post(f"{path}/executions", json={"input": [{}]}, headers=headers)
        assert answer.status_code in (200, 202), answer.text
        return str(answer.json()["id"])

    with ThreadPoolExecutor(16) as pool:
        ids = set(pool.map(post, range(50)))
    assert len(ids) == 1
    check(platform, world, list(ids))


def test_damaged_messages_go_to_the_dead_letters_each_with_its_reason_and_hold_nothing_up(
    platform: AlurDev, world: Effects, servers: dict[str, str], scale: int
) -> None:
    path = put(platform, workflow("poison", world.port))
    marks: dict[str, str] = {}
    with Load(platform, path, RATE) as load:
        asyncio.run(_poison(servers["ALUR_KAFKA"], marks, BAD * scale))
        begun = time.monotonic()
        while missing := _unburied(servers["ALUR_KAFKA"], marks):
            assert time.monotonic() - begun < BURIED_SECONDS, f"no dead letters: {missing}"
            time.sleep(0.5)
    check(platform, world, load.ids)
    world.figures["damaged messages, all dead letters with their reason"] = len(marks)


def _unburied(broker: str, marks: dict[str, str]) -> dict[str, str]:
    """Return what of key -> reason is no dead letter, or one for another reason."""
    letters = {
        letter.key: letter.why["error-message"]
        for topic in dead_letter_topics()
        for letter in asyncio.run(read_letters(broker, topic, 100_000))
    }
    return {k: letters.get(k, "") for k, why in marks.items() if why not in letters.get(k, "")}


def _damaged() -> list[tuple[str, bytes | None, dict[str, str], str]]:
    """Return topic, value, headers and why each is refused."""
    requested, admitted = ExecutionRequested.topic, ExecutionAdmitted.topic
    good = {"ce_specversion": "1.0", "ce_id": "x", "ce_alurtenant": "default"}
    outside = {**good, "ce_source": "/shop", "ce_type": "order"}
    lost = {"alur-blob": f"{'0' * 64}:500000"}
    return [
        (requested, b"{no json", {**good, "ce_type": f"dev.{requested}"}, "is no Execution"),
        (admitted, b'{"priority": "high"}', {**good, "ce_type": f"dev.{admitted}"}, "is a str"),
        (admitted, b"{}", {**good, "ce_type": "dev.unknown.v9"}, "the type"),
        (requested, os.urandom(500_000), {"ce_specversion": "0.3"}, "no CloudEvent of version"),
        (requested, None, {"content-type": "application/cloudevents+json"}, "is no Execution"),
        (ExternalReceived.topic, b"{}", {**outside, "ce_alurtenant": "another"}, "a tenant that"),
        (ExternalReceived.topic, b"", {**outside, **lost}, "is not there"),
    ]


async def _poison(broker: str, marks: dict[str, str], count: int) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=broker, max_request_size=2 * HUGE)
    await producer.start()
    kinds = _damaged()
    for number in range(count):
        topic, value, named, why = kinds[number % len(kinds)]
        key = uuid4().hex
        marks[key] = why
        headers = [(name, text.encode()) for name, text in named.items()]
        await producer.send_and_wait(topic, value, key=key.encode(), headers=headers)
    with pytest.raises(MessageSizeTooLargeError):
        await producer.send_and_wait(ExecutionRequested.topic, b"x" * HUGE)
    await producer.stop()


def test_a_dead_letter_whose_cause_is_mended_has_its_effect_when_it_is_sent_again(
    platform: AlurDev, servers: dict[str, str]
) -> None:
    name, content = "mended", json.dumps({"n": "x" * INLINE_BYTES}).encode()
    put(platform, listening(name))
    reference = f"{hashlib.sha256(content).hexdigest()}:{len(content)}"
    key = asyncio.run(_send_reference(servers["ALUR_KAFKA"], name, reference))
    broker, topic = servers["ALUR_KAFKA"], dead_letter_topic(ExternalReceived.topic, "scheduler")
    _wait_until(lambda: not _unburied(broker, {key: "is not there"}), "it is no dead letter")
    asyncio.run(open_blobs(servers["ALUR_BLOBS"]).put(content))
    tried = platform.cli("dlq", "replay", topic)
    assert f"{key} would be sent to {ExternalReceived.topic}" in tried.stdout, tried.stderr
    sent = platform.cli("dlq", "replay", topic, "--yes")
    assert sent.returncode == 0, sent.stderr
    ended = f"{PROJECT}/executions?workflow={name}&status=succeeded"
    _wait_until(lambda: len(platform.rest.get(ended).json()["items"]) == 1, "nothing was started")


def listening(name: str) -> dict[str, Any]:
    """Return a workflow that events of a type of its own start."""
    trigger = {"name": "on", "type": "trigger.event", "params": {"type": name}}
    return {
        "apiVersion": "alur.dev/v1alpha1",
        "kind": "Workflow",
        "metadata": {"name": name},
        "spec": {
            "triggers": [trigger],
            "nodes": [{"name": "done", "type": "core.noop"}],
            "edges": [{"from": "on", "to": "done"}],
        },
    }


async def _send_reference(broker: str, kind: str, reference: str) -> str:
    """Send an event from outside that refers to its content; return its key."""
    key, producer = uuid4().hex, AIOKafkaProducer(bootstrap_servers=broker)
    named = {"ce_specversion": "1.0", "ce_id": key, "ce_source": "/shop", "ce_type": kind}
    named |= {"content-type": "application/json", "alur-blob": reference}
    headers = [(name, text.encode()) for name, text in named.items()]
    await producer.start()
    await producer.send_and_wait(ExternalReceived.topic, b"", key=key.encode(), headers=headers)
    await producer.stop()
    return key


@pytest.mark.parametrize("offset", [HOUR, -HOUR])
def test_a_worker_whose_clock_is_wrong_loses_nothing_when_it_dies(
    platform: AlurDev, world: Effects, offset: int
) -> None:
    world.pause = 0.5
    path = put(platform, workflow("clock", world.port))
    worker = f"wrong-clock{offset}"
    own = {
        "ALUR_WORKER": worker,
        "PYTHONPATH": str(Path(__file__).with_name("wrong_clock")),
        "CLOCK_OFFSET": str(offset),
    }
    with one_more(platform, "executor", own) as process:
        _wait_until_said(platform, f"{worker}-")
        ids = [start(platform, path) for _ in range(30)]
        time.sleep(1)
        process.kill()
        check(platform, world, ids)


def _wait_until_said(platform: AlurDev, text: str) -> None:
    until = time.monotonic() + 30
    while text not in platform.log.read_text():
        assert time.monotonic() < until, f"nobody said {text}"
        time.sleep(0.1)
