"""Processes are told to stop in turn, as when a new version is rolled out: nobody notices."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.chaos.effects import Effects
from tests.chaos.proxy import fail, proxy
from tests.chaos.work import (
    Load,
    check,
    ends,
    mib_of,
    one_more,
    put,
    recover,
    settings_of,
    workflow,
)
from tests.support.alur_dev import AlurDev, free_ports

RATE = 10.0
GRACE_SECONDS = 25.0
ASKED = 10
GROWTH = 1.2


@pytest.fixture(scope="module")
def registries(platform: AlurDev) -> Iterator[str]:
    """A second registry beside the platform's own; the address of both."""
    (port,) = free_ports(1)
    with one_more(platform, "registry", {"ALUR_CALLS_PORT": str(port)}) as other:
        own = settings_of(platform.pids("registry")[0])["ALUR_CALLS_PORT"]
        _wait_until_said(platform, f"127.0.0.1:{port}")
        assert other.poll() is None
        yield f"ipv4:127.0.0.1:{own},127.0.0.1:{port}"


@pytest.fixture(scope="module")
def gateway(platform: AlurDev, registries: str) -> Iterator[str]:
    """A second gateway, which knows both registries; its address."""
    port, grpc_port = free_ports(2)
    own = {
        "ALUR_PORT": str(port),
        "ALUR_GRPC_PORT": str(grpc_port),
        "ALUR_METRICS_PORT": "0",
        "ALUR_REGISTRY": registries,
    }
    with one_more(platform, "gateway", own):
        _wait_until_ready(f"http://127.0.0.1:{port}")
        yield f"http://127.0.0.1:{port}"


def test_who_waits_for_an_end_is_told_by_the_gateway_that_was_asked(
    platform: AlurDev, world: Effects, gateway: str
) -> None:
    path = put(platform, workflow("told", world.port))
    headers = platform.rest.headers

    def ask(url: str) -> tuple[int, str]:
        address = f"{url}{path}/executions?wait=30"
        answer = httpx.post(address, json={"input": [{}]}, headers=headers, timeout=60)
        return answer.status_code, answer.json()["status"]

    with ThreadPoolExecutor(8) as pool:
        answers = Counter(pool.map(ask, [platform.url, gateway] * ASKED))
    assert answers == {(200, "succeeded"): 2 * ASKED}


def test_processes_that_stop_in_turn_fail_no_request_and_repeat_no_node(
    platform: AlurDev, world: Effects, gateway: str, scale: int
) -> None:
    path = put(platform, workflow("rolling", world.port))
    with Load(platform, path, RATE, [platform.url, gateway]) as load:
        for _ in range(scale):
            for pid in [*platform.pids("executor"), *platform.pids("scheduler")]:
                _stop(platform, pid)
            load.urls.remove(platform.url)  # as who balances load does before it stops one
            time.sleep(0.5)
            for service in ("registry", "gateway"):
                _stop(platform, platform.pids(service)[0])
            _wait_until_ready(platform.url)
            load.urls.append(platform.url)
    assert (load.refused, set(load.answers)) == ([], {202})
    assert check(platform, world, load.ids) == 0
    assert ends(platform) == [0] * 6 * scale


def test_a_way_to_the_registry_that_is_slow_breaks_and_ends_loses_nothing(
    platform: AlurDev, world: Effects, scale: int
) -> None:
    path = put(platform, workflow("far", world.port))
    registry = settings_of(platform.pids("registry")[0])["ALUR_CALLS_PORT"]
    port, grpc_port, way_port = free_ports(3)
    own = {"ALUR_REGISTRY": f"127.0.0.1:{way_port}", "ALUR_METRICS_PORT": "0"}
    ports = {"ALUR_PORT": str(port), "ALUR_GRPC_PORT": str(grpc_port)}
    with (
        proxy(way_port, int(registry)) as way,
        one_more(platform, "executor", {**own, "ALUR_WORKER": "far-executor"}) as executor,
        one_more(platform, "gateway", {**own, **ports, "ALUR_WORKER": "far-gateway"}) as gateway,
    ):
        _wait_until_ready(f"http://127.0.0.1:{port}")
        with Load(platform, path, RATE, [f"http://127.0.0.1:{port}"]) as load:
            recover(world, load)
            before = mib_of(gateway.pid)
            for _ in range(scale):
                fail(way, scale, lambda: recover(world, load))
        check(platform, world, load.ids)
        assert (gateway.poll(), executor.poll()) == (None, None), "a process has died"
        assert mib_of(gateway.pid) < GROWTH * before


def _wait_until_said(platform: AlurDev, text: str) -> None:
    until = time.monotonic() + GRACE_SECONDS
    while text not in platform.log.read_text():
        assert time.monotonic() < until, f"nobody said {text}"
        time.sleep(0.1)


def _stop(platform: AlurDev, pid: int) -> None:
    """Tell a process to stop, and return when it has and the one in its place has had time to begin."""
    count = len(ends(platform))
    os.kill(pid, signal.SIGTERM)
    until = time.monotonic() + GRACE_SECONDS
    while len(ends(platform)) == count:
        assert time.monotonic() < until, f"{Path(f'/proc/{pid}/cmdline').read_bytes()!r} goes on"
        time.sleep(0.1)
    time.sleep(2)


def _wait_until_ready(url: str) -> None:
    until = time.monotonic() + GRACE_SECONDS
    while True:
        try:
            if httpx.get(f"{url}/readyz").status_code == 200:
                return
        except httpx.TransportError:
            pass
        assert time.monotonic() < until, f"{url} is not ready"
        time.sleep(0.1)
