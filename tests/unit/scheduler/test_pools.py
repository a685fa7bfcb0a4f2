"""What the scheduler does about pools: it tells how long they have waited, and leaves executors of pools alone."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from structlog.testing import capture_logs

from alur_common.bus_in_process import InProcessBus
from alur_common.clock import SystemClock
from alur_common.documents.memory import MemoryDocuments
from alur_common.events import ExecutionAdmitted
from alur_common.executions import Execution, StoredExecutions, Task, Tasks, Workers
from alur_common.executions.workers import WORKERS
from alur_scheduler.adapters import takers
from alur_scheduler.adapters.takers import CalledTakers
from alur_scheduler.service.pools import PoolSweep
from alur_sdk.errors import UnavailableError
from tests.simulation.world import Silent


class Measured(Silent):
    def __init__(self) -> None:
        self.ages: dict[str, float] = {}

    def pool_oldest(self, pool: str, age: float) -> None:
        self.ages[pool] = age

    def pool_empty(self, pool: str) -> None:
        del self.ages[pool]


class Clock:
    def __init__(self) -> None:
        self.time = 100.0

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time


def task(name: str, pool: str, offered_at: float) -> Task:
    return Task(f"e.{name}", "t", "e", name, "", 1, pool, offered_at)


async def test_the_oldest_of_each_pool_is_measured_for_as_long_as_one_waits() -> None:
    clock, meter = Clock(), Measured()
    documents = MemoryDocuments(clock)
    tasks, bus = Tasks(documents), InProcessBus()
    sweep = PoolSweep(documents, StoredExecutions(documents), bus=bus, clock=clock, meter=meter)
    for waiting in (task("a", "gpu", 92.0), task("b", "gpu", 95.0), task("c", "web", 99.0)):
        await tasks.offer(waiting)
    await sweep.sweep()
    assert meter.ages == {"gpu": 8.0, "web": 1.0}
    for name in "abc":
        await tasks.remove(f"e.{name}")
    await sweep.sweep()
    assert meter.ages == {}


async def test_executions_go_to_executors_that_drive_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    documents = MemoryDocuments(SystemClock())
    workers = Workers(documents)
    await workers.renew("a", 3.0, 0.0, "here", ("default",))
    await workers.renew("b", 3.0, 0.0, "there", ("gpu",))
    old = {"id": "c", "seconds": 3.0, "address": "elsewhere", "expires_at": 1.0}
    await documents.insert(WORKERS, old)  # as executors wrote it that knew of no pools
    called: list[str] = []

    class Port:
        async def admit(self, executions: Sequence[Any]) -> None: ...

    async def executor_at(_: object, address: str) -> Port:
        called.append(address)
        return Port()

    monkeypatch.setattr(takers, "executor_at", executor_at)
    made = CalledTakers(workers, None, InProcessBus())  # type: ignore[arg-type]  # nobody is called
    one = Execution("e", "t", "p", "w", "u", 1, "manual", 0.0)
    await made.take([one] * 4)
    assert sorted(called) == ["elsewhere", "here"]


async def test_an_executor_that_does_not_answer_holds_up_no_other_and_the_bus_has_its_share(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    workers = Workers(MemoryDocuments(SystemClock()))
    await workers.renew("a", 3.0, 0.0, "stuck", ("default",))
    await workers.renew("b", 3.0, 0.0, "well", ("default",))
    admitted: list[Any] = []
    rest: list[str] = []
    is_done = asyncio.Event()

    class Port:
        def __init__(self, address: str) -> None:
            self.address = address

        async def admit(self, executions: Sequence[Any]) -> None:
            if self.address == "stuck":
                await asyncio.Event().wait()
            admitted.extend(executions)

    async def executor_at(_: object, address: str) -> Port:
        return Port(address)

    async def on_admitted(event: ExecutionAdmitted) -> None:
        assert admitted, "those before it waited for the one that does not answer"
        rest.append(event.key)
        if len(rest) == 2:
            is_done.set()

    monkeypatch.setattr(takers, "executor_at", executor_at)
    monkeypatch.setattr(takers, "HAND_OVER_SECONDS", 0.01)
    bus = InProcessBus()
    bus.subscribe(ExecutionAdmitted, "executors", on_admitted)
    await bus.start()
    made = CalledTakers(workers, None, bus)  # type: ignore[arg-type]  # nobody is called
    await made.take([Execution(n, "t", "p", "w", "u", 1, "manual", 0.0) for n in "abcd"])
    async with asyncio.timeout(5):
        await is_done.wait()
    assert {key for key, _, _ in admitted} | set(rest) == set("abcd")
    assert len(admitted) == 2


async def test_that_an_executor_refuses_is_told_once_until_it_takes_something_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    workers = Workers(MemoryDocuments(SystemClock()))
    await workers.renew("a", 3.0, 0.0, "stops", ("default",))
    answers = iter(("refused", "refused", "taken", "refused"))

    class Port:
        async def admit(self, executions: Sequence[Any]) -> None:
            if next(answers) == "refused":
                raise UnavailableError("this executor stops and takes nothing up")

    async def executor_at(_channels: object, _address: str) -> Port:
        return Port()

    monkeypatch.setattr(takers, "executor_at", executor_at)
    made = CalledTakers(workers, None, InProcessBus())  # type: ignore[arg-type]  # nobody is called
    one = [Execution("e", "t", "p", "w", "u", 1, "manual", 0.0)]
    with capture_logs() as lines:
        for _ in range(4):
            await made.take(one)
    assert [line["event"] for line in lines] == ["executor takes nothing up"] * 2
