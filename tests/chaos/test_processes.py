"""Processes are killed and stand still, on real servers: nothing is lost, and nothing is done twice under two keys."""

from __future__ import annotations

import itertools
import os
import random
import signal
import time
from collections import Counter

import pytest

from tests.chaos.effects import Effects
from tests.chaos.ledger import ledger
from tests.chaos.work import (
    Load,
    check,
    end_ticking,
    pid_of,
    put,
    settings_of,
    start,
    ticking,
    ticks,
    workflow,
)
from tests.support.alur_dev import AlurDev

RATE = 6.0
KILLS = 3
TAKEN_OVER_SECONDS = 6.0
BETWEEN_SECONDS = 7.0


def test_executors_that_are_killed_lose_nothing_and_others_take_over_in_time(
    platform: AlurDev, world: Effects, servers: dict[str, str], scale: int
) -> None:
    world.pause = 1.0  # so that thirty are under way
    path = put(platform, workflow("killed", world.port))
    killed: list[tuple[float, set[str]]] = []
    with ledger(servers["ALUR_MONGO"]) as kept, Load(platform, path, RATE) as load:
        for _ in range(KILLS * scale):
            time.sleep(BETWEEN_SECONDS)
            pid = random.choice(platform.pids("executor"))
            worker = settings_of(pid)["ALUR_WORKER"]
            at = time.time()
            os.kill(pid, signal.SIGKILL)
            killed.append((at, set(kept.owned_by(worker))))
        time.sleep(BETWEEN_SECONDS)
    repeated = check(platform, world, load.ids)
    orphaned = sum(len(orphans) for _, orphans in killed)
    waits = [_seconds_to_go_on(world, at, orphans) for at, orphans in killed]
    first, last = max(wait[0] for wait in waits), max(wait[-1] for wait in waits)
    world.figures |= {"kills": KILLS * scale, "executions of the killed": orphaned}
    world.figures |= {"seconds until the first of them went on": round(first, 1)}
    world.figures |= {"until the last": round(last, 1)}
    assert load.refused == []
    assert repeated <= orphaned, "more than what was under way was asked for again"
    assert last < TAKEN_OVER_SECONDS
    assert orphaned > KILLS * scale, "those that were killed had hardly anything to do"


def _seconds_to_go_on(world: Effects, killed: float, orphans: set[str]) -> list[float]:
    """Return in order how long it took until each of these executions asked the world for something again."""
    first: dict[str, float] = {}
    for seen in world.all():
        execution = seen["effect"].partition("/")[0]
        if execution in orphans and seen["at"] > killed:
            first.setdefault(execution, seen["at"] - killed)
    return sorted(first.values()) or [0.0]


def _wait_until_something_is_done(world: Effects) -> None:
    until = time.monotonic() + 10
    while not world.all():
        assert time.monotonic() < until, "nothing is done"
        time.sleep(0.05)


def _busiest(platform: AlurDev, mongo: str) -> list[int]:
    """Return the two executors that have the most executions; the third may have nothing to do."""
    with ledger(mongo) as kept:
        owners = Counter(owner for owner, _ in kept.running().values())
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
    _wait_until_something_is_done(world)
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
        begun = len(platform.said("scheduler ready"))
        os.kill(platform.pids("scheduler")[0], number)
        killed_at = time.time()
        # One that does not live yet has nothing to lose.
        while len(platform.said("scheduler ready")) == begun:
            assert time.time() < killed_at + 30, "no scheduler has begun anew"
            time.sleep(0.1)
    time.sleep(6)
    end_ticking(platform, [path])
    dues = [tick.due for tick in ticks(world)[name]]
    assert len(dues) == len(set(dues)) >= 9
    assert dues[-1] > killed_at
    gaps = {round(b - a) for a, b in itertools.pairwise(dues)}
    assert gaps <= {1, 2, 3}  # what fell due while nobody was there is made up for by the last one
    world.figures["longest gap in seconds"] = max(gaps)
