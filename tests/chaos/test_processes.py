"""Processes are killed and stand still, on real servers: nothing is lost, and nothing is done twice under two keys."""

from __future__ import annotations

import itertools
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest

from tests.chaos.effects import Effects
from tests.support.alur_dev import AlurDev

STEPS = 5
EXECUTIONS = 60
KILLS = 4
WITHIN = 120.0
FAIL_OVER_SECONDS = 20
"""Twice what is promised: this machine does much beside."""
PROJECT = "/api/v1/projects/default"


def _workflow(name: str, port: int, **spec: Any) -> dict[str, Any]:
    names = [f"s{n}" for n in range(STEPS)]
    nodes = [
        {
            "name": step,
            "type": "http.request",
            "params": {
                "method": "POST",
                "url": f"http://127.0.0.1:{port}/",
                "body": {"effect": f"{{{{ $execution.id }}}}/{step}"},
            },
        }
        for step in names
    ]
    edges = [{"from": a, "to": b} for a, b in itertools.pairwise(names)]
    edges += [{"from": t["name"], "to": names[0]} for t in spec.get("triggers", ())]
    return {
        "apiVersion": "alur.dev/v1alpha1",
        "kind": "Workflow",
        "metadata": {"name": name},
        "spec": {"nodes": nodes, "edges": edges, **spec},
    }


def _put(platform: AlurDev, workflow: dict[str, Any]) -> str:
    name = workflow["metadata"]["name"]
    path = f"{PROJECT}/workflows/{name}"
    known = platform.rest.get(path)
    match = {"if-match": known.headers["etag"]} if known.status_code == 200 else {}
    answer = platform.rest.put(path, json=workflow, headers=match)
    assert answer.status_code in (200, 201), answer.text
    return path


def _start(platform: AlurDev, path: str) -> str:
    answer = platform.rest.post(f"{path}/executions", json={"input": [{}]})
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def _check(platform: AlurDev, world: Effects, ids: list[str]) -> int:
    """Demand that all ended well and each effect has one key; return how many requests were repeated."""
    ended = Counter(
        platform.wait_for(i, "succeeded", "failed", "cancelled", "in-doubt", within=WITHIN)[
            "status"
        ]
        for i in ids
    )
    assert ended == {"succeeded": len(ids)}
    keys = world.keys()
    assert set(keys) == {f"{i}/s{n}" for i in ids for n in range(STEPS)}
    assert all(len(found) == 1 and "" not in found for found in keys.values())
    return len(world.all()) - len(keys)


def test_executors_that_are_killed_lose_nothing(
    platform: AlurDev, world: Effects, scale: int, record_property: Callable[[str, object], None]
) -> None:
    path = _put(platform, _workflow("killed", world.port))
    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(lambda _: _start(platform, path), range(EXECUTIONS * scale)))
    slowest = 0.0
    for _ in range(KILLS * scale):
        time.sleep(0.5)
        os.kill(random.choice(platform.pids("executor")), signal.SIGKILL)
        slowest = max(slowest, _seconds_to_next(world))
    record_property("repeated", _check(platform, world, ids))
    record_property("slowest_next_effect_seconds", slowest)
    assert slowest < 6


def _seconds_to_next(world: Effects) -> float:
    """Return how long it takes until something is done again, or 0 when everything has been."""
    begun, before = time.monotonic(), len(world.all())
    while len(world.all()) == before and time.monotonic() - begun < 10:
        time.sleep(0.05)
    waited = time.monotonic() - begun
    return waited if waited < 10 else 0.0


def test_executors_that_stood_still_are_refused_and_say_so(
    platform: AlurDev, world: Effects
) -> None:
    world.pause = 1.0
    path = _put(platform, _workflow("still", world.port))
    ids = [_start(platform, path) for _ in range(30)]
    _seconds_to_next(world)
    stopped = platform.pids("executor")[:2]  # one of three may have nothing to do
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    time.sleep(10)
    for pid in stopped:
        os.kill(pid, signal.SIGCONT)
    _check(platform, world, ids)
    until = time.monotonic() + 30
    while "execution belongs to another" not in platform.log.read_text():
        assert time.monotonic() < until, "those that stood still never said that they were refused"
        time.sleep(0.1)


def test_a_gateway_that_is_killed_loses_nothing_that_it_acknowledged(
    platform: AlurDev, world: Effects
) -> None:
    path = _put(platform, _workflow("gateway", world.port))
    ids = [_start(platform, path) for _ in range(20)]
    os.kill(platform.pids("gateway")[0], signal.SIGKILL)
    time.sleep(0.2)
    platform._wait_until_ready()
    ids += [_start(platform, path) for _ in range(5)]
    _check(platform, world, ids)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_schedule_fires_once_for_each_due_time_while_its_scheduler_dies(
    platform: AlurDev, world: Effects, number: signal.Signals
) -> None:
    trigger = {"name": "tick", "type": "trigger.schedule", "params": {"cron": "* * * * * *"}}
    name = f"ticks-{number.name.lower()}"
    path = _put(platform, _workflow(name, world.port, triggers=[trigger]))
    _fires_after(platform, name, 0.0)
    for _ in range(3):
        killed = time.time()
        os.kill(platform.pids("scheduler")[0], number)
        _fires_after(platform, name, killed)
    etag = platform.rest.get(path).headers["etag"]
    assert platform.rest.delete(path, headers={"if-match": etag}).status_code == 204
    dues = _dues(platform, name)
    assert len(dues) == len(set(dues))


def _fires_after(platform: AlurDev, workflow: str, since: float) -> None:
    """Wait until it has fired for three due times after this one, as it does within ten seconds of a fail-over."""
    until = time.monotonic() + FAIL_OVER_SECONDS
    while sum(due > since for due in _dues(platform, workflow)) < 3:
        assert time.monotonic() < until, "nothing fired"
        time.sleep(0.5)


def _dues(platform: AlurDev, workflow: str) -> list[float]:
    answer = platform.rest.get(
        f"{PROJECT}/executions",
        params={"workflow": workflow, "status": "succeeded", "limit": "100"},
    ).json()
    found = []
    for execution in answer["items"]:
        shown = platform.rest.get(f"{PROJECT}/executions/{execution['id']}/nodes/s0").json()
        due = shown["runs"][0]["input"]["main"][0]["json"]["due"]
        found.append(datetime.fromisoformat(due).timestamp())
    return found
