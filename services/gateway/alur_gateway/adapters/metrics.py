"""Metrics of the gateway (Prometheus)."""

from __future__ import annotations

from prometheus_client import Histogram

from alur_common.telemetry import Metrics
from alur_common.telemetry.tracing import exemplar


class RequestMetrics:
    """Counts and times requests. Labels are bounded: templates of routes, never paths or ids."""

    def __init__(self, metrics: Metrics) -> None:
        self._requests = metrics.counter("gateway_requests_total")
        self._seconds = metrics.histogram("gateway_request_duration_seconds")
        self._hook_seconds = metrics.histogram("gateway_webhook_duration_seconds")
        self._hooks: dict[int, Histogram] = {}

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Record one request to anything but a webhook."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds, exemplar())

    def webhook(self, status: int, seconds: float) -> None:
        """Record one webhook call; `core.respond` may choose any status, so rare ones share a label."""
        child = self._hooks.get(status)
        if child is None:
            label = str(status) if status in _COMMON else f"{status // 100}xx"
            child = self._hooks[status] = self._hook_seconds.labels(label)
        child.observe(seconds, exemplar())


_COMMON = frozenset({200, 202, 204, 400, 401, 404, 405, 408, 413, 415, 422, 429, 500, 503})
