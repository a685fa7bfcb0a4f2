"""What the bus counts."""

from __future__ import annotations

from functools import cache

from prometheus_client import Counter, Gauge

from alur_common.telemetry import Metrics


class Counts:
    """The metrics of a bus; each is found once for its labels, for finding costs as much as counting."""

    def __init__(self, metrics: Metrics) -> None:
        published = metrics.counter("bus_published_total")
        lost = metrics.counter("bus_untold_total")
        handled = metrics.counter("bus_handled_total")
        retries = metrics.counter("bus_retries_total")
        dead = metrics.counter("bus_dead_letters_total")
        self.published = cache(lambda topic: _counter(published, topic))
        self.untold = cache(lambda topic: _counter(lost, topic))
        self.handled = cache(lambda group, topic, result: _counter(handled, topic, group, result))
        self.retries = cache(lambda group, topic: _counter(retries, topic, group))
        self.dead = cache(lambda group, topic: _counter(dead, topic, group))
        self.lag: Gauge = metrics.gauge("bus_lag_records")
        self.oldest: Gauge = metrics.gauge("bus_oldest_seconds")


def _counter(counter: Counter, *labels: str) -> Counter:
    return counter.labels(*labels)
