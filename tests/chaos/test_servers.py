"""Servers are killed, slow and out of reach: what was accepted is done, and callers are told in time what was not."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.chaos.effects import Effects
from tests.chaos.proxy import Proxy, proxy
from tests.chaos.work import Load, check, put, workflow
from tests.support.alur_dev import AlurDev, alur_dev
from tests.support.health import health_of
from tools.servers import kafka, mongo_durable
from tools.servers.running import Server, free_port

RATE = 10.0
OUTAGE_SECONDS = 4.0
RECOVERY_SECONDS = 15.0
RECOVERY = "slowest recovery in seconds"


@dataclass
class Site:
    """A platform on servers of its own, each behind a way that can fail."""

    world: Effects
    platform: AlurDev
    addresses: list[str]
    """Where its processes tell how they are; all of them are ready."""
    broker: Server
    store: Server
    to_broker: Proxy
    to_store: Proxy


@pytest.fixture
def site(tmp_path: Path, world: Effects, s3_url: str) -> Iterator[Site]:
    with ExitStack() as stack:
        port = free_port()
        broker = _started(stack, kafka.server(tmp_path / "kafka", advertised=port))
        store = _started(stack, mongo_durable.server(tmp_path / "store"))
        to_broker = stack.enter_context(proxy(port, broker.port))
        to_store = stack.enter_context(proxy(free_port(), store.port))
        environment = {
            "ALUR_KAFKA": f"127.0.0.1:{to_broker.port}",
            "ALUR_MONGO": f"mongodb://127.0.0.1:{to_store.port}/alur",
            "ALUR_BLOBS": s3_url,
            "ALUR_OUTBOUND_ALLOW": "127.0.0.0/8",
        }
        flags = ("--distributed", "--executors", "2")
        platform = stack.enter_context(alur_dev(tmp_path / "data", environment, flags))
        addresses = [*_addresses(platform), f"127.0.0.1:{platform.grpc_port}"]
        yield Site(world, platform, addresses, broker, store, to_broker, to_store)


def _started(stack: ExitStack, server: Server) -> Server:
    stack.callback(server.kill)
    return server.start()


def _work(site: Site) -> Load:
    path = put(site.platform, workflow("steady", site.world.port))
    return Load(site.platform, path, RATE)


def _recover(site: Site, load: Load) -> None:
    """Wait until starts are acknowledged again, at most `RECOVERY_SECONDS`."""
    begun, before = time.monotonic(), len(load.ids)
    while len(load.ids) < before + 5:
        assert time.monotonic() - begun < RECOVERY_SECONDS, "nothing is accepted any more"
        time.sleep(0.05)
    slowest = max(time.monotonic() - begun, site.world.figures.get(RECOVERY, 0.0))
    site.world.figures[RECOVERY] = round(slowest, 1)


def _kill_and_start(site: Site, server: Server, name: str, load: Load, times: int) -> None:
    """Kill a server and start it again; each time all are unready as long as it is away, and alive."""
    _recover(site, load)
    for _ in range(times):
        server.kill()
        lost = f"{name}: out of reach"
        _until(site, (503, {"status": "not ready", "reason": lost}), ("NOT_SERVING", lost))
        assert site.platform.rest.get("/healthz").status_code == 200
        server.start()
        _recover(site, load)
        _until(site, (200, {"status": "ready"}), ("SERVING", ""))


def _until(site: Site, readiness: tuple[int, object], health: tuple[str, str]) -> None:
    """Wait until the gateway is as ready, and every process as healthy, as this says."""
    begun = time.monotonic()
    while True:
        answer = site.platform.rest.get("/readyz")
        found = {one: asyncio.run(health_of(one, ""))[0] for one in site.addresses}
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
        _kill_and_start(site, site.broker, "Kafka", load, scale)
    check(site.platform, site.world, load.ids)
    assert load.refused == []
    assert load.slowest < 2


def test_a_store_that_dies_loses_nothing_that_was_acknowledged(site: Site, scale: int) -> None:
    with _work(site) as load:
        _kill_and_start(site, site.store, "MongoDB", load, scale)
    check(site.platform, site.world, load.ids)


@pytest.mark.parametrize("way", ["to_broker", "to_store"])
def test_a_way_that_is_slow_breaks_and_ends_loses_nothing(site: Site, scale: int, way: str) -> None:
    faulty: Proxy = getattr(site, way)
    with _work(site) as load:
        _recover(site, load)
        for _ in range(scale):
            faulty.delay_seconds, faulty.jitter_seconds, faulty.cut_chance = 0.2, 0.1, 0.02
            time.sleep(OUTAGE_SECONDS)
            faulty.cut()
            time.sleep(OUTAGE_SECONDS)
            faulty.mend()
            _recover(site, load)
            faulty.is_half_open = True
            time.sleep(OUTAGE_SECONDS)
            faulty.mend()
            _recover(site, load)
    check(site.platform, site.world, load.ids)
