"""Spans of what goes over Kafka and between services, where links take the place of parents."""

from __future__ import annotations

import asyncio
from uuid import uuid4

from alur_common.calls.channels import Channels
from alur_common.calls.replies import PORT, RemoteReplies, ReplyPort
from alur_common.calls.server import CallsServer
from alur_common.calls.settings import CallSettings
from alur_common.events import ExecutionRequested
from alur_common.kafka.admin import apply_topics
from alur_common.kafka.bus import KafkaBus
from alur_common.kafka.topics import RETRIES
from alur_common.replies import LocalReplies, Outcome
from alur_common.telemetry import Metrics
from alur_common.telemetry.tracing import Kind, Span
from tests.support.recorded import Kept, recording

SECONDS = 20
SHORT = dict.fromkeys(RETRIES, 0.05)


async def test_a_record_that_is_tried_again_is_linked_to_who_sent_it(kafka_servers: str) -> None:
    await apply_topics(kafka_servers)
    kept, key, tried, done = Kept(), uuid4().hex, [0], asyncio.Event()
    tracer = recording(kept)

    async def handle(event: ExecutionRequested) -> None:
        tried[0] += 1
        if tried[0] == 1:
            raise ValueError("once")
        done.set()

    bus = KafkaBus(
        kafka_servers,
        service="test",
        worker=uuid4().hex,
        metrics=Metrics(),
        tracer=tracer,
        delays=SHORT,
    )
    bus.subscribe(ExecutionRequested, uuid4().hex, handle, when=lambda event: event.key == key)
    await bus.start()
    with tracer.begin("request", Kind.SERVER) as request:
        await bus.publish(ExecutionRequested(key, "t"))
    async with asyncio.timeout(SECONDS):
        await done.wait()
    await bus.close()
    sent = next(s for s in kept.spans if s.name.startswith("send ") and s.parent is not None)
    # The group reads what others have left in the topic, too.
    spans = [
        span
        for span in kept.spans
        if span.name.startswith("process ")
        and not span.error
        and (span.parent == sent.point or sent.point in span.links)
    ]
    first, again = sorted(spans, key=lambda span: len(span.links))
    assert (first.parent, first.point.trace_id) == (sent.point, request.point.trace_id)
    assert (again.parent, again.links) == (None, (sent.point,))
    assert again.point.trace_id != request.point.trace_id
    assert again.attributes["messaging.destination.name"].endswith(".retry.5s")


async def test_replies_that_go_together_are_linked_to_each_of_their_traces() -> None:
    kept, calls = Kept(), CallSettings()
    tracer, local = recording(kept), LocalReplies()
    server, channels = CallsServer(calls, tracer=tracer), Channels(calls)
    server.serve(PORT, [ReplyPort(local).deliver])
    address = f"127.0.0.1:{await server.start('127.0.0.1', 0)}"
    replies = RemoteReplies(channels, tracer)
    ended: list[Span] = []
    with local.expect("e0") as one, local.expect("e1") as two, local.expect("e2") as three:
        for number in range(3):
            with tracer.begin("execution", Kind.INTERNAL) as span:
                replies.send(address, f"e{number}", Outcome("ended", "succeeded"))
            ended.append(span)
        async with asyncio.timeout(SECONDS):
            await asyncio.gather(one, two, three)
    await replies.close()
    await channels.close()
    await server.stop(0)
    together = next(span for span in kept.spans if span.name == "replies")
    assert together.links == tuple(span.point for span in ended)
    served = [span for span in kept.spans if span.kind is Kind.SERVER]
    assert {span.point.trace_id for span in served} == {together.point.trace_id}
