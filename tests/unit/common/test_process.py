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
