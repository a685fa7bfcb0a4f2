"""Expressions that are tried: in a real jail, few at once, and with a clear refusal where there is none."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from alur_common.previews import Preview
from alur_engine.expressions import JailedJavaScript, Limits
from alur_executor.service.previewing import AT_ONCE, MOST_WAITING, Previews
from alur_jail import Ears, RunLimits
from alur_sdk.errors import AlurError, LimitedError, LimitError
from alur_sdk.items import Json
from tests.support.jail import cell, no_jail
from tests.support.security import Noted

NOW = 1_769_860_800.0


def asked(*sources: str, **sample: Any) -> Preview:
    compiled = [JailedJavaScript().compile(source, Limits()) for source in sources]
    return Preview([(each.script, each.changes) for each in compiled], sample, NOW)


async def test_scripts_see_the_sample_and_other_nodes() -> None:
    spread = "[...(function* () { yield $json.n; yield $('b').item.json.x })()]"
    throws = "(() => { throw new TypeError('no') })()"
    preview = asked(spread, throws, items=[{"n": 1}, {"n": 2}], index=1, nodes={"b": [{"x": 7}]})
    async with cell() as real:
        told = await Previews(real.jail, Noted()).preview("acme", preview)
    assert told == [[0, [2, 7]], [3, "TypeError", "no"]]


async def test_a_script_that_never_ends_is_stopped_soon() -> None:
    async with cell() as real:
        with pytest.raises(LimitError, match="2 s"):
            await Previews(real.jail, Noted()).preview("acme", asked("(() => { for (;;) {} })()"))


async def test_without_a_jail_it_says_so() -> None:
    with pytest.raises(AlurError) as raised:
        await Previews(no_jail(), Noted()).preview("acme", asked("new Map()"))
    assert raised.value.code == "no-jail"


class Held:
    """A jail that answers nothing until it is let go."""

    def __init__(self) -> None:
        self.running = 0
        self.tenants = list[str]()
        self.go = asyncio.Event()

    async def run(
        self, tenant: str, language: str, request: Mapping[str, Any], limits: RunLimits, ears: Ears
    ) -> Json:
        self.running += 1
        self.tenants.append(tenant)
        await self.go.wait()
        return [[[0, 1]] for _ in request["sources"]]


async def test_few_run_at_once_and_too_many_are_refused() -> None:
    jail = Held()
    previews = Previews(jail, Noted())
    preview = asked("new Map()")
    waiting = [asyncio.create_task(previews.preview("t", preview)) for _ in range(MOST_WAITING)]
    await asyncio.sleep(0)
    assert jail.running == AT_ONCE
    with pytest.raises(LimitedError):
        await previews.preview("t", preview)
    jail.go.set()
    assert await asyncio.gather(*waiting) == [[[0, 1]]] * MOST_WAITING


async def test_previews_of_one_tenant_keep_no_other_waiting_behind_all_of_them() -> None:
    jail = Held()
    previews = Previews(jail, Noted())
    preview = asked("new Map()")
    many = [asyncio.create_task(previews.preview("t", preview)) for _ in range(MOST_WAITING)]
    await asyncio.sleep(0)
    other = asyncio.create_task(previews.preview("other", preview))
    await asyncio.sleep(0)
    jail.go.set()
    assert await other == [[0, 1]]
    await asyncio.gather(*many)
    assert jail.tenants.index("other") <= 2 * AT_ONCE
