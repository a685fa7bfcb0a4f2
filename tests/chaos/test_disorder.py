"""Messages come twice, out of order and damaged; members come and go; clocks are wrong; there is more than can be done."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord

from alur_common.kafka.topics import TOPICS
from tests.chaos.effects import Effects
from tests.chaos.work import Load, check, one_more, put, start, workflow
from tests.support.alur_dev import AlurDev, alur_dev

RATE = 10.0
BAD = 40
REPEATED = "chaos-repeated"
HOUR = 3600


def test_more_than_can_be_done_is_refused_and_what_was_accepted_is_done(
    tmp_path: Path, servers: dict[str, str], world: Effects
) -> None:
    small = {"ALUR_EXECUTOR_CONCURRENCY": "2", "ALUR_BACKLOG_SECONDS": "2"}
    flags = ("--distributed", "--executors", "1")
    with alur_dev(tmp_path / "small", {**servers, **small}, flags) as platform:
        path = put(platform, workflow(f"flood-{uuid4().hex[:6]}", world.port))
        with Load(platform, path, 6 * RATE) as load:
            time.sleep(8)
        check(platform, world, load.ids)
        assert set(load.answers) == {202, 429}
        assert start(platform, path)


def test_members_that_come_and_go_lose_nothing(
    platform: AlurDev, world: Effects, scale: int
) -> None:
    path = put(platform, workflow("storm", world.port))
    with Load(platform, path, RATE) as load:
        for _ in range(5 * scale):
            time.sleep(2)
            os.kill(random.choice(platform.pids("executor")), signal.SIGTERM)
    check(platform, world, load.ids)
    assert load.refused == []


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


def test_damaged_messages_go_to_the_dead_letters_and_hold_nothing_up(
    platform: AlurDev, world: Effects, servers: dict[str, str]
) -> None:
    path = put(platform, workflow("poison", world.port))
    before = _dead_letters(platform)
    with Load(platform, path, RATE) as load:
        asyncio.run(_poison(servers["ALUR_KAFKA"]))
        time.sleep(3)
    check(platform, world, load.ids)
    until = time.monotonic() + 60
    while _dead_letters(platform) < before + BAD:
        assert time.monotonic() < until, "damaged messages are not among the dead letters"
        time.sleep(0.5)


def _dead_letters(platform: AlurDev) -> int:
    shown = platform.cli("dlq", "list", "-o", "json")
    assert shown.returncode == 0, shown.stderr
    return sum(topic["letters"] for topic in json.loads(shown.stdout))


async def _poison(broker: str) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=broker)
    await producer.start()
    kinds: list[tuple[bytes | None, list[tuple[str, bytes]]]] = [
        (b"{no json", [("ce_specversion", b"1.0"), ("ce_type", b"x")]),
        (b'{"priority": "high"}', []),
        (None, [("content-type", b"application/cloudevents+json")]),
        (os.urandom(500_000), [("ce_specversion", b"0.3")]),
    ]
    topics = ("alur.execution.run.requested.v1", "alur.execution.run.admitted.v1")
    for number in range(BAD):
        value, headers = kinds[number % len(kinds)]
        key = uuid4().hex.encode()
        await producer.send_and_wait(topics[number % 2], value, key=key, headers=headers)
    await producer.stop()


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
