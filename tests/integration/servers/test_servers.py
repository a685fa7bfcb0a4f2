"""Each real server takes what Alur's adapters rely on, so that a failure elsewhere is not the server's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import obstore
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from obstore.exceptions import AlreadyExistsError
from obstore.store import S3Store
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from pymongo import AsyncMongoClient
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.write_concern import WriteConcern

from tests.support.servers import Collector

SECONDS = 20
MAJORITY = WriteConcern("majority", j=True)


@pytest.fixture
async def topic(kafka_servers: str) -> AsyncIterator[str]:
    name = f"smoke-{uuid4().hex}"
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_servers)
    await admin.start()
    await admin.create_topics([NewTopic(name, 1, 1)])
    yield name
    await admin.delete_topics([name])
    await admin.close()


async def test_kafka_gives_back_what_all_replicas_acknowledged(
    kafka_servers: str, topic: str
) -> None:
    async with AIOKafkaProducer(bootstrap_servers=kafka_servers, acks="all") as producer:
        await producer.send_and_wait(topic, b"one", key=b"k")
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=kafka_servers, auto_offset_reset="earliest"
    )
    async with asyncio.timeout(SECONDS), consumer:
        record = await consumer.getone()
    assert (record.key, record.value) == (b"k", b"one")


async def test_mongo_finds_what_a_majority_has_in_its_journal(mongo_url: str) -> None:
    client: AsyncMongoClient[dict[str, Any]]
    async with AsyncMongoClient(mongo_url) as client:
        name = f"smoke-{uuid4().hex[:12]}"
        things: AsyncCollection[dict[str, Any]] = client[name]["things"].with_options(
            write_concern=MAJORITY
        )
        answer = await things.insert_one({"_id": "a", "n": 1})
        assert answer.acknowledged
        assert await things.find_one({"_id": "a"}) == {"_id": "a", "n": 1}
        await client.drop_database(name)


async def test_s3_refuses_the_second_who_creates_a_key(s3_url: str) -> None:
    store = S3Store.from_url(s3_url, client_options={"allow_http": True})
    key = f"smoke-{uuid4().hex}"
    await obstore.put_async(store, key, b"first", mode="create", use_multipart=False)
    with pytest.raises(AlreadyExistsError):
        await obstore.put_async(store, key, b"second", mode="create", use_multipart=False)
    got = await obstore.get_async(store, key)
    assert bytes(await got.bytes_async()) == b"first"
    await obstore.delete_async(store, key)


def test_the_collector_writes_down_what_an_exporter_sends(collector: Collector) -> None:
    name = f"smoke-{uuid4().hex}"
    provider = TracerProvider()
    exporter = OTLPSpanExporter(endpoint=collector.endpoint, insecure=True)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with provider.get_tracer("smoke").start_as_current_span(name):
        pass
    provider.shutdown()
    (request,) = collector.wait_for(name)
    (span,) = request["resourceSpans"][0]["scopeSpans"][0]["spans"]
    assert span["name"] == name
