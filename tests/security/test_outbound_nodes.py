"""Lines 33 and 34 of the security checklist: every vector against every node type that takes a host."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

import alur_common
from alur_common.outbound import AllowedNetworks, Guard, Resolver
from alur_common.security.records import UnsealedCredential
from alur_executor.adapters.http_client import HttpClient
from alur_executor.adapters.kafka_client import KafkaClient
from alur_nodes.registry import node_class, own_types
from alur_registry.domain.credential_types import TYPES
from alur_scheduler.adapters.readers import KafkaReaders
from alur_scheduler.domain.records import Reading
from alur_sdk import NodeContext
from alur_sdk.errors import AlurError
from alur_sdk.testing import FakeContext, FakeSecret, items_of, run_node
from tests.support.connections import watched
from tests.support.http_server import http_answer, local_server
from tests.support.kafka_stub import kafka_stub
from tests.support.outbound_vectors import REFUSED_ADDRESSES, REFUSED_URLS
from tests.support.tcp_server import tcp_server

PUBLIC = "93.184.216.34"
HOST_WORD = re.compile(
    r"\b(url|uri|host|hostname|servers?|brokers?|endpoint|address|dsn|proxy|origin|callback)\b",
    re.IGNORECASE,
)
TAKES_NO_HOST = {
    "trigger.webhook": "its `path` is the end of an address of ours, that others call",
}
"""Types that speak of an address and connect nowhere."""
OUTWARD = {"http": "http.request", "kafka": "kafka.produce"}
"""The ports of a node's context that lead out, and a node that uses each."""


def catalogue() -> list[dict[str, Any]]:
    told = Path(alur_common.__file__).with_name("catalogue.json").read_text()
    items: list[dict[str, Any]] = json.loads(told)["items"]
    return items


