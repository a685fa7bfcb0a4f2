"""What expressions of a node run see."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.virtual_time import in_virtual_time
from tests.unit.executor.world import START, World, chain, node


@pytest.mark.parametrize(
    "source",
    ["$now.toMillis()", "$now.ts", "+$now", "$now.valueOf()", "DateTime.now().toMillis()"],
)
@in_virtual_time
async def test_now_is_a_whole_number_of_milliseconds(world: World, source: str) -> None:
    await asyncio.sleep(0.1256789)
    fields = {"fields": {"n": f"{{{{ {source} }}}}"}}
    asked = {"body": {"n": f"{{{{ {source} }}}}"}}
    ended = await world.run(chain(node("a", "core.set", params=fields), node("b", params=asked)))
    expected = int(START) * 1000 + 125
    assert (ended.output[0]["n"], world.outside.calls[0].body) == (expected, {"n": expected})
