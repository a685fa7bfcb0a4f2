"""What every adapter of `Bus` promises. A subclass gives the fixture `bus`, which has not started.

A topic may hold events of others: each test looks at keys of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from uuid import uuid4

import pytest
from structlog.testing import capture_logs

from alur_common.bus import Broker
from alur_common.events import Event, ExecutionAdmitted, ExecutionRequested

SECONDS = 30


def key() -> str:
    return uuid4().hex


def group() -> str:
    return f"g-{key()[:8]}"


async def until(is_so: Callable[[], bool]) -> None:
    for _ in range(SECONDS * 100):
        if is_so():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come about in time")


class Heard:
    """A handler that remembers the events of some keys, and fails as often as it is told."""

    def __init__(self, *keys: str, failures: int = 0) -> None:
        self.events: list[Event] = []
        self.failures = failures
        self._keys = keys

    async def __call__(self, event: Event) -> None:
        if event.key in self._keys:
            await asyncio.sleep(0)
            if self.failures:
                self.failures -= 1
                raise RuntimeError("not yet")
            self.events.append(event)


class BusContract:
    """At least once to each group, in order by key."""

    async def test_each_group_gets_each_event_as_it_went(self, bus: Broker) -> None:
        event = ExecutionAdmitted(key(), "tenant ü", 7)
        first, second = Heard(event.key), Heard(event.key)
        bus.subscribe(ExecutionAdmitted, group(), first)
        bus.subscribe(ExecutionAdmitted, group(), second)
        await bus.start()
        await bus.publish(event)
        await until(lambda: first.events == second.events == [event])

    async def test_a_group_gets_only_what_it_subscribed_to_and_wants(self, bus: Broker) -> None:
        other, unwanted, wanted = key(), key(), key()
        heard = Heard(other, unwanted, wanted)
        bus.subscribe(ExecutionRequested, group(), heard, when=lambda event: event.key != unwanted)
        await bus.start()
        await bus.publish(ExecutionAdmitted(other, "t"))
        await bus.publish(ExecutionRequested(unwanted, "t"))
        await bus.publish(ExecutionRequested(wanted, "t"))
        await until(lambda: heard.events == [ExecutionRequested(wanted, "t")])

    async def test_one_group_may_handle_several_topics(self, bus: Broker) -> None:
        name = group()
        one, two = Heard(wanted := key()), Heard(wanted)
        bus.subscribe(ExecutionRequested, name, one)
        bus.subscribe(ExecutionAdmitted, name, two)
        await bus.start()
        await bus.publish(ExecutionRequested(wanted, "t"))
        await bus.publish(ExecutionAdmitted(wanted, "t"))
        await until(lambda: len(one.events) == len(two.events) == 1)

    async def test_events_of_one_key_keep_their_order(self, bus: Broker) -> None:
        heard = Heard(wanted := key())
        bus.subscribe(ExecutionAdmitted, group(), heard)
        await bus.start()
        events = [ExecutionAdmitted(wanted, "t", n) for n in range(20)]
        for event in events:
            await bus.publish(event)
        await until(lambda: heard.events == events)

    async def test_a_slow_key_holds_up_no_other(self, bus: Broker) -> None:
        slow, quick = key(), key()
        quick_was_first, done = asyncio.Event(), Heard(slow, quick)

        async def handle(event: Event) -> None:
            if event.key == slow:
                await quick_was_first.wait()
            await done(event)
            if event.key == quick:
                quick_was_first.set()

        bus.subscribe(ExecutionRequested, group(), handle)
        await bus.start()
        for name in (slow, quick):
            await bus.publish(ExecutionRequested(name, "t"))
        await until(lambda: [event.key for event in done.events] == [quick, slow])

    async def test_a_handler_that_fails_is_called_again(self, bus: Broker) -> None:
        heard = Heard(wanted := key(), failures=2)
        bus.subscribe(ExecutionRequested, group(), heard)
        with capture_logs():
            await bus.start()
            await bus.publish(ExecutionRequested(wanted, "t"))
            await until(lambda: heard.events == [ExecutionRequested(wanted, "t")])

    async def test_an_event_published_by_a_handler_is_handled(self, bus: Broker) -> None:
        heard = Heard(wanted := key())

        async def admit(event: ExecutionRequested) -> None:
            if event.key == wanted:
                await bus.publish(ExecutionAdmitted(event.key, event.tenant))

        bus.subscribe(ExecutionRequested, group(), admit)
        bus.subscribe(ExecutionAdmitted, group(), heard)
        await bus.start()
        await bus.publish(ExecutionRequested(wanted, "t"))
        await until(lambda: heard.events == [ExecutionAdmitted(wanted, "t")])

    async def test_a_broadcast_comes_too(self, bus: Broker) -> None:
        heard = Heard(wanted := key())
        bus.subscribe(ExecutionRequested, group(), heard, broadcast=True)
        await bus.start()
        await bus.publish(ExecutionRequested(wanted, "t"))
        await until(lambda: len(heard.events) == 1)

    async def test_two_handlers_of_one_group_are_a_mistake(self, bus: Broker) -> None:
        name = group()
        bus.subscribe(ExecutionRequested, name, Heard())
        with pytest.raises(ValueError, match=name):
            bus.subscribe(ExecutionRequested, name, Heard())
