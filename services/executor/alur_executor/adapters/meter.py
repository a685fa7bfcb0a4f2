"""Counting with Prometheus."""

from __future__ import annotations

from prometheus_client import Counter, Histogram

from alur_common.telemetry import Metrics
from alur_common.telemetry.tracing import exemplar


class PrometheusMeter:
    """`Meter` on the process's registry; children are looked up once, as a label look-up costs more than the count."""

    def __init__(self, metrics: Metrics) -> None:
        self._waited = metrics.histogram("executor_start_delay_seconds")
        self._started = metrics.counter("executor_runs_started_total")
        self._ended = metrics.counter("executor_runs_completed_total")
        self._took = metrics.histogram("executor_run_duration_seconds")
        self._ran = metrics.histogram("executor_node_duration_seconds")
        self._retried = metrics.counter("executor_node_retries_total")
        self._active = metrics.gauge("executor_active_runs")
        self._lease = metrics.gauge("executor_lease_held")
        self._nodes: dict[tuple[str, str], Histogram] = {}
        self._results: dict[str, Counter] = {}

    def started(self, waited: float) -> None:
        self._started.inc()
        self._waited.observe(max(waited, 0.0), exemplar())

    def ended(self, status: str, took: float) -> None:
        counter = self._results.get(status)
        if counter is None:
            counter = self._results[status] = self._ended.labels(status)
        counter.inc()
        self._took.observe(took, exemplar())

    def ran(self, node_type: str, result: str, seconds: float) -> None:
        node = self._nodes.get((node_type, result))
        if node is None:
            node = self._nodes[node_type, result] = self._ran.labels(node_type, result)
        node.observe(seconds, exemplar())

    def retried(self, node_type: str) -> None:
        self._retried.labels(node_type).inc()

    def active(self, count: int) -> None:
        self._active.set(count)

    def lease(self, is_held: bool) -> None:
        self._lease.set(is_held)


class PrometheusJailMeter:
    """`JailMeter` on the process's registry."""

    def __init__(self, metrics: Metrics) -> None:
        self._took = metrics.histogram("executor_code_duration_seconds")
        self._killed = metrics.counter("executor_code_kills_total")

    def ran(self, language: str, result: str, took: float) -> None:
        self._took.labels(language, result).observe(took)

    def killed(self, reason: str) -> None:
        self._killed.labels(reason).inc()
