"""Servers are killed, slow and out of reach: what was accepted is done, and callers are told in time what was not."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

import pytest

from alur_common.blobs import INLINE_BYTES
from alur_sdk.errors import UnavailableError
from tests.chaos.effects import Effects
from tests.chaos.proxy import Proxy, fail, proxy
from tests.chaos.work import (
    PROJECT,
    RECOVERY_SECONDS,
    STEPS,
    Load,
    check,
    lag_of,
    mib_of,
    put,
    recover,
    workflow,
)
from tests.support.alur_dev import AlurDev, alur_dev
from tests.support.health import health_of
from tools.servers import kafka, mongo_durable, s3
from tools.servers.running import Server, free_port

RATE, LARGE_RATE = 10.0, 3.0
CALL_SECONDS = 1.0
"""A start that was under way so long before an outage may be refused."""
LAG, LAG_SECONDS = 100, 30.0
GROWTH = 1.2
"""So much more memory, at most, a process may have when all is well again."""
SERVICES = ("registry", "scheduler", "gateway", "executor")


@dataclass
class Place:
    """A platform on servers of its own, each behind a way that can fail."""

    platform: AlurDev
    addresses: list[str]
    """Where its processes tell how they are; all of them are ready."""
    broker: Server
    store: Server
    blobs: Server
    to_broker: Proxy
    to_store: Proxy


@dataclass
class Site:
    """The place, and what a test does there."""

    place: Place
    world: Effects
    outages: list[tuple[float, float]] = field(default_factory=list)
    """From when until when something was out of reach, by the monotonic clock."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Each test leaves all of it well."""
    tmp_path = tmp_path_factory.mktemp("place")
    with ExitStack() as stack:
        port = free_port()
        broker = _started(stack, kafka.server(tmp_path / "kafka", advertised=port))
        store = _started(stack, mongo_durable.server(tmp_path / "store"))
        blobs = _started(stack, s3.server(tmp_path / "blobs"))
        to_broker = stack.enter_context(proxy(port, broker.port))
        to_store = stack.enter_context(proxy(free_port(), store.port))
        environment = {
            "ALUR_KAFKA": f"127.0.0.1:{to_broker.port}",
            "ALUR_MONGO": f"mongodb://127.0.0.1:{to_store.port}/alur",
            "ALUR_BLOBS": f"s3://{s3.BUCKET}/chaos",
            **s3.environment(blobs.port),
            "ALUR_OUTBOUND_ALLOW": "127.0.0.0/8",
        }
        flags = ("--distributed", "--executors", "2")
        platform = stack.enter_context(alur_dev(tmp_path / "data", environment, flags))
        addresses = [*_addresses(platform), f"127.0.0.1:{platform.grpc_port}"]
        yield Place(platform, addresses, broker, store, blobs, to_broker, to_store)


@pytest.fixture
def site(place: Place, world: Effects) -> Site:
    return Site(place, world)


def _started(stack: ExitStack, server: Server) -> Server:
    stack.callback(server.kill)
    return server.start()


def _work(site: Site) -> Load:
    path = put(site.place.platform, workflow("steady", site.world.port))
    return Load(site.place.platform, path, RATE)


def _large_work(site: Site) -> Load:
    """Work that ends with a result which is kept as a blob."""
    made = workflow("large", site.world.port)
    text = {"text": f"{{{{ 'x'.repeat({INLINE_BYTES}) }}}}"}
    made["spec"]["nodes"].append({"name": "write", "type": "core.set", "params": {"fields": text}})
    made["spec"]["edges"].append({"from": f"s{STEPS - 1}", "to": "write"})
    return Load(site.place.platform, put(site.place.platform, made), LARGE_RATE)


def _demand_good_answers_but_in(outages: list[tuple[float, float]], load: Load) -> None:
    """Demand that every start that was refused had begun while something was out of reach."""
    beside = [at for at in load.refused if not any(a <= at <= b for a, b in outages)]
    assert beside == [], f"refused though nothing was out of reach: {beside}, {outages}"


def _demand_little_lag(site: Site) -> None:
    """Wait until hardly a record waits for its consumers, at most `LAG_SECONDS`."""
    until = time.monotonic() + LAG_SECONDS
    servers = f"127.0.0.1:{site.place.broker.port}"
    while (lag := _lag(servers)) is None or lag >= LAG:
        assert time.monotonic() < until, f"{lag} records still wait"
        time.sleep(0.5)


