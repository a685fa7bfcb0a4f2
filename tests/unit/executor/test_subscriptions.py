"""What an executor reads from the bus, and by which groups."""

from __future__ import annotations

from collections import defaultdict
from types import SimpleNamespace
from typing import Any

from alur_common.events import Event, ExecutionAdmitted
from alur_common.kafka.topics import BY_NAME
from alur_common.pools import Pools
from alur_executor.main import _subscribe


class Bus:
    """Remembers which group reads which topics."""

    def __init__(self) -> None:
        self.topics: dict[str, set[str]] = defaultdict(set)

    def subscribe(self, event: type[Event], group: str, _: object, **options: Any) -> None:
        if not options.get("broadcast"):
            self.topics[group].add(event.topic)


def groups() -> dict[str, set[str]]:
    bus = Bus()
    handlers: Any = SimpleNamespace(on_admitted=None, on_nudged=None, on_offered=None)
    needs: Any = SimpleNamespace(bus=bus, worker="w")
    _subscribe(needs, Pools.parse("default,gpu"), handlers, handlers)
    return dict(bus.topics)


def test_a_backlog_of_what_is_admitted_holds_nothing_else_back() -> None:
    (admitted,) = [group for group, topics in groups().items() if ExecutionAdmitted.topic in topics]
    assert groups()[admitted] == {ExecutionAdmitted.topic}


def test_each_group_is_described_as_a_reader_of_its_topic() -> None:
    for group, topics in groups().items():
        assert all(group in BY_NAME[topic].groups for topic in topics)
