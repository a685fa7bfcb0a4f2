"""An operator that hangs, or that a watch tells nothing, does not say that it is well."""

from __future__ import annotations

import asyncio
import threading
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
import yarl

from alur_common.telemetry import Metrics
from alur_operator.adapters.health import SILENT_SECONDS, Health
from alur_operator.adapters.watches import WATCH_SECONDS, Watches
from alur_sdk.errors import UnavailableError
from tests.support.alur_dev import free_ports

HOST = "127.0.0.1"
NEAR, FAR = (f"/apis/alur.dev/v1alpha1/namespaces/{name}/workflows" for name in ("near", "far"))


class Ticking:
    """A clock that goes when told."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


async def begin(watches: Watches, path: str, *, status: int = 200, **query: str) -> None:
    """Send what begins a watch, or another request, and have it answered; by 0 it is not."""
    url = yarl.URL("https://cluster" + path).with_query(query)
    tracing, context = watches.tracing(), SimpleNamespace()
    sent: Any = SimpleNamespace(url=url)
    await tracing.on_request_start[0](None, context, sent)  # type: ignore[arg-type]  # it looks at what is sent alone
    if status:
        ended: Any = SimpleNamespace(url=url, response=SimpleNamespace(ok=status < 400))
        await tracing.on_request_end[0](None, context, ended)  # type: ignore[arg-type]  # as above


async def asked(health: Health, path: str) -> tuple[int, str]:
    (port,) = free_ports(1)
    async with health.served(HOST, port), httpx.AsyncClient() as web:
        answer = await web.get(f"http://{HOST}:{port}{path}")
        return answer.status_code, answer.text


async def test_who_waits_for_the_lease_lives_and_is_of_no_use() -> None:
    assert await asked(Health(), "/livez") == (200, "alive\n")
    code, said = await asked(Health(), "/healthz")
    assert (code, "waits for the lease" in said) == (503, True)


@pytest.mark.parametrize(("seconds", "code"), [(0, 200), (SILENT_SECONDS, 200), (SILENT_SECONDS + 1, 503)])  # fmt: skip
async def test_health_fails_when_a_watch_is_silent_for_too_long(seconds: float, code: int) -> None:
    health = Health()
    with health.working(lambda: seconds):
        found, said = await asked(health, "/healthz")
        assert (found, f"{seconds:.0f} s" in said) == (code, True)
        assert (await asked(health, "/livez"))[0] == 200, "a restart brings no cluster back"
    assert (await asked(health, "/healthz"))[0] == 503


async def test_one_dead_watch_of_many_is_seen() -> None:
    clock = Ticking()
    watches = Watches(Metrics(), clock)
    await begin(watches, FAR, watch="true")
    while clock.now <= SILENT_SECONDS:
        assert watches.silent_seconds() <= SILENT_SECONDS
        await begin(watches, NEAR, watch="true")
        clock.now += WATCH_SECONDS
    assert watches.silent_seconds() > SILENT_SECONDS
    await begin(watches, FAR)
    assert watches.silent_seconds() > SILENT_SECONDS, "a list is no watch"
    for status in (0, 403, 500):
        await begin(watches, FAR, status=status, watch="true")
        assert watches.silent_seconds() > SILENT_SECONDS, "it was asked for, and not given"
    await begin(watches, FAR, watch="true")
    assert watches.silent_seconds() == WATCH_SECONDS


async def test_watches_that_never_begin_are_silent_from_the_start() -> None:
    clock = Ticking()
    watches = Watches(Metrics(), clock)
    clock.now = 7.0
    assert watches.silent_seconds() == 7.0


async def test_a_port_that_is_taken_is_told_with_its_setting() -> None:
    (port,) = free_ports(1)
    async with Health().served(HOST, port):
        with pytest.raises(UnavailableError, match="ALUR_HEALTH_PORT"):
            await Health().served(HOST, port).__aenter__()


@pytest.mark.parametrize("path", ["/livez", "/healthz"])
def test_a_loop_that_hangs_answers_nothing_and_again_when_it_goes_on(path: str) -> None:
    (port,) = free_ports(1)
    url = f"http://{HOST}:{port}{path}"
    loop, served, over = asyncio.new_event_loop(), threading.Event(), asyncio.Event()

    async def work() -> None:
        health = Health()
        with health.working(lambda: 0):
            async with health.served(HOST, port):
                served.set()
                await over.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(work(),))
    thread.start()
    goes_on = threading.Event()
    try:
        assert served.wait(10)
        assert httpx.get(url, timeout=10).status_code == 200
        loop.call_soon_threadsafe(goes_on.wait)
        with pytest.raises(httpx.TimeoutException):
            httpx.get(url, timeout=0.3)
        goes_on.set()
        assert httpx.get(url, timeout=10).status_code == 200
    finally:
        goes_on.set()
        loop.call_soon_threadsafe(over.set)
        thread.join()
        loop.close()
