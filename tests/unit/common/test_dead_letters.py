"""A dead letter as it is printed."""

from __future__ import annotations

import pytest
from aiokafka import ConsumerRecord

from alur_common.kafka.dead_letters import _letter, _send_again, _way_back
from alur_common.kafka.settings import KafkaSettings
from alur_sdk.errors import InvalidError

HEADERS = [
    ("ce_id", b"7"),
    ("dlq-topic", b"orders"),
    ("dlq-offset", b"41"),
    ("dlq-error-message", b"no"),
]


def record_with(headers: list[tuple[str, bytes]]) -> ConsumerRecord[bytes, bytes]:
    return ConsumerRecord(*("orders.dlq", 0, 3, 0, 0, None, b"{}", None, -1, 2, headers))


def test_a_letter_shows_its_own_place_that_of_its_record_and_the_headers_as_they_came() -> None:
    shown = _letter(record_with(HEADERS)).shown()
    assert (shown["offset"], shown["topic"], shown["topic-offset"]) == (3, "orders", "41")
    assert (shown["headers"]["ce_id"], shown["error-message"], shown["value"]) == ("7", "no", "{}")
    assert not any(name.startswith("dlq-") for name in shown["headers"])


@pytest.mark.parametrize("headers", [[], HEADERS], ids=["no reasons", "no group"])
async def test_a_letter_that_does_not_say_where_it_came_from_is_named_and_nothing_is_sent(
    headers: list[tuple[str, bytes]],
) -> None:
    good = record_with([*HEADERS, ("dlq-group", b"executor")])
    assert _way_back(good) == ("orders", "executor")
    nowhere = KafkaSettings.load("127.0.0.1:1")
    with pytest.raises(InvalidError, match=r"offset 3 .*dlq drop orders\.dlq --offset 3"):
        await _send_again(nowhere, [good, record_with(headers)])
    assert _letter(record_with(headers)).told("group") == "-"
