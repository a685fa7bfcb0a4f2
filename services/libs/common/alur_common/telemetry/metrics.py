"""Metrics of one process and the port on which they are read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from alur_sdk.errors import UnavailableError

API_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
NODE_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 15.0, 60.0, 180.0, 600.0)

_Kind = TypeVar("_Kind", Counter, Gauge, Histogram)


class Metrics:
    """The metrics of one process, named `alur_<component>_<what>_<unit>`; the prefix `alur_` is added here.

    Asking twice for a name returns the same metric, so that parts of a process need not know each other.
    Labels are few and bounded: never an execution, a person or a path with ids in it.
    """

    def __init__(self) -> None:
        prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call] # it has no annotations
        self.registry = CollectorRegistry()
        self._known: dict[str, Counter | Gauge | Histogram] = {}
        prometheus_client.ProcessCollector(registry=self.registry)

    def counter(self, name: str, about: str, labels: Sequence[str] = ()) -> Counter:
        """Return the counter of this name; raises ValueError unless it ends in `_total`."""
        if not name.endswith("_total"):
            raise ValueError(f"the counter {name} must end in _total")
        return self._known_or(
            name, Counter, lambda full: Counter(full, about, labels, registry=self.registry)
        )

    def gauge(self, name: str, about: str, labels: Sequence[str] = ()) -> Gauge:
        """Return the gauge of this name."""
        return self._known_or(
            name, Gauge, lambda full: Gauge(full, about, labels, registry=self.registry)
        )

    def histogram(
        self,
        name: str,
        about: str,
        labels: Sequence[str] = (),
        *,
        buckets: Sequence[float] = API_SECONDS,
    ) -> Histogram:
        """Return the histogram of this name; the buckets are upper bounds."""
        return self._known_or(
            name,
            Histogram,
            lambda full: Histogram(full, about, labels, buckets=buckets, registry=self.registry),
        )

    def text(self) -> str:
        """Return all of them in Prometheus's text format."""
        return prometheus_client.generate_latest(self.registry).decode()

    def _known_or(self, name: str, kind: type[_Kind], make: Callable[[str], _Kind]) -> _Kind:
        full = f"alur_{name}"
        known = self._known.get(full)
        if known is None:
            known = self._known[full] = make(full)
        if not isinstance(known, kind):
            raise ValueError(f"{full} is a {type(known).__name__.lower()} already")  # noqa: TRY004 - a name taken twice
        return known


@dataclass(frozen=True, slots=True)
class MetricsServer:
    """Where the metrics are read, until `close`."""

    port: int
    close: Callable[[], None]


def start_metrics_server(metrics: Metrics, host: str, port: int) -> MetricsServer:
    """Serve the metrics in a thread; port 0 takes a free one. Raises `UnavailableError` when the port is taken."""
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
