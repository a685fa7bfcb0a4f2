"""The platform as processes of its own that trust certificates alone, and whose public port speaks TLS."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from alur_api.nodes.v1 import nodes_pb2
from alur_api.nodes.v1.nodes_pb2_grpc import NodeTypesServiceStub
from alur_common.kafka.admin import apply_topics
from tests.support.alur_dev import ROOT, AlurDev, alur_dev
from tests.support.health import health_of
from tests.support.refused import (
    cause_trouble,
    publish_as_somebody_who_leaves,
    refused_run,
    told_by,
)
from tools.servers.certificates import write_certificates


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Certificates of one authority."""
    folder = tmp_path_factory.mktemp("certificates")
    write_certificates(folder)
    return folder


@pytest.fixture(scope="module")
def guarded(
    tmp_path_factory: pytest.TempPathFactory,
    folder: Path,
    kafka_servers: str,
    mongo_url: str,
) -> Iterator[AlurDev]:
    files = {"CERTIFICATE": "server.crt", "KEY": "server.key", "AUTHORITY": "ca.crt"}
    data = tmp_path_factory.mktemp("guarded") / "data"
    asyncio.run(apply_topics(kafka_servers))  # a broker that has just been started takes its time
    servers = {
        "ALUR_KAFKA": kafka_servers,
        "ALUR_MONGO": mongo_url.rpartition("/")[0] + "/guarded",
        "ALUR_BLOBS": str(data.parent / "blobs"),
    }
    between = {f"ALUR_CALLS_{name}": str(folder / file) for name, file in files.items()}
    public = {f"ALUR_GRPC_{name}": str(folder / files[name]) for name in ("CERTIFICATE", "KEY")}
    with alur_dev(
        data, {**servers, **between, **public}, ("--distributed", "--executors", "1")
    ) as platform:
        yield platform


def test_services_that_trust_certificates_alone_run_a_workflow(guarded: AlurDev) -> None:
    guarded.apply(ROOT / "examples/price-line.yaml")
    ended = guarded.run("price-line", [{"sku": "A", "price": 10, "quantity": 12}])
    assert (ended["status"], ended["output"]) == ("succeeded", [{"sku": "A", "amount": 108}])


def test_what_is_refused_in_any_process_reaches_the_audit_log(guarded: AlurDev) -> None:
    execution = cause_trouble(guarded)
    told = told_by(guarded)
    assert set(told) == {"address-refused", "code-stopped", "proof-refused", "sign-in-refused"}
    for kind in ("address-refused", "code-stopped"):
        assert told[kind]["execution"] == execution


def test_rights_that_were_taken_away_count_in_other_processes_too(guarded: AlurDev) -> None:
    publish_as_somebody_who_leaves(guarded, "orphan")
    assert refused_run(guarded, "orphan")["error"]["code"] == "forbidden"


async def test_none_of_them_answers_in_plain_text(guarded: AlurDev, folder: Path) -> None:
    addresses = guarded.addresses()
    authority, key, certificate = (
        (folder / f).read_bytes() for f in ("ca.crt", "server.key", "server.crt")
    )
    known = grpc.ssl_channel_credentials(authority, key, certificate)
    assert len(addresses) >= 4
    for address in addresses:
        assert await health_of(address, "", credentials=known) == [("SERVING", "")]
        for credentials in (None, grpc.ssl_channel_credentials(authority)):
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await health_of(address, "", credentials=credentials)
            assert refused.value.code() is grpc.StatusCode.UNAVAILABLE


def test_the_public_port_is_called_by_tls_and_a_token(guarded: AlurDev, folder: Path) -> None:
    credentials = grpc.ssl_channel_credentials((folder / "ca.crt").read_bytes())
    address = f"127.0.0.1:{guarded.grpc_port}"
    who = [("authorization", f"Bearer {guarded.token}")]
    request = nodes_pb2.GetRequest(type="core.set")
    with grpc.secure_channel(address, credentials) as channel:
        stub: Any = NodeTypesServiceStub(channel)
        assert stub.Get(request, metadata=who, timeout=10).node_type.type == "core.set"
    with grpc.insecure_channel(address) as channel:
        stub = NodeTypesServiceStub(channel)
        with pytest.raises(grpc.RpcError):
            stub.Get(request, metadata=who, timeout=10)
