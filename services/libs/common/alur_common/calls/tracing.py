"""Spans and metrics of calls between services."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

from prometheus_client import Counter

from alur_common.telemetry import Metrics, names
from alur_common.telemetry.tracing import (
    HEADER,
    STATE_HEADER,
    Kind,
    Point,
    Span,
    Tracer,
    child,
    current,
    point_of,
)

Metadata = tuple[tuple[str, str], ...]


def calling(port: str, method: str) -> Span | None:
    """Return a span for a call that is about to be made, or None when nothing is recorded."""
    span = child(f"{port}/{method}", Kind.CLIENT)
    if span is not None:
        span.attributes = {names.RPC_SYSTEM: names.GRPC, names.RPC_METHOD: f"{port}/{method}"}
    return span


def with_trace(metadata: Metadata) -> Metadata:
    """Return the metadata with the trace that the call is made in, if any."""
    span = current()
    if span is None:
        return metadata
    point = span.point
    state = ((STATE_HEADER, point.state),) if point.state else ()
    return (*metadata, (HEADER, point.parent), *state)


def caller_of(metadata: Iterable[tuple[str, Any]] | None) -> Point | None:
    """Return the span of whoever calls, or None; said twice, it counts as not said."""
    given = [(name, value) for name, value in metadata or () if name in (HEADER, STATE_HEADER)]
    parents = [value for name, value in given if name == HEADER]
    if len(parents) != 1:
        return None
    return point_of(parents[0], ",".join(v for name, v in given if name == STATE_HEADER))


def serving(
    tracer: Tracer | None, port: str, method: str, metadata: Iterable[tuple[str, Any]] | None
) -> Span | None:
    """Begin a span for a call that is served; None without a tracer, or when the caller is in no trace."""
    if tracer is None:
        return None
    caller = caller_of(metadata)
    if caller is None:
        return None
    attributes = {names.RPC_SYSTEM: names.GRPC, names.RPC_METHOD: f"{port}/{method}"}
    return tracer.begin(f"{port}/{method}", Kind.SERVER, parent=caller, attributes=attributes)


def failed(span: Span, code: str) -> None:
    """Say of a span that its call was refused; `abort` raises nothing that tells how."""
    span.set(names.RPC_STATUS, code)
    span.fail(code)


@dataclass
class Ending:
    """How a call ended: the name of its status."""

    code: str = "OK"


class CallMetrics:
    """Counts and times the calls that are served."""

    def __init__(self, metrics: Metrics) -> None:
        served = metrics.counter("calls_served_total")
        self._served = cache(lambda *labels: _counter(served, *labels))
        self._seconds = metrics.times("calls_duration_seconds")

    @contextmanager
    def observed(self, port: str, method: str) -> Iterator[Ending]:
        """Observe one call; whoever translates its error says the code."""
        ending, begun = Ending(), time.perf_counter()
        try:
            yield ending
        except asyncio.CancelledError:
            ending.code = "CANCELLED"
            raise
        finally:
            self._served(port, method, ending.code).inc()
            self._seconds.of(port).observe(time.perf_counter() - begun)


def _counter(counter: Counter, *labels: str) -> Counter:
    return counter.labels(*labels)
