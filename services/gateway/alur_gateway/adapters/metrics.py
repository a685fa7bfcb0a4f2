"""Metrics of the gateway (Prometheus)."""

from __future__ import annotations

from alur_common.telemetry import Metrics


class RequestMetrics:
    """Counts and times requests. Labels are bounded: templates of routes, never paths or ids."""

    def __init__(self, metrics: Metrics) -> None:
        self._requests = metrics.counter("gateway_requests_total")
        self._seconds = metrics.times("gateway_request_duration_seconds")
        self._hook_seconds = metrics.times("gateway_webhook_duration_seconds")

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Record one request to anything but a webhook."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.of(route).observe(seconds)

    def webhook(self, status: int, seconds: float) -> None:
        """Record one webhook call; `core.respond` may choose any status, so rare ones share a label."""
        label = str(status) if status in _COMMON else f"{status // 100}xx"
        self._hook_seconds.of(label).observe(seconds)


_COMMON = frozenset({200, 202, 204, 400, 401, 404, 405, 408, 413, 415, 422, 429, 500, 503})
