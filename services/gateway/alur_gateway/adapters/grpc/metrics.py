"""Rate, errors and duration of RPCs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from alur_common.telemetry import Metrics


@dataclass
class Ending:
    """How a call ended: the name of its status."""

    code: str = "OK"


class CallMetrics:
    """Counts calls by operation and code, and times those that are no streams."""

    def __init__(self, metrics: Metrics) -> None:
        self._calls = metrics.counter("gateway_grpc_calls_total")
        self._seconds = metrics.times("gateway_grpc_call_duration_seconds")

    @contextmanager
    def observed(self, operation: str, *, is_stream: bool = False) -> Iterator[Ending]:
        """Observe one call; whoever translates its error says the code."""
        ending, begun = Ending(), time.perf_counter()
        try:
            yield ending
        except (asyncio.CancelledError, GeneratorExit):
            ending.code = "CANCELLED"
            raise
        finally:
            self._calls.labels(operation, ending.code).inc()
            if not is_stream:
                self._seconds.of(operation).observe(time.perf_counter() - begun)
