"""Checklist, section 3: a client of a workflow's broker reaches nothing past the guard, also when it is closed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from alur_common.kafka import reaching
from alur_common.kafka.reaching import Reach, release
from alur_common.outbound.allowed import AllowedNetworks
from alur_common.outbound.guard import Guard
from alur_executor.adapters import kafka_producers
from alur_executor.adapters.kafka_producers import Producers
from alur_sdk.errors import Retryable
from alur_sdk.nodes import KafkaRecord
from alur_sdk.testing import FakeSecret
from tests.support.kafka_stub import kafka_stub
from tests.support.tcp_server import tcp_server


class Private:
    """A server that the guard refuses."""

    def __init__(self) -> None:
        self.connections = 0
        self.port = 0

    async def serve(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        writer.close()


@pytest.fixture
async def private() -> AsyncIterator[Private]:
    server = Private()
    async with tcp_server(server.serve) as server.port:
        yield server


def credential(port: int) -> FakeSecret:
    return FakeSecret("kafka", {"brokers": f"127.0.0.1:{port}", "tls": "off"})


@pytest.mark.parametrize("is_closed", [False, True])
async def test_34_a_closed_client_connects_no_more_than_one_that_is_refused(
    private: Private, is_closed: bool
) -> None:
    options = Reach("", Guard()).options(credential(private.port))
    if is_closed:
        release(options)
    name = {"client_id": options["client_id"], "request_timeout_ms": 1000}
    with pytest.raises(OSError, match="was closed" if is_closed else "127.0.0.1"):
        await reaching._connect_guarded("127.0.0.1", private.port, **name)
    assert private.connections == 0


async def test_34_a_producer_that_is_dropped_while_it_cannot_send_tries_no_more(
    private: Private, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kafka_producers, "STOP_SECONDS", 0.2)
    others = asyncio.all_tasks()
    async with kafka_stub("127.0.0.1", private.port, stays=True) as broker:
        others |= asyncio.all_tasks()
        guard = Guard(AllowedNetworks.parse(f"127.0.0.1:{broker}"))
        producers = Producers(Reach("", guard))
        record = KafkaRecord("orders", None, b"x", (), "leader", 1.0)
        with pytest.raises(Retryable, match="is not public"):
            await producers.send(record, credential(broker))
        await producers.close()
        left = {task for task in asyncio.all_tasks() - others if "aiokafka" in repr(task)}
        assert (left, private.connections) == (set(), 0)
