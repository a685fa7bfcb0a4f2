"""Ways out of node runs that are the same for all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from alur_common.outbound import Asker
from alur_sdk.nodes import Http, Kafka
from alur_sdk.testing import FakeKafka


@dataclass
class FakeWays:
    """`Ways` that lead to what a test gives, and know who asked."""

    outside: Http
    records: Kafka = field(default_factory=FakeKafka)
    askers: list[Asker] = field(default_factory=list)
    on_turn_away: Callable[[], None] = lambda: None

    def http(self, asker: Asker) -> Http:
        self.askers.append(asker)
        return self.outside

    def kafka(self, asker: Asker) -> Kafka:
        self.askers.append(asker)
        return self.records

    def turn_away(self) -> None:
        self.on_turn_away()
