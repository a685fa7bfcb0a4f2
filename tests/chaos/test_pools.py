"""Nodes of a pool on executors that serve it and nothing else, over real servers, while those are killed."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.effects import Effects
from tests.chaos.test_crash_points import CRASHING
from tests.chaos.work import put, start, workflow
from tests.support.alur_dev import ALUR, AlurDev, alur_dev

POOL = "s2"
"""The step that travels."""


@pytest.fixture(scope="module")
def driving(tmp_path_factory: pytest.TempPathFactory, servers: dict[str, str]) -> Iterator[AlurDev]:
    """A platform whose executors serve no pool."""
    flags = ("--distributed", "--executors", "2")
    environment = {**servers, "ALUR_POOLS": "default"}
    with alur_dev(tmp_path_factory.mktemp("driving") / "data", environment, flags) as running:
        yield running


def pooled(name: str, port: int) -> dict[str, Any]:
    made = workflow(name, port)
    for node in made["spec"]["nodes"]:
        if node["name"] == POOL:
            node["pool"] = "gpu"
    return made


@contextmanager
def gpu_executor(platform: AlurDev, name: str, **more: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run `alur executor --pools gpu` beside the platform, told of it as its own executors are."""
    own = Path(f"/proc/{platform.pids('executor')[0]}/environ").read_bytes().decode().split("\0")
    environment = dict(pair.split("=", 1) for pair in own if "=" in pair)
    with platform.log.open("ab") as log:
        process = subprocess.Popen(  # noqa: S603  # our own command
            [str(ALUR), "executor", "--pools", "gpu"],
            stdout=log,
            stderr=log,
            env={**environment, "ALUR_WORKER": name, **more},
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _asked(world: Effects, effect: str) -> list[dict[str, Any]]:
    return [one for one in world.all() if one["effect"] == effect]


def _unserved(platform: AlurDev, path: str) -> str:
    conditions = platform.rest.get(path).json()["status"]["conditions"]
    return next((str(c["message"]) for c in conditions if c["type"] == "PoolsServed"), "")


def _until(is_so: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < until, what
        time.sleep(0.02)


def test_what_one_had_that_is_killed_is_finished_once_by_another_under_the_same_key(
    driving: AlurDev, world: Effects
) -> None:
    path = put(driving, pooled("killed-pool", world.port))
    # Leases of a platform that ran before last a few seconds.
    _until(lambda: "gpu" in _unserved(driving, path), "saving does not warn")
    execution = start(driving, path)
    waiting = driving.wait_for(execution, "waiting")
    assert waiting["waits"] == [{"node": POOL, "path": "", "pool": "gpu"}]
    effect = f"{execution}/{POOL}"
    assert _asked(world, effect) == []
    world.pause = 30.0
    with gpu_executor(driving, "gpu-1") as first:
        _until(lambda: bool(_asked(world, effect)), "nobody ran the node")
        world.pause = 0.05
        with gpu_executor(driving, "gpu-2"):
            first.kill()
            ended = driving.wait_for(execution, "succeeded", "failed", within=60)
    assert ended["status"] == "succeeded"
    seen = _asked(world, effect)
    assert len(seen) == 2
    assert len({one["key"] for one in seen}) == 1
    others = [one for one in world.all() if one not in seen]
    assert len(others) == len({one["effect"] for one in others}) == 4


def test_one_that_is_stopped_before_it_begins_sends_nothing_when_it_goes_on_after_a_cancellation(
    driving: AlurDev, world: Effects, tmp_path: Path
) -> None:
    order = tmp_path / "order"
    at = {"role": "executor", "step": "insert journal 1", "side": "before", "signal": "SIGSTOP"}
    order.write_text(json.dumps({"id": "stop", **at}))
    crashing = {"PYTHONPATH": str(CRASHING), "ALUR_CRASH": str(order)}
    path = put(driving, pooled("stopped-pool", world.port))
    execution = start(driving, path)
    with gpu_executor(driving, "gpu-1", **crashing) as first:
        _until(order.with_suffix(".hit").exists, "nobody began the node")
        project = path.rpartition("/workflows/")[0]
        driving.rest.post(f"{project}/executions/{execution}:cancel", json={}).raise_for_status()
        driving.wait_for(execution, "cancelled")
        first.send_signal(signal.SIGCONT)
        # Once it has done something else, it is over what it stood before.
        driving.wait_for(start(driving, path), "succeeded", within=60)
    assert _asked(world, f"{execution}/{POOL}") == []
