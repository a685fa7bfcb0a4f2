"""Processes are told to stop in turn, as when a new version is rolled out: nobody notices."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import httpx

from tests.chaos.effects import Effects
from tests.chaos.work import Load, check, one_more, put, workflow
from tests.support.alur_dev import AlurDev, free_ports

RATE = 10.0
GRACE_SECONDS = 25.0
ENDED = '"msg":"process ended and is started again"'


def test_processes_that_stop_in_turn_fail_no_request_and_repeat_no_node(
    platform: AlurDev, world: Effects, scale: int
) -> None:
    path = put(platform, workflow("rolling", world.port))
    port, grpc_port = free_ports(2)
    other = {"ALUR_PORT": str(port), "ALUR_GRPC_PORT": str(grpc_port), "ALUR_METRICS_PORT": "0"}
    urls = [platform.url, f"http://127.0.0.1:{port}"]
    with one_more(platform, "gateway", other):
        _wait_until_ready(urls[1])
        with Load(platform, path, RATE, urls) as load:
            for _ in range(scale):
                for pid in platform.pids("executor"):
                    _stop(platform, pid)
                for service in ("scheduler", "registry"):
                    _stop(platform, platform.pids(service)[0])
                load.urls.remove(platform.url)  # who balances load heeds its readiness
                time.sleep(0.5)
                _stop(platform, platform.pids("gateway")[0])
                _wait_until_ready(platform.url)
                load.urls.append(platform.url)
    assert (load.refused, set(load.answers)) == ([], {202})
    assert check(platform, world, load.ids) == 0
    codes = [line for line in platform.log.read_text().splitlines() if ENDED in line]
    assert len(codes) == 6 * scale
    assert all('"code":0' in line for line in codes)


def _stop(platform: AlurDev, pid: int) -> None:
    """Tell a process to stop, and return when it has and the one in its place has had time to begin."""
    count = platform.log.read_text().count(ENDED)
    os.kill(pid, signal.SIGTERM)
    until = time.monotonic() + GRACE_SECONDS
    while platform.log.read_text().count(ENDED) == count:
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
