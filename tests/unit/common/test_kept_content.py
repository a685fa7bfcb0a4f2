"""What an execution keeps at once is bounded before it is written out."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from alur_common.blobs_memory import MemoryBlobs
from alur_common.executions.content import BLOB_ENTRY, kept_entries
from alur_sdk.errors import ByteLimitError
from alur_sdk.items import Json

LIMIT = 4 * 1024 * 1024
NAME = "x" * 1_000_000


def entry(*jsons: Json) -> list[Any]:
    return ["finished", "set", "", 1, 1.0, 2.0, {"main": [list(jsons)]}]


def doubled(value: Json, times: int) -> Json:
    for _ in range(times):
        value = [value, value]
    return value


@pytest.mark.parametrize(
    "jsons",
    [
        [{"text": "x" * 1_000_000}] * 100_000,
        [{f"f{number}": "x" * 1_000_000 for number in range(100)}],
        [{NAME: number} for number in range(100_000)],
        [doubled({"n": 1}, 60)],
        [doubled(["x"] * 1_000, 30)],
    ],
    ids=[
        "by many items",
        "by many fields",
        "by long names",
        "by lists within lists",
        "by long lists",
    ],
)
async def test_one_thing_that_is_held_many_times_over_is_refused_before_it_is_written_out(
    jsons: list[Json],
) -> None:
    with pytest.raises(ByteLimitError, match="bytes of items at once"):
        await kept_entries([entry(*jsons)], MemoryBlobs(), LIMIT)


@pytest.mark.parametrize("value", ["x" * 1_000, [0.5] * 1_000])
async def test_what_fits_is_kept(value: Json) -> None:
    entries = [entry(*({"n": n, "value": value} for n in range(1_000)))]
    size = len(orjson.dumps(entries))
    (kept,) = await kept_entries(entries, MemoryBlobs(), size + size // 50)
    assert kept[0] == BLOB_ENTRY
    with pytest.raises(ByteLimitError):
        await kept_entries(entries, MemoryBlobs(), size - 1)
