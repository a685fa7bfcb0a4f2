"""The loops of a scheduler go on, whatever their work runs into."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from alur_scheduler.service.loops import every
from alur_sdk.errors import UnavailableError


@pytest.mark.parametrize("fault", [UnavailableError("not now"), ValueError("a fault of ours")])
async def test_work_that_fails_is_told_and_done_again(fault: Exception) -> None:
    done = asyncio.Event()
    faults = [fault]

    async def work() -> None:
        if faults:
            raise faults.pop()
        done.set()

    with capture_logs() as logs:
        loop = asyncio.create_task(every(0.001, work))
        await asyncio.wait_for(done.wait(), 5)
        loop.cancel()
    assert [entry["event"] for entry in logs] == ["scheduler work failed"]
