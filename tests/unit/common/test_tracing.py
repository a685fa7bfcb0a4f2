"""Spans: whose child is what, what is recorded, and what goes over the wire."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alur_common.telemetry import Metrics, names, open_tracer
from alur_common.telemetry.tracing import (
    NOTHING,
    Kind,
    Point,
    Span,
    Tracer,
    child,
    current,
    point_of,
)
from alur_sdk.errors import InvalidError, NotFoundError
from tests.support.recorded import Kept, recording

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
CALLER = Point(TRACE, SPAN, is_sampled=True)
UNSEEN = Point(TRACE, SPAN, is_sampled=False)


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def tracer(kept: Kept) -> Tracer:
    return recording(kept)


def test_a_span_within_another_is_its_child(tracer: Tracer, kept: Kept) -> None:
    with tracer.begin("outer", Kind.SERVER) as outer, child("inner") or NOTHING:
        pass
    inner = kept.spans[0]
    assert (inner.parent, inner.point.trace_id) == (outer.point, outer.point.trace_id)
    assert [span.name for span in kept.spans] == ["inner", "outer"]
    assert current() is None


def test_a_span_goes_on_from_its_caller(tracer: Tracer, kept: Kept) -> None:
    with tracer.begin("request", Kind.SERVER, parent=CALLER):
        pass
    assert (kept.spans[0].parent, kept.spans[0].point.trace_id) == (CALLER, TRACE)


def test_nothing_is_recorded_where_the_caller_is_not(tracer: Tracer, kept: Kept) -> None:
    with tracer.begin("request", Kind.SERVER, parent=UNSEEN) as span:
        assert child("inner") is None
        assert span.point.parent.endswith("-00")
    assert kept.spans == []


def test_without_a_tracer_there_is_nothing_to_be_within() -> None:
    assert (child("inner"), current()) == (None, None)


def test_what_fails_says_its_code_and_no_message(tracer: Tracer, kept: Kept) -> None:
    with pytest.raises(NotFoundError), tracer.begin("request", Kind.SERVER):
        raise NotFoundError("there is no customer 4711")
    assert kept.spans[0].error == "not-found"


def test_a_link_begins_another_trace(tracer: Tracer, kept: Kept) -> None:
    with tracer.link("execution", Kind.INTERNAL, (CALLER,)):
        pass
    (span,) = kept.spans
    assert (span.links, span.parent) == ((CALLER,), None)
    assert span.point.trace_id != TRACE


def test_several_are_recorded_when_one_of_them_is(tracer: Tracer) -> None:
    assert tracer.link("replies", Kind.INTERNAL, (UNSEEN, CALLER)).is_recorded
    assert not tracer.link("replies", Kind.INTERNAL, (UNSEEN, UNSEEN)).is_recorded


def test_a_kept_trace_goes_on_within_the_span_that_brought_it(tracer: Tracer) -> None:
    with tracer.begin("process", Kind.CONSUMER, parent=CALLER) as process:
        assert tracer.go_on("execution", CALLER).parent == process.point
    with tracer.begin("another", Kind.CONSUMER):
        assert tracer.go_on("execution", CALLER).parent == CALLER


async def test_a_task_is_within_the_span_that_started_it(tracer: Tracer) -> None:
    async def look() -> Span | None:
        return current()

    with tracer.begin("request", Kind.SERVER) as span:
        task = asyncio.create_task(look())
    assert await task is span


def test_what_is_dropped_is_not_recorded(tracer: Tracer, kept: Kept) -> None:
    with tracer.begin("process", Kind.CONSUMER) as span:
        span.drop()
    assert kept.spans == []


def test_the_header_of_the_standard_is_read() -> None:
    assert point_of(f"00-{TRACE}-{SPAN}-01", "a=1") == Point(TRACE, SPAN, True, "a=1")
    assert point_of(f"00-{TRACE}-{SPAN}-02") == UNSEEN
    assert point_of(f"cc-{TRACE}-{SPAN}-01-what-comes") == CALLER


@given(st.text() | st.from_regex(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}.?"))
def test_any_header_is_a_point_that_gives_it_again_or_nothing(header: str) -> None:
    point = point_of(header)
    if point is not None:
        assert point_of(point.parent) == point
        assert header[3:52] == point.parent[3:52]


@pytest.mark.parametrize("state", ["a=" + "x" * 600, "a=\x00", "a=\n"])
def test_a_state_that_may_not_be_sent_on_is_left_out(state: str) -> None:
    assert point_of(f"00-{TRACE}-{SPAN}-01", state) == CALLER


@pytest.mark.parametrize(
    ("name", "value"),
    [("OTEL_TRACES_EXPORTER", "zipkin"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")],
)
def test_a_way_out_that_is_not_there_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(InvalidError, match=name):
        open_tracer("gateway")


def test_names_of_attributes_are_ours_or_the_conventions() -> None:
    known = ("alur.", "error.", "http.", "rpc.", "server.", "messaging.")
    dotted = [value for name, value in vars(names).items() if name.isupper() and "." in value]
    assert dotted
    assert [value for value in dotted if not value.startswith(known)] == []


def exemplars(metrics: Metrics) -> list[str]:
    """Return the traces that the metrics name."""
    samples = [sample for of in metrics.registry.collect() for sample in of.samples]
    return [sample.exemplar.labels["trace_id"] for sample in samples if sample.exemplar]


def test_a_time_names_the_trace_in_which_it_was_taken(tracer: Tracer) -> None:
    metrics = Metrics()
    times = metrics.times("executor_node_duration_seconds").of("core.set", "succeeded")
    with tracer.begin("request", Kind.SERVER, parent=CALLER):
        times.observe(0.03)
    assert exemplars(metrics) == [TRACE]


def test_a_trace_is_named_once_a_second_for_times_alike(tracer: Tracer) -> None:
    metrics = Metrics()
    times = metrics.times("executor_node_duration_seconds").of("core.set", "succeeded")
    with tracer.begin("first", Kind.SERVER, parent=CALLER):
        times.observe(0.03)
    with tracer.begin("second", Kind.SERVER) as second:
        times.observe(0.03)
        times.observe(7.0)
    assert exemplars(metrics) == [TRACE, second.point.trace_id]


def test_a_trace_that_is_not_recorded_is_not_named(tracer: Tracer) -> None:
    metrics = Metrics()
    with tracer.begin("request", Kind.SERVER, parent=UNSEEN):
        metrics.times("scheduler_drift_seconds").observe(0.03)
    assert exemplars(metrics) == []
