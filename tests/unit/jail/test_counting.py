"""How many values a runner's answer has is told in little time and memory, whatever it sends."""

from __future__ import annotations

import asyncio
import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alur_jail import counting
from alur_jail.counting import has_more_values
from alur_sdk.items import Json
from tests.support.growth import LINEAR, growth

TEXTS = st.text(alphabet='a",[{\\\n') | st.text()
VALUES = st.recursive(
    st.none() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)
HOSTILE = {
    "escapes in a text without an end": b'"' + rb"\"" * 40_000,
    "escapes without a text": rb"\\" * 40_000,
    "empty texts": b'""' * 40_000,
    "texts in a list": b'["' + b'","' * 30_000,
    "line ends in a text": b'"' + rb",\n" * 30_000,
}


def number_of(value: Json) -> int:
    """Return how many values it is, each with those within."""
    within = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + sum(map(number_of, within))


def has_more(content: bytes, most: int) -> bool:
    return asyncio.run(has_more_values(bytearray(content), most))


@given(VALUES, st.integers(1, 12))
def test_as_many_values_are_told_as_there_are(value: Json, piece: int) -> None:
    content, number = json.dumps(value).encode(), number_of(value)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(counting, "_PIECE", piece)
        # An empty list or object counts for two: what is within might be a value.
        assert not has_more(content, 2 * number)
        assert has_more(content, number - 2)


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE.keys())
def test_what_a_runner_sends_is_counted_in_time_that_grows_with_its_length_alone(
    content: bytes,
) -> None:
    filler = b'"' + b"," * 300_000 + b'"'
    assert growth(lambda times: has_more(filler + content * times, 200_000), 4) < LINEAR


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE.keys())
def test_counting_takes_little_memory(content: bytes) -> None:
    sent = bytearray(b'"' + b"," * 1_000_000 + b'"' + content * 200)
    tracemalloc.start()
    try:
        asyncio.run(has_more_values(sent, 900_000))
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


async def test_others_have_their_turn_while_a_large_answer_is_counted() -> None:
    counted = asyncio.create_task(has_more_values(bytearray(b'"' + b"," * 10_000_000), 1_000_000))
    turns = 0
    while not counted.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns > 100