def _lag(servers: str) -> int | None:
    """Return how many records wait, None while the broker cannot tell."""
    try:
        return asyncio.run(
            lag_of(servers, ("alur-scheduler", "alur-executor", "alur-executor-nudges"))
        )
    except UnavailableError:
        return None


def _memory(platform: AlurDev) -> dict[int, float]:
    return {pid: mib_of(pid) for service in SERVICES for pid in platform.pids(service)}


def _kill_and_start(site: Site, server: Server, name: str, load: Load, times: int) -> None:
    """Kill a server and start it again; each time all are unready as long as it is away, and alive."""
    recover(site.world, load)
    for _ in range(times):
        killed = time.monotonic()
        server.kill()
        lost = f"{name}: out of reach"
        _until(site, (503, {"status": "not ready", "reason": lost}), ("NOT_SERVING", lost))
        assert site.place.platform.rest.get("/healthz").status_code == 200
        server.start()
        recover(site.world, load)
        site.outages.append((killed - CALL_SECONDS, time.monotonic()))
        _until(site, (200, {"status": "ready"}), ("SERVING", ""))


def _until(site: Site, readiness: tuple[int, object], health: tuple[str, str]) -> None:
    """Wait until the gateway is as ready, and every process as healthy, as this says."""
    begun = time.monotonic()
    while True:
        answer = site.place.platform.rest.get("/readyz")
        found = {one: asyncio.run(health_of(one, ""))[0] for one in site.place.addresses}
        if (answer.status_code, answer.json()) == readiness and set(found.values()) == {health}:
            return
        assert time.monotonic() - begun < RECOVERY_SECONDS, (answer.text, found)
        time.sleep(0.2)


def _addresses(platform: AlurDev) -> list[str]:
    """Return where the registry, the scheduler, the gateway and the executors answer others, once all do."""
    wanted = [*("executor", "executor", "gateway", "registry", "scheduler")]
    until = time.monotonic() + RECOVERY_SECONDS
    while True:
        places = platform.addresses()
        if sorted(places.values()) == wanted:
            return list(places)
        assert time.monotonic() < until, places
        time.sleep(0.2)


def test_a_broker_that_dies_holds_up_no_caller_and_loses_nothing(site: Site, scale: int) -> None:
    with _work(site) as load:
        _kill_and_start(site, site.place.broker, "Kafka", load, scale)
        _demand_little_lag(site)
    check(site.place.platform, site.world, load.ids)
    assert load.refused == []
    assert load.slowest < 2


def test_a_store_that_dies_loses_nothing_that_was_acknowledged(site: Site, scale: int) -> None:
    with _work(site) as load:
        _kill_and_start(site, site.place.store, "MongoDB", load, scale)
    check(site.place.platform, site.world, load.ids)
    _demand_good_answers_but_in(site.outages, load)


def test_a_store_of_blobs_that_dies_loses_no_result(site: Site, scale: int) -> None:
    with _large_work(site) as load:
        _kill_and_start(site, site.place.blobs, "blobs", load, scale)
    check(site.place.platform, site.world, load.ids)
    assert load.refused == []
    for one in load.ids:
        (item,) = site.place.platform.rest.get(f"{PROJECT}/executions/{one}").json()["output"]
        assert len(item["text"]) == INLINE_BYTES


@pytest.mark.parametrize("way", ["to_broker", "to_store"])
def test_a_way_that_is_slow_breaks_and_ends_loses_nothing_and_fills_no_memory(
    site: Site, scale: int, way: str
) -> None:
    with _work(site) as load:
        recover(site.world, load)
        before = _memory(site.place.platform)
        for _ in range(scale):
            fail(getattr(site.place, way), scale, lambda: recover(site.world, load))
        after = _memory(site.place.platform)
    check(site.place.platform, site.world, load.ids)
    assert after.keys() == before.keys(), "a process has died"
    grown = max(after[pid] / before[pid] for pid in before)
    site.world.figures["memory grown to"] = f"{grown:.0%}"
    assert grown < GROWTH
