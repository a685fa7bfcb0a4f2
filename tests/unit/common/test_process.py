"""A process that is told to stop."""

from __future__ import annotations

import asyncio
import os

import pytest

from alur_common.process import Process
from alur_common.telemetry import Metrics


async def test_a_first_signal_stops_in_good_order_and_a_second_one_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    codes: list[int] = []
    monkeypatch.setattr(os, "_exit", codes.append)
    running = Process(Metrics(), None)
    working = asyncio.create_task(running.until_told())
    await asyncio.sleep(0)
    running.tell()
    await working
    assert codes == []
    running.tell()
    assert codes == [1]


async def test_a_start_that_takes_work_is_finished_and_any_other_cancelled() -> None:
    went_on: list[bool] = []

    async def start(*, takes_work: bool) -> None:
        running = Process(Metrics(), None)
        if takes_work:
            running.takes_work()
        asyncio.get_running_loop().call_soon(running.tell)
        await asyncio.sleep(0.01)
        await running.until_told()
        went_on.append(takes_work)

    with pytest.raises(asyncio.CancelledError):
        await asyncio.create_task(start(takes_work=False))
    await asyncio.create_task(start(takes_work=True))
    assert went_on == [True]
