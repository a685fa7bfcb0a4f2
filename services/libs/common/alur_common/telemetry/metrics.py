"""Metrics of one process and the port on which they are read."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from math import frexp
from typing import TypeVar

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from alur_common.telemetry.declared import METRICS, Declared
from alur_common.telemetry.tracing import Span, current
from alur_sdk.errors import UnavailableError

PREFIX = "alur_"
EXEMPLAR_SECONDS = 1.0
_Kind = TypeVar("_Kind", Counter, Gauge, Histogram)


class Metrics:
    """The metrics of one process: those that are declared, each made when it is first asked for.

    Asking twice for a name returns the same metric, so that parts of a process need not know each other.
    """

    def __init__(self, declared: Sequence[Declared] = METRICS) -> None:
        prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call] # it has no annotations
        self.registry = CollectorRegistry()
        self._declared = {one.name: one for one in declared}
        self._known: dict[str, Counter | Gauge | Histogram] = {}
        prometheus_client.ProcessCollector(registry=self.registry)

    def counter(self, name: str) -> Counter:
        """Return the counter of this name; raises ValueError when none is declared."""
        return self._made(
            name,
            Counter,
            lambda d: Counter(PREFIX + name, d.about, d.labels, registry=self.registry),
        )

    def gauge(self, name: str) -> Gauge:
        """Return the gauge of this name; raises ValueError when none is declared."""
        return self._made(
            name, Gauge, lambda d: Gauge(PREFIX + name, d.about, d.labels, registry=self.registry)
        )

    def times(self, name: str) -> Times:
        """Return the histogram of this name, of seconds; raises ValueError when none is declared."""
        return Times(
            self._made(
                name,
                Histogram,
                lambda d: Histogram(
                    PREFIX + name, d.about, d.labels, buckets=d.buckets, registry=self.registry
                ),
            )
        )

    def text(self) -> str:
        """Return all of them in Prometheus's text format."""
        return prometheus_client.generate_latest(self.registry).decode()

    def _made(self, name: str, kind: type[_Kind], make: Callable[[Declared], _Kind]) -> _Kind:
        known = self._known.get(name)
        if known is None:
            declared = self._declared.get(name)
            if declared is None or declared.kind != kind.__name__.lower():
                raise ValueError(
                    f"no {kind.__name__.lower()} {name} is declared in telemetry/declared.py"
                )
            known = self._known[name] = make(declared)
        if not isinstance(known, kind):
            raise ValueError(f"{name} is a {type(known).__name__.lower()}")  # noqa: TRY004 - a name asked for as another
        return known


class Timed:
    """One series of times. It names the current trace at most once a second for times of about the same length.

    It is read less often than that, and naming a trace costs several times what counting does.
    """

    __slots__ = ("_named", "_series")

    def __init__(self, series: Histogram) -> None:
        self._series = series
        self._named: dict[int, float] = {}

    def observe(self, seconds: float) -> None:
        """Count something that took so long."""
        span = current()
        named = None if span is None or not span.is_recorded else self._exemplar(span, seconds)
        self._series.observe(seconds, named)

    def _exemplar(self, span: Span, seconds: float) -> dict[str, str] | None:
        now, about = time.monotonic(), frexp(seconds)[1]
        if self._named.get(about, 0.0) > now:
            return None
        self._named[about] = now + EXEMPLAR_SECONDS
        return {"trace_id": span.point.trace_id, "span_id": span.point.span_id}


class Times:
    """A histogram of seconds; each series is found once, for finding one costs more than counting."""

    def __init__(self, histogram: Histogram) -> None:
        self._histogram = histogram
        self._series: dict[tuple[str, ...], Timed] = {}

    def of(self, *labels: str) -> Timed:
        """Return the series with these labels."""
        found = self._series.get(labels)
        if found is None:
            series = self._histogram.labels(*labels) if labels else self._histogram
            found = self._series[labels] = Timed(series)
        return found

    def observe(self, seconds: float) -> None:
        """Count something that took so long, without labels."""
        self.of().observe(seconds)


@dataclass(frozen=True, slots=True)
class MetricsServer:
    """Where the metrics are read, until `close`."""

    port: int
    close: Callable[[], None]


def start_metrics_server(metrics: Metrics, host: str, port: int) -> MetricsServer:
    """Serve the metrics in a thread; port 0 takes a free one. Raises `UnavailableError` when the port is taken.

    Whoever asks for OpenMetrics, as Prometheus does, gets exemplars with them: the trace of a request that was counted.
    """
    metrics.gauge("build_info").labels(version("alur-common")).set(1)
    try:
        server, thread = prometheus_client.start_http_server(
            port, addr=host, registry=metrics.registry
        )
    except OSError as error:
        message = f"metrics cannot be served on {host}:{port}: {error.strerror or error}"
        raise UnavailableError(message) from error

    def close() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return MetricsServer(server.server_port, close)
