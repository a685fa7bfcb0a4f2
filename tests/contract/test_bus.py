"""What every adapter of `Bus` promises; in process, the only one yet."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from structlog.testing import capture_logs

from alur_common.bus_in_process import DeadLetter, InProcessBus, Retries
from alur_common.events import Event, ExecutionAdmitted, ExecutionRequested


@pytest.fixture
async def bus() -> AsyncIterator[InProcessBus]:
    bus = InProcessBus(Retries(attempts=3, first_seconds=0))
    yield bus
    await bus.close()


def requested(key: str) -> ExecutionRequested:
    return ExecutionRequested(key=key, tenant="t")


class Recorder:
    """A handler that remembers what it got, and fails as often as it is told."""

    def __init__(self, failures: int = 0) -> None:
        self.seen: list[Event] = []
        self.failures = failures

    async def __call__(self, event: Event) -> None:
        await asyncio.sleep(0)
        if self.failures:
            self.failures -= 1
            raise RuntimeError("not yet")
        self.seen.append(event)


async def test_each_group_gets_each_event(bus: InProcessBus) -> None:
    first, second = Recorder(), Recorder()
    bus.subscribe(ExecutionRequested, "first", first)
    bus.subscribe(ExecutionRequested, "second", second)
    await bus.publish(requested("a"))
    await bus.drain()
    assert first.seen == second.seen == [requested("a")]


async def test_a_group_gets_only_what_it_subscribed_to(bus: InProcessBus) -> None:
    recorder = Recorder()
    bus.subscribe(ExecutionAdmitted, "group", recorder)
    await bus.publish(requested("a"))
    await bus.drain()
    assert recorder.seen == []


async def test_a_group_gets_only_the_events_it_wants(bus: InProcessBus) -> None:
    recorder = Recorder()
    bus.subscribe(ExecutionRequested, "group", recorder, when=lambda event: event.key == "b")
    await bus.publish(requested("a"))
    await bus.publish(requested("b"))
    await bus.drain()
    assert recorder.seen == [requested("b")]


async def test_events_of_one_key_keep_their_order(bus: InProcessBus) -> None:
    recorder = Recorder(failures=1)
    bus.subscribe(ExecutionAdmitted, "group", recorder)
    events = [ExecutionAdmitted(key="a", tenant="t", priority=n) for n in range(10)]
    with capture_logs():
        for event in events:
            await bus.publish(event)
        await bus.drain()
    assert recorder.seen == events


async def test_a_slow_key_holds_up_no_other(bus: InProcessBus) -> None:
    quick_was_first, done = asyncio.Event(), Recorder()

    async def handle(event: Event) -> None:
        if event.key == "slow":
            await quick_was_first.wait()
        await done(event)
        quick_was_first.set()

    bus.subscribe(ExecutionRequested, "group", handle)
    for key in ("slow", "quick"):
        await bus.publish(requested(key))
    await bus.drain()
    assert [event.key for event in done.seen] == ["quick", "slow"]


async def test_a_handler_that_fails_is_called_again(bus: InProcessBus) -> None:
    recorder = Recorder(failures=2)
    bus.subscribe(ExecutionRequested, "group", recorder)
    with capture_logs() as lines:
        await bus.publish(requested("a"))
        await bus.drain()
    assert recorder.seen == [requested("a")]
    assert [line["attempt"] for line in lines] == [1, 2]
    assert not bus.dead_letters


async def test_an_event_that_always_fails_becomes_a_dead_letter() -> None:
    buried: list[DeadLetter] = []
    bus = InProcessBus(Retries(attempts=2, first_seconds=0), on_dead_letter=buried.append)
    recorder = Recorder(failures=2)
    bus.subscribe(ExecutionAdmitted, "group", recorder)
    with capture_logs() as lines:
        for priority in (1, 2):
            await bus.publish(ExecutionAdmitted(key="a", tenant="t", priority=priority))
        await bus.drain()
    bad, good = (ExecutionAdmitted(key="a", tenant="t", priority=n) for n in (1, 2))
    assert buried == list(bus.dead_letters) == [DeadLetter(bad, "group", "RuntimeError: not yet")]
    assert recorder.seen == [good]
    assert lines[-1]["event"] == "event given up"


async def test_an_event_published_by_a_handler_is_handled(bus: InProcessBus) -> None:
    recorder = Recorder()

    async def admit(event: ExecutionRequested) -> None:
        await bus.publish(ExecutionAdmitted(key=event.key, tenant=event.tenant))

    bus.subscribe(ExecutionRequested, "scheduler", admit)
    bus.subscribe(ExecutionAdmitted, "executor", recorder)
    await bus.publish(requested("a"))
    await bus.drain()
    assert recorder.seen == [ExecutionAdmitted(key="a", tenant="t")]


async def test_publishing_waits_for_no_handler(bus: InProcessBus) -> None:
    recorder = Recorder()
    bus.subscribe(ExecutionRequested, "group", recorder)
    await bus.publish(requested("a"))
    assert recorder.seen == []


async def test_a_closed_bus_ends_what_is_under_way(bus: InProcessBus) -> None:
    async def never(_: Event) -> None:
        await asyncio.Event().wait()

    bus.subscribe(ExecutionRequested, "group", never)
    await bus.publish(requested("a"))
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await bus.close()


async def test_two_handlers_of_one_group_are_a_mistake(bus: InProcessBus) -> None:
    bus.subscribe(ExecutionRequested, "group", Recorder())
    with pytest.raises(ValueError, match="group"):
        bus.subscribe(ExecutionRequested, "group", Recorder())


def test_pauses_double_up_to_the_longest() -> None:
    retries = Retries(first_seconds=1, most_seconds=5)
    assert [retries.pause(attempt) for attempt in (1, 2, 3, 4)] == [1, 2, 4, 5]
