"""A process dies at each boundary between two steps: what was accepted ends well, each effect under one key.

The boundaries are not chosen: `crashing/sitecustomize.py` tells the steps that a process takes, and it is killed after
each of them in turn; in the long form also before each, and many times.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.chaos.effects import Effects
from tests.chaos.work import put
from tests.support.alur_dev import AlurDev, alur_dev

CRASHING = Path(__file__).with_name("crashing")
LATE_SECONDS = 2.0
"""So long after the end of an execution its last steps, such as the commit of offsets, may still come."""
WITHIN = 60.0
SOMETIMES = frozenset({"call", "commit"})
"""Steps that not every run takes: answers of others are kept, and offsets are committed together."""


class Crashes:
    """Orders to crash, given to the processes of a platform."""

    def __init__(self, order: Path) -> None:
        self._order = order

    def give(self, role: str, step: str = "", side: str = "") -> None:
        """Let a process of this role die at this step, or tell its steps, from now on."""
        for suffix in (".hit", ".seen"):
            self._order.with_suffix(suffix).unlink(missing_ok=True)
        fresh = self._order.with_suffix(".new")
        fresh.write_text(json.dumps({"id": uuid4().hex, "role": role, "step": step, "side": side}))
        fresh.rename(self._order)

    def is_done(self) -> bool:
        """Return whether a process died of the order."""
        return self._order.with_suffix(".hit").exists()

    def steps(self) -> list[str]:
        """Return the steps that were told, each once."""
        return sorted(set(self._order.with_suffix(".seen").read_text().splitlines()))

    def take_back(self) -> None:
        """Let nobody die any more."""
        self._order.unlink(missing_ok=True)


@pytest.fixture(scope="module")
def order(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("crashes") / "order"


@pytest.fixture
def trials(many: AlurDev, world: Effects, order: Path, role: str) -> Trials:
    return Trials(many, world, Crashes(order), role)


@pytest.fixture(scope="module")
def environment(order: Path) -> dict[str, str]:
    leads = os.pathsep.join(filter(None, (str(CRASHING), os.environ.get("PYTHONPATH"))))
    return {"PYTHONPATH": leads, "ALUR_CRASH": str(order), "ALUR_LEASE_SECONDS": "1"}


@pytest.fixture(scope="module")
def many(order: Path, environment: dict[str, str], servers: dict[str, str]) -> Iterator[AlurDev]:
    flags = ("--distributed", "--executors", "1")  # so that a step has the same number in each run
    with alur_dev(order.parent / "data", {**servers, **environment}, flags) as running:
        yield running


def _workflow(name: str, port: int) -> dict[str, Any]:
    """Two effects with a wait between them, one execution at a time: every service has a part in it."""
    post = {"method": "POST", "url": f"http://127.0.0.1:{port}/"}
    nodes: list[dict[str, Any]] = [
        {
            "name": step,
            "type": "http.request",
            "params": {**post, "body": {"effect": f"{{{{ $execution.id }}}}/{step}"}},
        }
        for step in ("s0", "s1")
    ]
    nodes.append({"name": "pause", "type": "core.wait", "params": {"for": "PT1.1S"}})
    edges = [{"from": "s0", "to": "pause"}, {"from": "pause", "to": "s1"}]
    return {
        "apiVersion": "alur.dev/v1alpha1",
        "kind": "Workflow",
        "metadata": {"name": name},
        "spec": {"nodes": nodes, "edges": edges, "settings": {"concurrency": {"limit": 1}}},
    }


def _accepted(platform: AlurDev, path: str) -> str:
    """Start an execution as a caller does who asks again, with the same key, until it is answered."""
    key = uuid4().hex
    until = time.monotonic() + WITHIN
    while True:
        try:
            answer = platform.rest.post(
                f"{path}/executions", json={"input": [{}]}, headers={"idempotency-key": key}
            )
        except httpx.TransportError:
            answer = None
        if answer is not None and answer.status_code in (200, 202):
            return str(answer.json()["id"])
        assert time.monotonic() < until, answer and answer.text
        time.sleep(0.1)


def _ended(platform: AlurDev, execution: str) -> str:
    until = time.monotonic() + WITHIN
    while True:
        try:
            return str(platform.wait_for(execution, "succeeded", "failed", "cancelled")["status"])
        except (httpx.TransportError, AssertionError):
            assert time.monotonic() < until, f"{execution} does not end"
            time.sleep(0.1)


class Trials:
    """Runs of one workflow on a platform, each with an order."""

    def __init__(self, platform: AlurDev, world: Effects, crashes: Crashes, role: str) -> None:
        self._platform = platform
        self._world = world
        self._crashes = crashes
        self._role = role

    def steps(self) -> list[str]:
        """Return the steps that processes of the role take where nothing fails."""
        self._demand_its_end("no crash")
        time.sleep(LATE_SECONDS)
        self._crashes.take_back()
        return self._crashes.steps()

    def die(self, step: str, side: str) -> bool:
        """Let a process die there, demand that all goes well, and return whether it died."""
        self._demand_its_end(f"{side} {step}", step, side)
        until = time.monotonic() + LATE_SECONDS
        while not self._crashes.is_done() and time.monotonic() < until:
            time.sleep(0.05)
        self._crashes.take_back()
        return self._crashes.is_done()

    def _demand_its_end(self, place: str, step: str = "", side: str = "") -> None:
        # A workflow of its own: what is kept of one that ran before spares steps.
        path = put(self._platform, _workflow(f"points-{uuid4().hex[:12]}", self._world.port))
        self._crashes.give(self._role, step, side)
        execution = _accepted(self._platform, path)
        status = _ended(self._platform, execution)
        asked = [e["key"] for e in self._world.all() if e["effect"].startswith(execution)]
        assert (status, len(set(asked))) == ("succeeded", 2), f"{place}: {status}, {asked}"
        assert len(asked) <= 3, f"{place}: more than one crash explains: {asked}"


@pytest.mark.parametrize("role", ["gateway", "scheduler", "executor"])
def test_a_process_that_dies_between_any_two_steps_loses_nothing(
    trials: Trials, world: Effects, scale: int
) -> None:
    steps = trials.steps()
    sides = ("after",) if scale == 1 else ("before", "after")
    died = {
        (step, side): trials.die(step, side)
        for _ in range(scale)
        for step in steps
        for side in sides
    }
    world.figures |= {"crash points": len(died), "rounds": scale}
    alive = {step.split()[0] for (step, _), is_dead in died.items() if not is_dead}
    assert alive <= SOMETIMES, f"not every step was met: {died}"
