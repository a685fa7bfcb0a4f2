"""Counting with Prometheus."""

from __future__ import annotations

from prometheus_client import Counter

from alur_common.telemetry import Metrics


class PrometheusMeter:
    """`Meter` on the process's registry; children are looked up once, as a label look-up costs more than the count."""

    def __init__(self, metrics: Metrics) -> None:
        self._waited = metrics.times("executor_start_delay_seconds")
        self._started = metrics.counter("executor_runs_started_total")
        self._ended = metrics.counter("executor_runs_completed_total")
        self._doubted = metrics.counter("executor_runs_in_doubt_total")
        self._took = metrics.times("executor_run_duration_seconds")
        self._ran = metrics.times("executor_node_duration_seconds")
        self._retried = metrics.counter("executor_node_retries_total")
        self._active = metrics.gauge("executor_active_runs")
        self._lease = metrics.gauge("executor_lease_held")
        self._results: dict[str, Counter] = {}

    def started(self, waited: float) -> None:
        self._started.inc()
        self._waited.observe(max(waited, 0.0))

    def ended(self, status: str, took: float) -> None:
        counter = self._results.get(status)
        if counter is None:
            counter = self._results[status] = self._ended.labels(status)
        counter.inc()
        self._took.observe(took)

    def in_doubt(self) -> None:
        self._doubted.inc()

    def ran(self, node_type: str, result: str, seconds: float) -> None:
        self._ran.of(node_type, result).observe(seconds)

    def retried(self, node_type: str) -> None:
        self._retried.labels(node_type).inc()

    def active(self, count: int) -> None:
        self._active.set(count)

    def lease(self, is_held: bool) -> None:
        self._lease.set(is_held)


class PrometheusJailMeter:
    """`JailMeter` on the process's registry."""

    def __init__(self, metrics: Metrics) -> None:
        self._took = metrics.times("executor_code_duration_seconds")
        self._killed = metrics.counter("executor_code_kills_total")

    def ran(self, language: str, result: str, took: float) -> None:
        self._took.of(language, result).observe(took)

    def killed(self, reason: str) -> None:
        self._killed.labels(reason).inc()
