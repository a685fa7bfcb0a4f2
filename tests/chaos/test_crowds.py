"""Much at once: starts, executions that wait, and code that never ends among other work."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

from tests.chaos.conftest import EXECUTORS
from tests.chaos.effects import Effects
from tests.chaos.work import PROJECT, mib_of, put, start
from tests.support.alur_dev import AlurDev

AT_ONCE = 1_000
CALLERS = 32
WAITING = 1_000
FEW_WAITING = 200
"""In the short form."""
GROWTH_MIB = 20
CODE = 60
EACH_BAD = 20
LIMIT_SECONDS = 1.0
LATE_SECONDS = 0.5
LOOP = "if ($json.n === 0) { while (true) {} }"
GREED = (
    "if ($json.n === 1) { const kept = []; while (true) kept.push(new Uint8Array(8e6).fill(1)) }"
)


def _of(name: str, nodes: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "apiVersion": "alur.dev/v1alpha1",
        "kind": "Workflow",
        "metadata": {"name": f"{name}-{uuid4().hex[:6]}"},
        "spec": {"nodes": nodes, "edges": []},
    }


def _start_all(platform: AlurDev, path: str, count: int) -> list[str]:
    with ThreadPoolExecutor(CALLERS) as pool:
        return list(pool.map(lambda _: start(platform, path), range(count)))


def test_a_thousand_starts_at_once_all_end_well(platform: AlurDev) -> None:
    path = put(platform, _of("crowd", [{"name": "pass", "type": "core.noop"}]))
    ids = _start_all(platform, path, AT_ONCE)
    ended = Counter(platform.wait_for(i, "succeeded", "failed", within=60)["status"] for i in ids)
    assert ended == {"succeeded": AT_ONCE}


def test_executions_that_wait_take_no_memory_of_executors(
    platform: AlurDev, world: Effects, scale: int
) -> None:
    wait = {"name": "wait", "type": "core.wait", "params": {"signal": "go"}}
    path = put(platform, _of("waiting", [wait]))
    _start_all(platform, path, 200)  # what the first executions load stays
    time.sleep(3)
    before = _memory(platform)
    ids = _start_all(platform, path, FEW_WAITING if scale == 1 else WAITING * scale)
    for execution in ids:
        platform.wait_for(execution, "waiting", within=60)
    time.sleep(3)
    after = _memory(platform)
    assert after.keys() == before.keys(), "a new process has forgotten what the old one kept"
    # Of all together: each had a part of them, and one alone would have had them all.
    grown = sum(after[pid] - before[pid] for pid in before)
    world.figures |= {"executions that wait": len(ids), "memory grown by MiB": round(grown, 1)}
    assert grown < GROWTH_MIB


def _memory(platform: AlurDev) -> dict[int, float]:
    """Return the memory of each executor by its process, in MiB."""
    return {pid: mib_of(pid) for pid in platform.pids("executor")}


def test_code_that_never_ends_or_takes_all_memory_harms_nobody_else(
    platform: AlurDev, world: Effects, scale: int
) -> None:
    code = {
        "name": "code",
        "type": "core.code",
        "params": {
            "language": "javascript",
            "code": f"{LOOP}; {GREED}; return $input.all()",
            "limits": {"time": f"PT{LIMIT_SECONDS:g}S", "memory": "32Mi"},
        },
    }
    path = put(platform, _of("code", [code]))
    for warming in [_start_with(platform, path, EACH_BAD) for _ in range(4 * EXECUTORS)]:
        platform.wait_for(warming, "succeeded")  # the first of an executor starts its jail
    before = platform.pids("executor")
    count = CODE * scale
    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(lambda n: _start_with(platform, path, n % EACH_BAD), range(count)))
    shown = [platform.wait_for(i, "succeeded", "failed", within=120) for i in ids]
    bad = [execution for execution in shown if execution["status"] == "failed"]
    assert len(bad) == 2 * count // EACH_BAD
    assert {execution["error"]["code"] for execution in bad} == {"limit-time", "limit-memory"}
    assert platform.pids("executor") == before
    for execution in bad:
        assert _seconds(platform, execution["id"]) < LIMIT_SECONDS + LATE_SECONDS


def _start_with(platform: AlurDev, path: str, number: int) -> str:
    answer = platform.rest.post(f"{path}/executions", json={"input": [{"n": number}]})
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def _seconds(platform: AlurDev, execution: str) -> float:
    """Return how long its node ran."""
    shown = platform.rest.get(f"{PROJECT}/executions/{execution}/nodes/code").json()
    return float(shown["runs"][0]["durationMs"]) / 1000
