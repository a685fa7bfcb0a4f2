"""Metrics of one process and the port on which they are read."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import TypeVar
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Gauge, make_wsgi_app

from alur_common.telemetry.declared import METRICS, Declared
from alur_common.telemetry.histogram import Histogram
from alur_sdk.errors import UnavailableError

PREFIX = "alur_"
LIFE_PATH = "/livez"
LIFE_SECONDS = 4.0
"""So long the event loop may take for one turn before it is said not to live; a probe of Kubernetes waits five."""
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

    def times(self, name: str) -> Histogram:
        """Return the histogram of this name, of seconds; raises ValueError when none is declared."""
        return self._made(name, Histogram, self._histogram)

    def _histogram(self, declared: Declared) -> Histogram:
        made = Histogram(PREFIX + declared.name, declared.about, declared.labels, declared.buckets)
        self.registry.register(made)
        return made

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


@dataclass(frozen=True, slots=True)
class MetricsServer:
    """Where the metrics are read, until `close`."""

    port: int
    close: Callable[[], None]


def start_metrics_server(metrics: Metrics, host: str, port: int) -> MetricsServer:
    """Serve the metrics in a thread; port 0 takes a free one. Raises `UnavailableError` when the port is taken.

    Whoever asks for OpenMetrics, as Prometheus does, gets exemplars with them: the trace of a request that was counted.
    `/livez` says whether the event loop that runs now still turns: who restarts what hangs asks for it.
    """
    metrics.gauge("build_info").labels(version("alur-common")).set(1)
    try:
        server, thread = prometheus_client.start_http_server(
            port, addr=host, registry=metrics.registry
        )
    except OSError as error:
        message = f"metrics cannot be served on {host}:{port}: {error.strerror or error}"
        raise UnavailableError(message) from error
    server.set_app(_with_life(make_wsgi_app(metrics.registry), asyncio.get_running_loop()))

    def close() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return MetricsServer(server.server_port, close)


def _with_life(metrics: WSGIApplication, loop: asyncio.AbstractEventLoop) -> WSGIApplication:
    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] != LIFE_PATH:
            return metrics(environ, start_response)
        turned = threading.Event()
        with contextlib.suppress(RuntimeError):  # it is closed
            loop.call_soon_threadsafe(turned.set)
        is_alive = turned.wait(LIFE_SECONDS)
        status = "200 OK" if is_alive else "503 Service Unavailable"
        start_response(status, [("Content-Type", "text/plain; charset=utf-8")])
        return [b"alive\n" if is_alive else b"the event loop does not turn\n"]

    return app
