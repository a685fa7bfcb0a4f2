"""Histograms of seconds that cost little to fill: every node run, request and execution is counted in several."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Iterator
from itertools import accumulate

from prometheus_client.metrics_core import HistogramMetricFamily
from prometheus_client.registry import Collector
from prometheus_client.samples import Exemplar
from prometheus_client.utils import floatToGoString

from alur_common.telemetry.tracing import Span, current

EXEMPLAR_SECONDS = 1.0


class Timed:
    """One series of times, filled by one thread and read by any.

    Each of its buckets names the current trace at most once a second: it is read less often than that, and naming a
    trace costs several times what counting does.
    """

    __slots__ = ("_bounds", "_counts", "_exemplars", "_sum")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self._exemplars: dict[int, tuple[float, Exemplar]] = {}
        self._sum = 0.0

    def observe(self, seconds: float) -> None:
        """Count something that took so long."""
        bucket = bisect_left(self._bounds, seconds)
        self._counts[bucket] += 1
        self._sum += seconds
        span = current()
        if span is not None and span.is_recorded:
            self._name(span, bucket, seconds)

    def _name(self, span: Span, bucket: int, seconds: float) -> None:
        now = time.time()
        named, _ = self._exemplars.get(bucket, (0.0, None))
        if not 0 <= now - named < EXEMPLAR_SECONDS:
            labels = {"trace_id": span.point.trace_id, "span_id": span.point.span_id}
            self._exemplars[bucket] = (now, Exemplar(labels, seconds, now))

    def add_to(self, family: HistogramMetricFamily, labels: tuple[str, ...]) -> None:
        """Add what was counted as a series with these labels."""
        names = [*map(floatToGoString, self._bounds), "+Inf"]
        exemplars = self._exemplars.copy()
        buckets = [
            (name, count, exemplars[bucket][1]) if bucket in exemplars else (name, count)
            for bucket, (name, count) in enumerate(
                zip(names, accumulate(self._counts), strict=True)
            )
        ]
        family.add_metric(labels, buckets=buckets, sum_value=self._sum)


class Histogram(Collector):
    """A histogram of seconds; a series begins with its first time, one without labels at once."""

    def __init__(
        self, name: str, about: str, labels: tuple[str, ...], bounds: tuple[float, ...]
    ) -> None:
        self._name, self._about, self._labels, self._bounds = name, about, labels, bounds
        self._series: dict[tuple[str, ...], Timed] = {}
        if not labels:
            self.of()

    def of(self, *labels: str) -> Timed:
        """Return the series with these labels."""
        found = self._series.get(labels)
        if found is None:
            if len(labels) != len(self._labels):
                raise ValueError(f"{self._name} has the labels {self._labels}, not {labels}")
            found = self._series[labels] = Timed(self._bounds)
        return found

    def observe(self, seconds: float) -> None:
        """Count something that took so long, without labels."""
        self._series[()].observe(seconds)

    def collect(self) -> Iterator[HistogramMetricFamily]:
        """Yield what Prometheus reads."""
        family = HistogramMetricFamily(self._name, self._about, labels=self._labels)
        for labels, series in self._series.copy().items():
            series.add_to(family, labels)
        yield family
