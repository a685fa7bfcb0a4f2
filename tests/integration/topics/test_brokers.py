"""Brokers that a credential names: TLS, users that sign in, and nothing that the outbound guard refuses."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest

from alur_api.workflows.v1 import workflows_pb2 as pb
from alur_api.workflows.v1.workflows_pb2_grpc import WorkflowsServiceStub
from alur_common.events import ExecutionRequested
from alur_common.kafka.admin import apply_topics
from alur_common.kafka.bus import KafkaBus
from alur_common.telemetry import Metrics
from alur_sdk.errors import UnavailableError
from tests.integration.topics.conftest import (
    PROJECT,
    Outside,
    ended,
    outputs,
    put,
    status_of,
    until,
    workflow,
)
from tests.support.alur_dev import AlurDev, alur_dev, free_ports
from tests.support.certificates import self_signed
from tests.support.servers import running
from tools.servers import kafka

USER, PASSWORD = "shop", "correct horse"


@dataclass
class Broker:
    outside: Outside
    fields: dict[str, str]


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A broker that wants TLS and a user."""
    folder = tmp_path_factory.mktemp("guarded")
    certificate_file, key_file = self_signed(folder)
    certificate = certificate_file.read_text()
    identity = folder / "identity.pem"
    identity.write_text(key_file.read_text() + certificate)
    (port,) = free_ports(1)
    guarded = kafka.Guarded(port, USER, PASSWORD, identity)
    for _ in running(lambda place: kafka.server(place, guarded=guarded), folder / "kafka"):
        options: dict[str, Any] = {
            "security_protocol": "SASL_SSL",
            "ssl_context": ssl.create_default_context(cadata=certificate),
            "sasl_mechanism": "PLAIN",
            "sasl_plain_username": USER,
            "sasl_plain_password": PASSWORD,
        }
        address = f"127.0.0.1:{port}"
        fields = {"brokers": address, "username": USER, "password": PASSWORD, "ca": certificate}
        yield Broker(Outside(address, options), fields)


@pytest.fixture(scope="module")
def single(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AlurDev]:
    """One process without a broker of its own, which may reach this machine."""
    data: Path = tmp_path_factory.mktemp("single") / "data"
    with alur_dev(data, {"ALUR_OUTBOUND_ALLOW": "127.0.0.0/8"}) as server:
        yield server


def keep(platform: AlurDev, name: str, fields: dict[str, str]) -> None:
    path = f"{PROJECT}/credentials/{name}"
    answer = platform.rest.put(path, json={"type": "kafka", "fields": fields})
    assert answer.status_code in (200, 201), answer.text


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-512", "PLAIN"])
def test_records_come_and_go_by_tls_and_a_user(
    single: AlurDev, broker: Broker, mechanism: str
) -> None:
    name = f"by-{mechanism.lower()}"
    come, go = broker.outside.make(f"{name}-come", 1), broker.outside.make(f"{name}-go", 1)
    keep(single, name, {**broker.fields, "mechanism": mechanism})
    brokers = {"credentials": {"brokers": name}}
    params = {"topic": go, "key": "{{ $json.key }}", "value": {"seen": "{{ $json.value }}"}}
    trigger = {"type": "trigger.kafka", "params": {"topic": come, "from": "earliest"}, **brokers}
    node = {"name": "write", "type": "kafka.produce", "params": params, **brokers}
    shown = put(single, workflow(name, trigger, node))
    assert "BrokerFound" not in {c["type"] for c in shown["status"]["conditions"]}
    broker.outside.send(come, b"1", b"2", key=b"k")
    written = outputs(single, name, 2)
    assert sorted(item["offset"] for item in written) == [0, 1]
    records = broker.outside.read(go, 5, 2)
    assert sorted(record.value for record in records) == [b'{"seen":1}', b'{"seen":2}']
    assert {record.key for record in records} == {b"k"}
    keys = [dict(record.headers)["idempotency-key"] for record in records]
    assert len(set(keys)) == 2
    until(lambda: status_of(single, name).get("lag") == 0)
    (told,) = by_grpc(single, name).triggers
    assert (told.type, told.HasField("lag"), told.lag, told.error) == ("trigger.kafka", True, 0, "")


def test_a_wrong_password_stands_in_the_status_and_not_itself(
    single: AlurDev, broker: Broker
) -> None:
    keep(single, "wrong", {**broker.fields, "password": "of somebody"})
    trigger = {
        "type": "trigger.kafka",
        "params": {"topic": "t"},
        "credentials": {"brokers": "wrong"},
    }
    put(single, workflow("wrong", trigger))
    error = until(lambda: status_of(single, "wrong").get("error"))
    assert "Authentication failed" in error
    assert "of somebody" not in error + single.log.read_text()
    assert by_grpc(single, "wrong").triggers[0].error == error


