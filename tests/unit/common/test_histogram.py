"""Histograms are read as Prometheus's own are."""

from __future__ import annotations

import prometheus_client
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alur_common.telemetry.histogram import Histogram

BOUNDS = (0.005, 0.1, 1.0, 30.0)
SECONDS = st.one_of(st.sampled_from(BOUNDS), st.floats(0, 100))
SERIES = st.sampled_from([("core.set", "succeeded"), ("core.if", "failed")])


def read(histogram: Histogram | prometheus_client.Histogram) -> str:
    registry = prometheus_client.CollectorRegistry()
    registry.register(histogram)
    return prometheus_client.generate_latest(registry).decode()


@given(st.lists(st.tuples(SERIES, SECONDS)))
def test_any_times_are_read_as_from_a_histogram_of_prometheus(
    observed: list[tuple[tuple[str, str], float]],
) -> None:
    prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call] # it has no annotations
    theirs = prometheus_client.Histogram(
        "took_seconds", "About.", ("type", "result"), buckets=BOUNDS, registry=None
    )
    ours = Histogram("took_seconds", "About.", ("type", "result"), BOUNDS)
    for labels, seconds in observed:
        theirs.labels(*labels).observe(seconds)
        ours.of(*labels).observe(seconds)
    assert read(ours) == read(theirs)


def test_one_without_labels_is_read_before_its_first_time() -> None:
    assert "took_seconds_count 0.0" in read(Histogram("took_seconds", "About.", (), BOUNDS))


def test_labels_that_are_not_its_own_are_refused() -> None:
    with pytest.raises(ValueError, match="has the labels"):
        Histogram("took_seconds", "About.", ("type",), BOUNDS).of()
