"""Processes are told to stop in turn, as when a new version is rolled out: nobody notices."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.chaos.effects import Effects
from tests.chaos.ledger import ledger
from tests.chaos.proxy import fail, proxy
from tests.chaos.work import (
    ENDED,
    Load,
    check,
    ends,
    mib_of,
    one_more,
    pid_of,
    put,
    recover,
    settings_of,
    start,
    workflow,
)
from tests.support.alur_dev import AlurDev, free_ports
from tests.support.health import health_told_by

RATE = 10.0
GRACE_SECONDS = 25.0
AT_ONCE_SECONDS = 2.0
ASKED = 5
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


def test_who_waits_for_an_end_or_calls_a_hook_is_told_by_the_gateway_that_was_asked(
    platform: AlurDev, world: Effects, gateway: str
) -> None:
    params = {"path": "told", "respond": "result"}
    hook = {"name": "hook", "type": "trigger.webhook", "params": params}
    path = put(platform, workflow("told", world.port, triggers=[hook]))
    hooked, headers = platform.hook("told").removeprefix(platform.url), platform.rest.headers

    def ask(address: str) -> tuple[int, object]:
        answer = httpx.post(address, json={"input": [{}]}, headers=headers, timeout=60)
        said = answer.json()  # an execution, or what its last node was answered
        return answer.status_code, said.get("status", said.get("ok"))

    ways = (f"{path}/executions?wait=30", hooked)
    asked = [url + way for url in (platform.url, gateway) for way in ways]
    with ThreadPoolExecutor(8) as pool:
        answers = Counter(pool.map(ask, asked * ASKED))
    assert answers == {(200, "succeeded"): 2 * ASKED, (200, True): 2 * ASKED}


def test_processes_that_stop_in_turn_fail_no_request_and_repeat_no_node(
    platform: AlurDev, world: Effects, gateway: str, scale: int
) -> None:
    path = put(platform, workflow("rolling", world.port))
    with Load(platform, path, RATE, [platform.url, gateway]) as load:
        for _ in range(scale):
            for service in ("executor", "scheduler"):
                for pid in platform.pids(service):
                    _stop(platform, service, pid)
            load.urls.remove(platform.url)  # as who balances load does before it stops one
            time.sleep(0.5)
            for service in ("registry", "gateway"):
                _stop(platform, service, platform.pids(service)[0])
            _wait_until_ready(platform.url)
            load.urls.append(platform.url)
    assert (load.refused, set(load.answers)) == ([], {202})
    assert check(platform, world, load.ids) == 0
    assert ends(platform) == [0] * 6 * scale


def test_one_told_twice_ends_at_once_and_what_it_had_goes_on_elsewhere(
    platform: AlurDev, world: Effects, servers: dict[str, str]
) -> None:
    world.pause = 20.0
    execution, before = (
        start(platform, put(platform, workflow("twice", world.port))),
        ends(platform),
    )
    _wait_until(lambda: bool(world.all()), "nothing is done")
    with ledger(servers["ALUR_MONGO"]) as kept:
        pid = pid_of(platform, "executor", kept.running()[execution][0])
    assert pid is not None
    with health_told_by(_address(platform, "executor", pid)) as told:
        os.kill(pid, signal.SIGTERM)
        _wait_until(lambda: told == ["SERVING", "NOT_SERVING"], f"it drains and says {told}")
        world.pause = 0.05
        assert ends(platform) == before, "it did not wait for what runs"
        os.kill(pid, signal.SIGTERM)
        _wait_until(lambda: ends(platform) != before, "it goes on", AT_ONCE_SECONDS)
    assert ends(platform) == [*before, 1]
    assert check(platform, world, [execution]) == 1


@pytest.mark.parametrize("service", ["scheduler", "registry", "gateway"])
def test_any_service_that_is_told_twice_ends_at_once(platform: AlurDev, service: str) -> None:
    before, pid = ends(platform), platform.pids(service)[0]
    # Both are there when it goes on: nothing it does comes between them.
    for number in (signal.SIGSTOP, signal.SIGTERM, signal.SIGINT, signal.SIGCONT):
        os.kill(pid, number)
    _wait_until(lambda: ends(platform) != before, "it goes on", AT_ONCE_SECONDS)
    assert ends(platform) == [*before, 1]
    _wait_until_begun(platform, service)


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
    _wait_until(lambda: text in platform.log.read_text(), f"nobody said {text}")


def _wait_until(holds: Callable[[], bool], otherwise: str, within: float = GRACE_SECONDS) -> None:
    until = time.monotonic() + within
    while not holds():
        assert time.monotonic() < until, otherwise
        time.sleep(0.05)


def _address(platform: AlurDev, service: str, pid: int) -> str:
    """Return where a process tells how it is."""
    own = settings_of(pid)
    if service == "gateway":
        return f"127.0.0.1:{platform.grpc_port}"
    if service == "registry":
        return f"127.0.0.1:{own['ALUR_CALLS_PORT']}"
    begun, name = platform.said(f'"{service} ready"'), own["ALUR_WORKER"]
    return str([o for o in begun if o.get("worker", name).startswith(name)][-1]["address"])


def _stop(platform: AlurDev, service: str, pid: int) -> None:
    """Tell a process to stop; return when it has, unhealthy first, and the one in its place has begun."""
    count = len(ends(platform))
    with health_told_by(_address(platform, service, pid)) as told:
        os.kill(pid, signal.SIGTERM)
        _wait_until(lambda: len(ends(platform)) > count, f"the {service} goes on")
    assert told == ["SERVING", "NOT_SERVING"]
    _wait_until_begun(platform, service)


def _wait_until_begun(platform: AlurDev, service: str) -> None:
    """Wait until every process that ended has one in its place that takes work."""
    ended = [one for one in platform.said(ENDED) if one["process"].startswith(service)]

    def is_there() -> bool:
        return bool(platform.said(f'"{service} ready"')[-1]["ts"] > ended[-1]["ts"])

    _wait_until(is_there, f"no {service} has begun anew")


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
