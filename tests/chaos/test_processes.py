"""Processes are killed and stand still, on real servers: nothing is lost, and nothing is done twice under two keys."""

from __future__ import annotations

import itertools
import os
import random
import signal
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from pymongo import MongoClient

from tests.chaos.effects import Effects
from tests.chaos.work import (
    check,
    end_ticking,
    pid_of,
    put,
    start,
    ticking,
    ticks,
    workflow,
)
from tests.support.alur_dev import AlurDev

EXECUTIONS = 60
KILLS = 4


def test_executors_that_are_killed_lose_nothing(
    platform: AlurDev, world: Effects, scale: int
) -> None:
    path = put(platform, workflow("killed", world.port))
    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(lambda _: start(platform, path), range(EXECUTIONS * scale)))
    slowest = 0.0
    for _ in range(KILLS * scale):
        time.sleep(0.5)
        os.kill(random.choice(platform.pids("executor")), signal.SIGKILL)
        slowest = max(slowest, _seconds_to_next(world))
    check(platform, world, ids)
    world.figures |= {"kills": KILLS * scale, "seconds to the next effect": round(slowest, 1)}
    assert slowest < 6


def _seconds_to_next(world: Effects) -> float:
    """Return how long it takes until something is done again, or 0 when everything has been."""
    begun, before = time.monotonic(), len(world.all())
    while len(world.all()) == before and time.monotonic() - begun < 10:
        time.sleep(0.05)
    waited = time.monotonic() - begun
    return waited if waited < 10 else 0.0


def _busiest(platform: AlurDev, mongo: str) -> list[int]:
    """Return the two executors that have the most executions; the third may have nothing to do."""
    with MongoClient[dict[str, str]](mongo) as client:
        running = client.get_default_database()["executions"].find({"status": "running"})
        owners = Counter(execution["owner"] for execution in running)
    pids = [pid_of(platform, "executor", owner) for owner, _ in owners.most_common(2)]
    return [pid for pid in pids if pid is not None]


def _refusals(platform: AlurDev) -> int:
    return platform.log.read_text().count("execution belongs to another")


def test_executors_that_stood_still_are_refused_and_say_so(
    platform: AlurDev, world: Effects, servers: dict[str, str]
) -> None:
    world.pause = 1.0
    path = put(platform, workflow("still", world.port))
    before = _refusals(platform)
    ids = [start(platform, path) for _ in range(30)]
    _seconds_to_next(world)
    stopped = _busiest(platform, servers["ALUR_MONGO"])
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    time.sleep(10)
    for pid in stopped:
        os.kill(pid, signal.SIGCONT)
    check(platform, world, ids)
    until = time.monotonic() + 30
    while not (refusals := _refusals(platform) - before):
        assert time.monotonic() < until, "those that stood still never said that they were refused"
        time.sleep(0.1)
    world.figures["writes of stale owners refused"] = refusals


def test_a_gateway_that_is_killed_loses_nothing_that_it_acknowledged(
    platform: AlurDev, world: Effects
) -> None:
    path = put(platform, workflow("gateway", world.port))
    ids = [start(platform, path) for _ in range(20)]
    os.kill(platform.pids("gateway")[0], signal.SIGKILL)
    time.sleep(0.2)
    platform._wait_until_ready()
    ids += [start(platform, path) for _ in range(5)]
    check(platform, world, ids)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_schedule_fires_once_for_each_due_time_while_its_scheduler_dies(
    platform: AlurDev, world: Effects, number: signal.Signals
) -> None:
    name = f"ticks-{number.name.lower()}"
    path = put(platform, ticking(name, world.port))
    killed_at = 0.0
    for _ in range(3):
        time.sleep(3)
        os.kill(platform.pids("scheduler")[0], number)
        killed_at = time.time()
    time.sleep(6)
    end_ticking(platform, [path])
    dues = [tick.due for tick in ticks(world)[name]]
    assert len(dues) == len(set(dues)) >= 9
    assert dues[-1] > killed_at
    gaps = {round(b - a) for a, b in itertools.pairwise(dues)}
    assert gaps <= {1, 2, 3}  # what fell due while nobody was there is made up for by the last one
    world.figures["longest gap in seconds"] = max(gaps)
