"""Large JSON answers: the same values and refusals as when they are read at once, and turns for others meanwhile."""

from __future__ import annotations

import asyncio
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import from_json, to_json

from alur_nodes import json_pieces
from alur_nodes.json_pieces import AT_ONCE_BYTES, MOST_VALUES, read_json
from alur_sdk import Json

MIB = 1024 * 1024
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text('ab"\\,[]{}é', max_size=30),
    lambda inner: (
        st.lists(inner, max_size=6) | st.dictionaries(st.text('ab"\\,[{', max_size=3), inner)
    ),
    max_leaves=60,
)
NO_JSON = (
    '[1,]', '[,1]', '[1,,2]', '[[1]2]', '[[1][2]]', '[1 2]', '{"a":[1],}', '{"a":[1] "b":2}', '{[1]}', '{"a" [1]}',
    '{"a":1,[2]}', '["a]', '["a\\', '["a\\"', '[1', '[1]]', '[1}', '{"a":1]', '[1] 2', '1 [1]', '[1],[2]', '[1]"a"',
    ',[1]', '"a"[1]', '[NaN]', '[nul]', '[]a', '{"a":}', '[{"a":1 "b":2}]', '[[],]', '[[],,[]]', '\ufeff[1]',
)  # fmt: skip


def read(text: bytes) -> Json:
    return asyncio.run(read_json(text))


@pytest.fixture(autouse=True)
def _small(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let texts of some bytes be large ones."""
    if "piece" in request.fixturenames:
        monkeypatch.setattr(json_pieces, "AT_ONCE_BYTES", -1)
        monkeypatch.setattr(json_pieces, "_FEW_VALUES", -1)
        monkeypatch.setattr(json_pieces, "_PIECE_BYTES", request.getfixturevalue("piece"))


@pytest.mark.parametrize("counts_each", [True, False])
@pytest.mark.parametrize("piece", [0, 20])
def test_what_is_read_in_pieces_is_what_is_read_at_once(
    piece: int, counts_each: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if counts_each:
        monkeypatch.setattr(json_pieces, "_MANY", json_pieces._EACH)

    @given(VALUES, st.sampled_from([None, 2]))
    def check(value: object, indent: int | None) -> None:
        text = to_json(value, indent=indent)
        expected = from_json(text)
        assert (found := read(text)) == expected
        assert to_json(found) == to_json(expected)  # the order of keys too

    check()


@pytest.mark.parametrize("counts_each", [True, False])
@pytest.mark.parametrize("piece", [0, 20])
@pytest.mark.parametrize("text", NO_JSON)
def test_what_is_no_json_is_refused_in_pieces_too(
    piece: int, counts_each: bool, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if counts_each:
        monkeypatch.setattr(json_pieces, "_MANY", json_pieces._EACH)
    with pytest.raises(ValueError, match="line 1"):
        from_json(text, allow_inf_nan=False)
    with pytest.raises(ValueError, match=r"byte \d|line 1"):
        read(text.encode())


@pytest.mark.parametrize("piece", [0, 20])
def test_the_last_of_equal_keys_counts_in_pieces_too(piece: int) -> None:
    text = b'{"a":1,"b":[1],"a":[2],"b":3,"c":{"a":[1],"a":{}}}'
    assert to_json(read(text)) == to_json(from_json(text))


@pytest.mark.parametrize("piece", [0, 20])
def test_a_text_of_many_escapes_is_read_in_pieces_too(piece: int) -> None:
    text = to_json(['\\"' * 10_000, "a" * 100_000, ["x", '"']])
    assert read(text) == from_json(text)


LARGE = {
    "empty lists": b"[" + b"[]," * 300_000 + b"[]]",
    "one list in many": b"[" * 90 + b"[" + b"[]," * 300_000 + b"[]]" + b"]" * 90,
    "objects": b"[" + b'{"id":1,"name":"some name","tags":["a","b"]},' * 60_000 + b"{}]",
    "a field with a list": b'{"data":[' + b"1," * 900_000 + b"1]}",
    "nested ends": b"".join(b"[" + b"[]," * 8_000 for _ in range(30)) + b"[]" + b"]" * 30,
}


@pytest.mark.parametrize("name", LARGE)
async def test_others_have_their_turn_while_a_large_answer_is_read(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns, ended, sizes = 0, False, list[int]()

    def parsed(piece: bytes, **options: bool) -> Json:
        sizes.append(len(piece))
        return from_json(piece, **options)

    async def others() -> None:
        nonlocal turns
        while not ended:
            turns += 1
            await asyncio.sleep(0)

    monkeypatch.setattr(json_pieces, "from_json", parsed)
    watching = asyncio.create_task(others())
    await asyncio.sleep(0)
    assert await read_json(LARGE[name]) == from_json(LARGE[name])
    ended = True
    await watching
    assert turns > 5
    assert max(sizes) < 2 * AT_ONCE_BYTES


@pytest.mark.parametrize("end", [b"", b"\\", b'\\"'])
async def test_a_text_that_does_not_end_is_refused_in_no_time(end: bytes) -> None:
    body = b"[" * 150_000 + b'"' + b'\\"' * 2_000_000 + end
    began = time.process_time()
    with pytest.raises(ValueError, match="deeper"):
        await read_json(body)
    with pytest.raises(ValueError, match="does not end"):
        await read_json(b"[1" + b",1" * 150_000 + b',"' + b'\\"' * 2_000_000 + end)
    assert time.process_time() - began < 5


async def test_an_answer_of_too_many_values_is_refused_before_they_are_made() -> None:
    with pytest.raises(ValueError, match="more than 1,000,000 values"):
        await read_json(b"[" + b"[]," * (5 * MIB) + b"[]]")
    assert MOST_VALUES == 1_000_000


@pytest.mark.parametrize("size", [0, AT_ONCE_BYTES])
async def test_what_nests_too_deeply_is_refused_whatever_its_size(size: int) -> None:
    filled = b"1," * size + b"1"
    assert await read_json(b"[" * 200 + filled + b"]" * 200)
    with pytest.raises(ValueError, match=r"deep|recursion"):
        await read_json(b"[" * 202 + filled + b"]" * 202)
