"""Checklist, section 3: the allow list of a project holds at the socket, for each type that takes a host."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

import pytest
from structlog.testing import capture_logs

from alur_common.outbound import AllowLists, Asker, Guards
from alur_common.security.records import UnsealedCredential
from alur_executor.adapters.ways import GuardedWays
from alur_nodes.registry import node_class
from alur_scheduler.adapters.readers import KafkaReaders
from alur_scheduler.domain.records import Reading
from alur_sdk import HttpRequest
from alur_sdk.errors import AlurError
from alur_sdk.testing import FakeContext, FakeSecret, items_of, run_node
from tests.security.test_outbound_nodes import ATTEMPTS, began_now, resolver
from tests.support.connections import watched
from tests.support.http_server import http_answer, local_server

Attempt = Callable[[Guards, str, int], Awaitable[object]]


def asker(project: str) -> Asker:
    return Asker("default", project, "w", "e-1", "out")


def secret(port: int) -> FakeSecret:
    return FakeSecret("kafka", {"brokers": f"127.0.0.1:{port}", "tls": "off"})


async def by_request(guards: Guards, project: str, port: int) -> object:
    ways = GuardedWays("", guards)
    try:
        ctx = FakeContext({"main": items_of([{}])}, http=ways.http(asker(project)))
        return await run_node(node_class("http.request"), {"url": f"http://127.0.0.1:{port}/"}, ctx)
    finally:
        await ways.close()


async def by_produce(guards: Guards, project: str, port: int) -> object:
    ways = GuardedWays("", guards)
    try:
        secrets = {"brokers": secret(port)}
        kafka = ways.kafka(asker(project))
        ctx = FakeContext({"main": items_of([{}])}, kafka=kafka, secrets=secrets)
        params = {"topic": "orders", "timeout": "PT3S"}
        return await run_node(node_class("kafka.produce"), params, ctx)
    finally:
        await ways.close()


async def by_reading(guards: Guards, project: str, port: int) -> object:
    reading = Reading(
        id="r", uid="u", tenant="default", project=project, workflow="w", trigger="out",
        topic="orders", group="g", begins="latest", value="json", size=1, seconds=1, credential="k",
    )  # fmt: skip
    named = UnsealedCredential("kafka", secret(port).fields)
    async with KafkaReaders("", guards.of, "worker").open(reading, named, {}, began_now):
        return None


BY: dict[str, Attempt] = {
    "http.request": by_request,
    "kafka.produce": by_produce,
    "trigger.kafka": by_reading,
}


def test_33_every_type_that_takes_a_host_is_tried_with_a_list() -> None:
    assert set(BY) == set(ATTEMPTS)


@pytest.mark.parametrize("kind", BY)
async def test_33_a_project_reaches_its_own_networks_and_no_other_does(kind: str) -> None:
    """Port 9 of this machine: the watch sees the attempt and lets none through."""
    guards = Guards(AllowLists.parse("", "shop=127.0.0.0/8:9, other=127.0.0.0/8:10"), resolver())
    with watched() as watch, pytest.raises(AlurError):
        await BY[kind](guards, "other", 9)
    assert watch.tried == []
    with watched() as watch, pytest.raises(AlurError):
        await BY[kind](guards, "shop", 9)
    assert watch.tried
    assert set(watch.tried) == {"connect ('127.0.0.1', 9)"}


@pytest.mark.parametrize("kind", BY)
async def test_33_each_decision_says_which_node_of_whom_it_was_made_for(kind: str) -> None:
    guards = Guards(AllowLists.parse("", "shop=127.0.0.0/8"), resolver())
    for project, event in (("shop", "outbound allowed"), ("other", "outbound refused")):
        with watched(), capture_logs() as lines, pytest.raises(AlurError):
            await BY[kind](guards, project, 9999)
        told = [each for each in lines if each["event"].startswith("outbound")]
        assert {each["event"] for each in told} == {event}
        assert all(
            (each["tenant"], each["project"], each["workflow_name"], each["node"])
            == ("default", project, "w", "out")
            and (each["address"], each["port"]) == ("127.0.0.1", 9999)
            for each in told
        )


async def test_33_each_connection_by_a_name_is_told_as_of_who_asks_for_it() -> None:
    async with AsyncExitStack() as stack:
        closing = http_answer(200, b"{}", connection="close")
        server = await stack.enter_async_context(local_server(lambda _: closing))
        lists = AllowLists.parse("", "shop=127.0.0.1")
        ways = GuardedWays("", Guards(lists, resolver(["127.0.0.1"])))
        stack.push_async_callback(ways.close)
        request = HttpRequest("GET", f"http://inner.example:{server.port}/", timeout_seconds=5)
        with capture_logs() as lines:
            for execution in ("e-1", "e-2"):
                who = asker("shop")._replace(execution=execution)
                await ways.http(who).send(request)
    told = [each["execution"] for each in lines if each["event"] == "outbound allowed"]
    assert told == ["e-1", "e-2"]


async def test_33_a_connection_that_another_project_has_open_is_not_to_be_had() -> None:
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(local_server(lambda _: http_answer(200, b"{}")))
        ways = GuardedWays("", Guards(AllowLists.parse("", "shop=127.0.0.1")))
        stack.push_async_callback(ways.close)
        request = HttpRequest("GET", server.url, timeout_seconds=5)
        assert (await ways.http(asker("shop")).send(request)).status == 200
        with pytest.raises(AlurError, match="not a public address"):
            await ways.http(asker("other")).send(request)
    assert len(server.seen) == 1