def named(schema: object) -> Iterator[str]:
    """Yield the fields of a JSON schema, at any depth, that speak of a host."""
    if isinstance(schema, Mapping):
        fields = schema.get("properties")
        for name, field in fields.items() if isinstance(fields, Mapping) else ():
            words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
            if HOST_WORD.search(f"{words} {field.get('format')} {field.get('description')}"):
                yield name
        for part in schema.values():
            yield from named(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from named(part)


def takes_a_host(kind: Mapping[str, Any]) -> bool:
    """Whether a node type of the catalogue is told where to connect to, by itself or by a credential."""
    reaching = {each.type for each in TYPES if list(named(each.shown()["schema"]))}
    slots = {name for slot in kind["credentials"] for name in slot["types"]}
    return bool(list(named(kind["parameters"])) or slots & reaching)


def resolver(answers: Sequence[str] = (PUBLIC,)) -> Resolver:
    """Return what finds any name; an address is found as itself, as the system would."""

    async def asked(host: str, port: int) -> Sequence[str]:
        try:
            return [str(ip_address(host))]
        except ValueError:
            return answers

    return asked


Attempt = Callable[[str, Guard], Awaitable[object]]


async def by_request(url: str, guard: Guard) -> object:
    http = HttpClient(guard)
    try:
        ctx = FakeContext({"main": items_of([{}])}, http=http)
        return await run_node(node_class("http.request"), {"url": url}, ctx)
    finally:
        await http.close()


def kafka_credential(brokers: str) -> FakeSecret:
    return FakeSecret("kafka", {"brokers": brokers, "tls": "off"})


async def by_produce(brokers: str, guard: Guard) -> object:
    kafka = KafkaClient("", guard)
    try:
        secrets = {"brokers": kafka_credential(brokers)}
        ctx = FakeContext({"main": items_of([{}])}, kafka=kafka, secrets=secrets)
        params = {"topic": "orders", "timeout": "PT3S"}
        return await run_node(node_class("kafka.produce"), params, ctx)
    finally:
        await kafka.close()


async def began_now(count: int) -> int:
    return count


async def by_reading(brokers: str, guard: Guard) -> object:
    reading = Reading(
        id="r", uid="u", tenant="acme", project="p", workflow="w", trigger="t", topic="orders",
        group="g", begins="latest", value="json", size=1, seconds=1, credential="kafka",
    )  # fmt: skip
    secret = UnsealedCredential("kafka", kafka_credential(brokers).fields)
    async with KafkaReaders("", lambda *_: guard, "worker").open(reading, secret, {}, began_now):
        return None


ATTEMPTS: dict[str, Attempt] = {
    "http.request": by_request,
    "kafka.produce": by_produce,
    "trigger.kafka": by_reading,
}


def as_broker(address: str) -> str:
    return f"[{address}]:9092" if ":" in address else f"{address}:9092"


HOSTS = [
    *map(as_broker, REFUSED_ADDRESSES),
    "2130706433:9092", "017700000001:9092", "0x7f000001:9092", "127.1:9092", "127.0.0.1.:9092",
    "1.2.3.4.5:9092", "１２７.０.０.１:9092", "127。0。0。1:9092", "a@127.0.0.1:9092",  # noqa: RUF001  # these digits are the attack
    "metadata.google.internal:9092", "METADATA:9092", "instance-data.:9092",
    "example.com:22", "example.com:25", "example.com:1023", "1.1.1.1:6", "exa mple.com:9092",
    "example.com\\@127.0.0.1:9092", "unix:/run/x.sock", "/run/x.sock", "http://127.0.0.1:9092",
    "%31%32%37.0.0.1:9092", "exam_ple..com:9092", f"{'a' * 64}.com:9092", "-a.com:9092",
]  # fmt: skip
TRIMMED = " http://example.com/"
"""What the node takes without the space."""
VECTORS = {
    "http.request": [url for url in REFUSED_URLS if url != TRIMMED],
    "kafka.produce": HOSTS,
    "trigger.kafka": HOSTS,
}
CASES = [(kind, vector) for kind, vectors in VECTORS.items() for vector in vectors]


LED_TO = ("10.0.0.1", "169.254.169.254", "::1", "within.example")


def test_33_every_type_that_takes_a_host_is_attacked_here() -> None:
    found = {each["type"] for each in catalogue() if takes_a_host(each)} - set(TAKES_NO_HOST)
    assert found == set(ATTEMPTS) == set(VECTORS)
    assert all(len(vectors) >= 49 for vectors in VECTORS.values())


def test_33_a_context_leads_out_by_the_ports_that_are_attacked_here() -> None:
    """`code` and `files` lead to no network; whatever else is new has to be attacked here too."""
    ports = {name for name, value in vars(NodeContext).items() if isinstance(value, property)}
    assert ports == {*OUTWARD, "code", "files"}
    users = {kind for port in OUTWARD for kind in own_types() if f"ctx.{port}." in source(kind)}
    assert users == set(OUTWARD.values())


def source(kind: str) -> str:
    module = sys.modules[node_class(kind).__module__]
    return Path(str(module.__file__)).read_text()


@pytest.mark.parametrize(("kind", "vector"), CASES, ids=lambda value: ascii(value)[:60])
async def test_33_a_place_within_is_refused_before_anything_is_connected(
    kind: str, vector: str
) -> None:
    with watched() as watch, pytest.raises((AlurError, ValidationError)):
        await ATTEMPTS[kind](vector, Guard(resolver=resolver()))
    assert watch.tried == []


@pytest.mark.parametrize("answers", [["127.0.0.1"], ["::1"], [PUBLIC, "10.0.0.1"], ["fe80::1%1"]])
@pytest.mark.parametrize("kind", ATTEMPTS)
async def test_33_a_name_that_leads_within_is_refused(kind: str, answers: list[str]) -> None:
    named = "http://within.example:8080/" if kind == "http.request" else "within.example:9092"
    with watched() as watch, pytest.raises(AlurError, match="address that is not public"):
        await ATTEMPTS[kind](named, Guard(resolver=resolver(answers)))
    assert watch.tried == []


@pytest.mark.parametrize("kind", ATTEMPTS)
async def test_33_a_name_that_changes_its_answer_is_connected_to_where_it_was_checked(
    kind: str,
) -> None:
    turns = iter([[PUBLIC], *[["10.0.0.1"]] * 9])

    async def rebinding(host: str, port: int) -> Sequence[str]:
        return next(turns)

    named = "http://turns.example:8080/" if kind == "http.request" else "turns.example:9092"
    with watched() as watch, pytest.raises(AlurError):
        await ATTEMPTS[kind](named, Guard(resolver=rebinding))
    assert {each.split("'")[1] for each in watch.tried} == {PUBLIC}


ABSOLUTE = [url for url in REFUSED_URLS if re.match(r"[a-z+]+:", url) and url.isprintable()]


@pytest.mark.parametrize("location", ABSOLUTE, ids=lambda url: ascii(url)[:60])
async def test_33_a_redirect_leads_nowhere_that_an_address_may_not(location: str) -> None:
    written = location.encode("utf-8", "replace").decode("latin-1")
    async with local_server(lambda _: http_answer(302, location=written)) as server:
        guard = Guard(AllowedNetworks.parse(f"127.0.0.1:{server.port}"), resolver())
        with watched(server.port) as watch, pytest.raises(AlurError):
            await by_request(server.url, guard)
    assert watch.tried == []


async def test_33_a_broker_leads_to_no_other_broker_within() -> None:
    async def said(address: str) -> str:
        async with kafka_stub(address, 9092) as port:
            watch.servers.add(port)
            guard = Guard(AllowedNetworks.parse(f"127.0.0.1:{port}"), resolver(["10.0.0.1"]))
            with pytest.raises(AlurError) as refused:
                await by_produce(f"127.0.0.1:{port}", guard)
            return refused.value.message

    with watched() as watch:
        told = await asyncio.gather(*map(said, LED_TO))
    assert all(re.search("not (a )?public", each) for each in told), told
    assert watch.tried == []


@pytest.mark.parametrize("kind", ["kafka.produce", "trigger.kafka"])
async def test_33_a_broker_that_announces_a_vast_answer_fills_no_memory(kind: str) -> None:
    sent = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await reader.readexactly(4)
        writer.write((1_500_000_000).to_bytes(4, "big"))
        with suppress(ConnectionError):
            while sent < 60_000_000 and not writer.is_closing():
                writer.write(bytes(100_000))
                await writer.drain()
                sent += 100_000
        writer.close()

    async with tcp_server(serve) as port:
        guard = Guard(AllowedNetworks.parse(f"127.0.0.1:{port}"), resolver())
        with pytest.raises(AlurError) as refused:
            await ATTEMPTS[kind](f"127.0.0.1:{port}", guard)
    assert "announces an answer of 1500000000 bytes" in refused.value.message
    assert sent < 50_000_000


@pytest.mark.parametrize("name", ["http_proxy", "HTTPS_PROXY", "ALL_PROXY", "KAFKA_PROXY"])
@pytest.mark.parametrize("kind", ATTEMPTS)
async def test_33_no_proxy_of_the_environment_is_used(
    kind: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "http://127.0.0.1:3128")
    named = "http://outside.example:8080/" if kind == "http.request" else "outside.example:9092"
    with watched() as watch, pytest.raises(AlurError):
        await ATTEMPTS[kind](named, Guard(resolver=resolver()))
    assert {each.split("'")[1] for each in watch.tried} == {PUBLIC}
