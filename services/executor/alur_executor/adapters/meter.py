"""Counting with Prometheus."""

from __future__ import annotations

from prometheus_client import Counter

from alur_common.telemetry import Metrics

_RUN_BUCKETS = (0.005, 0.02, 0.1, 0.5, 2.0, 10.0, 60.0, 600.0)
_WAIT_BUCKETS = (0.001, 0.005, 0.02, 0.1, 0.5, 2.0, 10.0, 60.0)


class PrometheusMeter:
    """`Meter` on the process's registry; children are looked up once, as a label look-up costs more than the count."""

    def __init__(self, metrics: Metrics) -> None:
        self._waited = metrics.histogram(
            "executor_start_delay_seconds",
            "From acceptance to the first node.",
            buckets=_WAIT_BUCKETS,
        )
        self._ended = metrics.counter(
            "executor_runs_completed_total", "Executions that ended.", ["result"]
        )
        self._took = metrics.histogram(
            "executor_run_duration_seconds", "From first node to end.", buckets=_RUN_BUCKETS
        )
        self._retried = metrics.counter(
            "executor_node_retries_total", "Node runs tried again.", ["type"]
        )
        self._active = metrics.gauge("executor_active_runs", "Executions in memory.")
        self._results: dict[str, Counter] = {}

    def started(self, waited: float) -> None:
        self._waited.observe(max(waited, 0.0))

    def ended(self, status: str, took: float) -> None:
        counter = self._results.get(status)
        if counter is None:
            counter = self._results[status] = self._ended.labels(status)
        counter.inc()
        self._took.observe(took)

    def retried(self, node_type: str) -> None:
        self._retried.labels(node_type).inc()

    def active(self, count: int) -> None:
        self._active.set(count)


class PrometheusJailMeter:
    """`JailMeter` on the process's registry."""

    def __init__(self, metrics: Metrics) -> None:
        self._took = metrics.histogram(
            "executor_code_duration_seconds",
            "Runs of code of users, by language and result.",
            ["language", "result"],
            buckets=_RUN_BUCKETS,
        )
        self._killed = metrics.counter(
            "executor_code_kills_total", "Runners that were killed or died, by reason.", ["reason"]
        )

    def ran(self, language: str, result: str, took: float) -> None:
        self._took.labels(language, result).observe(took)

    def killed(self, reason: str) -> None:
        self._killed.labels(reason).inc()
