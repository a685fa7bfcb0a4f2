"""Counting with Prometheus."""

from __future__ import annotations

from alur_common.telemetry import Metrics


class PrometheusMeter:
    """`Meter` and `ShareMeter` on the process's registry."""

    def __init__(self, metrics: Metrics) -> None:
        self._oldest = metrics.gauge("scheduler_queue_oldest_seconds")
        self._again = metrics.counter("scheduler_admitted_again_total")
        self._pools = metrics.gauge("scheduler_pool_oldest_seconds")
        self._offered = metrics.counter("scheduler_tasks_offered_again_total")
        self._drift = metrics.times("scheduler_drift_seconds")
        self._partitions = metrics.gauge("scheduler_partitions_held")
        self._refused = metrics.counter("scheduler_refused_total")

    def queue_oldest(self, age: float) -> None:
        self._oldest.set(max(age, 0.0))

    def admitted_again(self, reason: str, count: int) -> None:
        self._again.labels(reason).inc(count)

    def pool_oldest(self, pool: str, age: float) -> None:
        self._pools.labels(pool).set(max(age, 0.0))

    def pool_empty(self, pool: str) -> None:
        self._pools.remove(pool)

    def offered_again(self, pool: str) -> None:
        self._offered.labels(pool).inc()

    def drift(self, seconds: float) -> None:
        self._drift.observe(max(seconds, 0.0))

    def partitions(self, count: int) -> None:
        self._partitions.set(count)

    def refused(self, what: str) -> None:
        self._refused.labels(what).inc()
