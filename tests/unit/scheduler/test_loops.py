"""The loops of a scheduler go on, whatever their work runs into."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from alur_scheduler.service.loops import every, whenever_due
from alur_sdk.errors import UnavailableError
from tests.support.virtual_time import in_virtual_time


class CorrectedClock:
    """The time of the loop, and what it is corrected by."""

    def __init__(self) -> None:
        self.correction = 0.0

    def now(self) -> float:
        return 1_769_860_800.0 + self.monotonic() + self.correction

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()


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


@in_virtual_time
async def test_work_is_done_every_second_though_the_clock_is_set_back_meanwhile() -> None:
    clock = CorrectedClock()
    done: list[float] = []

    async def work() -> float:
        done.append(clock.monotonic())
        if len(done) == 1:
            clock.correction = -3600.0
        return clock.now() + 7200

    loop = asyncio.create_task(whenever_due(work, asyncio.Event(), clock))
    await asyncio.sleep(3.5)
    loop.cancel()
    assert [round(at - done[0]) for at in done] == [0, 1, 2, 3]


@in_virtual_time
async def test_work_is_done_again_when_it_is_due_and_when_it_is_asked_for() -> None:
    clock, sooner = CorrectedClock(), asyncio.Event()
    done: list[float] = []

    async def work() -> float:
        done.append(clock.monotonic())
        return clock.now() + 0.25

    loop = asyncio.create_task(whenever_due(work, sooner, clock))
    await asyncio.sleep(0.3)
    sooner.set()
    await asyncio.sleep(0.1)
    loop.cancel()
    assert [round(at - done[0], 2) for at in done] == [0.0, 0.25, 0.3]
