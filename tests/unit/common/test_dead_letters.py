"""A dead letter as it is printed."""

from __future__ import annotations

from aiokafka import ConsumerRecord

from alur_common.kafka.dead_letters import _letter

HEADERS = [
    ("ce_id", b"7"),
    ("dlq-topic", b"orders"),
    ("dlq-offset", b"41"),
    ("dlq-error-message", b"no"),
]


def test_a_letter_shows_its_own_place_that_of_its_record_and_the_headers_as_they_came() -> None:
    record: ConsumerRecord[bytes, bytes] = ConsumerRecord(
        *("orders.dlq", 0, 3, 0, 0, None, b"{}", None, -1, 2, HEADERS)
    )
    shown = _letter(record).shown()
    assert (shown["offset"], shown["topic"], shown["topic-offset"]) == (3, "orders", "41")
    assert (shown["headers"]["ce_id"], shown["error-message"], shown["value"]) == ("7", "no", "{}")
    assert not any(name.startswith("dlq-") for name in shown["headers"])
