"""What a sender or a backlog may do, and the records behind it come all the same."""

from __future__ import annotations

from aiokafka import AIOKafkaProducer

from alur_common.events import ExecutionAdmitted
from alur_common.kafka.encoding import record_of as record_of_event
from alur_common.kafka.topics import dead_letter_topic
from tests.integration.kafka.conftest import MakeBus, key, until
from tests.integration.kafka.reading import record_of
from tests.support.odd_headers import ODD, READ_AS, odd_names_sent


async def test_a_header_whose_name_is_no_text_stops_nobody(make_bus: MakeBus, broker: str) -> None:
    seen: list[str] = []

    async def handle(event: ExecutionAdmitted) -> None:
        seen.append(event.key)

    bus, odd, after = make_bus(), key(), key()
    bus.subscribe(ExecutionAdmitted, f"g-{key()}", handle)
    await bus.start()
    name, value, headers = record_of_event(ExecutionAdmitted(after, "t"), b"/test")
    topic = ExecutionAdmitted.topic
    with odd_names_sent():
        async with AIOKafkaProducer(bootstrap_servers=broker) as producer:
            await producer.send_and_wait(
                topic, b"{", key=odd.encode(), headers=[(ODD, b"1")], partition=0
            )
            await producer.send_and_wait(topic, value, key=name, headers=headers, partition=0)
    await until(lambda: after in seen)
    letter = await record_of(broker, dead_letter_topic(topic, "any"), odd.encode())
    assert (letter.value, letter.headers[0]) == (b"{", (READ_AS, b"1"))