def by_grpc(platform: AlurDev, name: str) -> pb.Workflow:
    who = [("authorization", f"Bearer {platform.token}")]
    with grpc.insecure_channel(f"127.0.0.1:{platform.grpc_port}") as channel:
        stub: Any = WorkflowsServiceStub(channel)
        found: pb.Workflow = stub.Get(pb.GetRequest(name=name), metadata=who, timeout=10).workflow
        return found


def test_brokers_within_are_refused_unless_they_are_allowed(
    platform: AlurDev, broker: Broker
) -> None:
    keep(platform, "within", broker.fields)
    brokers = {"credentials": {"brokers": "within"}}
    node = {"name": "write", "type": "kafka.produce", "params": {"topic": "t"}, **brokers}
    trigger = {"type": "trigger.kafka", "params": {"topic": "t"}, **brokers}
    put(platform, workflow("within", trigger, node))
    assert "address that is not public" in until(lambda: status_of(platform, "within").get("error"))
    put(platform, workflow("writes-within", {"type": "trigger.manual"}, node))
    ran = platform.run("writes-within", [{}])
    assert ran["status"] == "failed"
    assert "address that is not public" in ran["error"]["message"]


def test_the_installations_own_topics_are_written_by_no_workflow(distributed: AlurDev) -> None:
    params = {"topic": "{{ $json.topic }}"}
    node = {"name": "write", "type": "kafka.produce", "params": params}
    put(distributed, workflow("forges", {"type": "trigger.manual"}, node))
    ran = distributed.run("forges", [{"topic": "alur.execution.run.admitted.v1"}])
    assert ran["status"] == "failed"
    assert "the installation's own" in ran["error"]["message"]
    ran = distributed.run("forges", [{"topic": "no-such-topic"}])
    assert "no topic no-such-topic" in ran["error"]["message"]


def test_what_one_workflow_writes_another_reads_over_the_installations_broker(
    distributed: AlurDev, outside: Outside
) -> None:
    topic = outside.make("relayed", 1)
    params = {"topic": topic, "from": "earliest"}
    put(distributed, workflow("reads", {"type": "trigger.kafka", "params": params}))
    node = {"name": "write", "type": "kafka.produce", "params": {"topic": topic}}
    put(distributed, workflow("writes", {"type": "trigger.manual"}, node))
    assert distributed.run("writes", [{"n": 1}, {"n": 2}])["status"] == "succeeded"
    assert sorted(item["value"]["n"] for item in outputs(distributed, "reads", 2)) == [1, 2]
    assert ended(distributed, "writes", 1)


def said(
    broker: Broker, folder: Path, environment: pytest.MonkeyPatch, but: dict[str, str | None]
) -> None:
    """Say in the environment how the broker is reached, but for what is wrong; None: nothing."""
    authority = folder / "ca.pem"
    authority.write_text(broker.fields["ca"])
    usual = {"SECURITY_PROTOCOL": "SASL_SSL", "USER": USER, "PASSWORD": PASSWORD}
    for name, value in {**usual, "CA_FILE": str(authority), **but}.items():
        if value is not None:
            environment.setenv(f"ALUR_KAFKA_{name}", value)


async def test_the_bus_of_the_installation_speaks_tls_and_signs_in(
    broker: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said(broker, tmp_path, monkeypatch, {})
    servers = broker.fields["brokers"]
    await apply_topics(servers)
    bus = KafkaBus(servers, service="test", worker="tls", metrics=Metrics())
    heard: asyncio.Queue[str] = asyncio.Queue()

    async def hear(event: ExecutionRequested) -> None:
        heard.put_nowait(event.key)

    bus.subscribe(ExecutionRequested, "tls", hear)
    await bus.start()
    await bus.reach()
    await bus.publish(ExecutionRequested(key="x-1", tenant="t"))
    assert await asyncio.wait_for(heard.get(), 20) == "x-1"
    await bus.close()


@pytest.mark.parametrize(
    "wrong", [{"SECURITY_PROTOCOL": "PLAINTEXT"}, {"PASSWORD": "a guess"}, {"CA_FILE": None}]
)
async def test_a_broker_that_is_not_trusted_or_does_not_trust_us_is_out_of_reach(
    broker: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: dict[str, str | None]
) -> None:
    said(broker, tmp_path, monkeypatch, wrong)
    bus = KafkaBus(broker.fields["brokers"], service="test", worker="tls", metrics=Metrics())
    with pytest.raises(UnavailableError, match="out of reach"):
        await asyncio.wait_for(bus.start(), 60)
    await bus.close()
