"""Metrics of the gateway (Prometheus)."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram

_API_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_HOOK_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0)


class Metrics:
    """Counts and times requests. Labels are bounded: templates of routes, never paths or ids."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._requests = Counter(
            "alur_gateway_requests",
            "Requests by method, route template and status.",
            ("method", "route", "status"),
            registry=registry,
        )
        self._seconds = Histogram(
            "alur_gateway_request_duration_seconds",
            "Time from the first byte of a request to the last of its answer.",
            ("route",),
            buckets=_API_BUCKETS,
            registry=registry,
        )
        self._hook_seconds = Histogram(
            "alur_gateway_webhook_duration_seconds",
            "Time from a webhook call to its answer, by status.",
            ("status",),
            buckets=_HOOK_BUCKETS,
            registry=registry,
        )
        self._hooks: dict[int, Histogram] = {}

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Record one request to anything but a webhook."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def webhook(self, status: int, seconds: float) -> None:
        """Record one webhook call; `core.respond` may choose any status, so rare ones share a label."""
        child = self._hooks.get(status)
        if child is None:
            label = str(status) if status in _COMMON else f"{status // 100}xx"
            child = self._hooks[status] = self._hook_seconds.labels(label)
        child.observe(seconds)


_COMMON = frozenset({200, 202, 204, 400, 401, 404, 405, 408, 413, 415, 422, 429, 500, 503})
