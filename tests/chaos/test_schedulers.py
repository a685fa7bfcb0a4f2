"""Three schedulers share a thousand due times while the one that decides is killed and stands still."""

from __future__ import annotations

import itertools
import os
import signal
import time
from collections.abc import Callable, Iterator

import pytest
from pymongo import MongoClient

from alur_scheduler.domain.partitions import slot_of
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
from tests.support.alur_dev import AlurDev, alur_dev

SCHEDULES = 10
EXECUTIONS = 20
KILLS, STOPS = 2, 1
FAIL_OVER_SECONDS = 10.0
PARTITIONS = 16


@pytest.fixture(scope="module")
def platform(
    tmp_path_factory: pytest.TempPathFactory, servers: dict[str, str]
) -> Iterator[AlurDev]:
    flags = ("--distributed", "--schedulers", "3")
    with alur_dev(tmp_path_factory.mktemp("platform") / "data", servers, flags) as running:
        yield running
        running.stop()  # so that nobody waits for the dead


class Owners:
    """Which process decides about a workflow, as the store says."""

    def __init__(self, platform: AlurDev, mongo: str) -> None:
        self._platform = platform
        self._mongo = mongo
        self._killed: set[str] = set()

    def kill(self, path: str) -> None:
        """Kill the one that decides about a workflow."""
        holder, pid = self._found(path)
        self._killed.add(holder)
        os.kill(pid, signal.SIGKILL)

    def pid(self, path: str) -> int:
        """Return the process that holds the partition of a workflow, once one does that lives."""
        return self._found(path)[1]

    def _found(self, path: str) -> tuple[str, int]:
        uid = self._platform.rest.get(path).json()["metadata"]["uid"]
        where = {"_id": f"{PARTITIONS:03}/{slot_of(uid) % PARTITIONS:03}"}
        until = time.monotonic() + FAIL_OVER_SECONDS
        with MongoClient[dict[str, str]](self._mongo) as client:
            partitions = client.get_default_database()["partitions"]
            while time.monotonic() < until:
                found = partitions.find_one(where)
                holder = found["holder"] if found else ""
                pid = pid_of(self._platform, "scheduler", holder)
                if pid and holder not in self._killed:
                    return holder, pid
                time.sleep(0.1)
        raise AssertionError(f"nobody holds the partition of {path}")


def _refusals(platform: AlurDev) -> int:
    return platform.log.read_text().count(" refused: another scheduler ")


def _stand_still(platform: AlurDev, owners: Owners, path: str, seconds: float) -> int:
    """Stop a scheduler as it begins to fire, until another has taken over; return how often it was refused after that."""
    pid, before = owners.pid(path), _refusals(platform)
    time.sleep(1.01 - time.time() % 1)
    os.kill(pid, signal.SIGSTOP)
    time.sleep(seconds)
    _wait_until(lambda: owners.pid(path) != pid, "nobody took over from the one that stood still")
    os.kill(pid, signal.SIGCONT)
    _wait_until(lambda: _refusals(platform) > before, "it never said that it was refused")
    return _refusals(platform) - before


def _wait_until(holds: Callable[[], bool], otherwise: str) -> None:
    until = time.monotonic() + FAIL_OVER_SECONDS
    while not holds():
        assert time.monotonic() < until, otherwise
        time.sleep(0.1)


def test_no_due_time_is_missed_or_repeated_while_the_scheduler_that_decides_dies_or_stands_still(
    platform: AlurDev,
    world: Effects,
    servers: dict[str, str],
    scale: int,
) -> None:
    world.pause = 0.0
    names = [f"shared-{n}" for n in range(SCHEDULES * scale)]
    paths = [put(platform, ticking(name, world.port)) for name in names]
    owners = Owners(platform, servers["ALUR_MONGO"])
    time.sleep(3)
    for number in range(KILLS + KILLS * (scale - 1) // 2):
        owners.kill(paths[number])
        time.sleep(5)
    refusals = []
    for number in range(STOPS + STOPS * (scale - 1) // 2):
        stopped = 8 if scale == 1 else 20
        refusals.append(_stand_still(platform, owners, paths[number], stopped))
        time.sleep(4)
    end_ticking(platform, paths)
    fired = ticks(world)
    late = [tick.fired - tick.due for name in names for tick in fired[name]]
    world.figures |= {"due times": len(late), "latest by seconds": round(max(late), 1)}
    world.figures |= {"writes of stale owners refused": sum(refusals)}
    for name in names:
        gaps = {round(b.due - a.due, 3) for a, b in itertools.pairwise(fired[name])}
        assert gaps == {1.0}, f"{name}: 0 is a due time twice, more than 1 a missed one"
    assert max(late) < FAIL_OVER_SECONDS


def test_a_limit_holds_while_the_scheduler_that_decides_dies(
    platform: AlurDev, world: Effects, servers: dict[str, str]
) -> None:
    limited = workflow("limited", world.port, settings={"concurrency": {"limit": 1}})
    path = put(platform, limited)
    ids = [start(platform, path) for _ in range(EXECUTIONS)]
    time.sleep(2)
    Owners(platform, servers["ALUR_MONGO"]).kill(path)
    check(platform, world, ids)
    turns = [
        key for key, _ in itertools.groupby(e["effect"].partition("/")[0] for e in world.all())
    ]
    assert sorted(turns) == sorted(ids), "an execution began before the one before it had ended"
