"""Our spans as OTLP: protobuf reads from the bytes what the spans say, and the SDK's sampler is asked."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from alur_common.telemetry.otel import resource_of, sampler_of
from alur_common.telemetry.otlp import Encoder
from alur_common.telemetry.tracing import Kind, Point, Shared, Span, new_span_id
from tests.support.recorded import Kept, recording

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
CALLER = Point(TRACE, SPAN, is_sampled=True, state="a=1")
RESOURCE = {"service.name": "alur-gateway"}
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
INTEGERS = st.integers(-(2**63), 2**63 - 1)


def read(*spans: Span) -> Any:  # noqa: ANN401  # protobuf's own
    """Return what protobuf reads from the bytes of a request with these spans."""
    return ExportTraceServiceRequest.FromString(Encoder(RESOURCE).request(spans))


def only(request: Any) -> Any:  # noqa: ANN401  # the same
    (span,) = request.resource_spans[0].scope_spans[0].spans
    return span


def values(span: Any) -> dict[str, Any]:  # noqa: ANN401  # the same
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in span.attributes}


@given(TEXT, st.sampled_from(Kind), st.dictionaries(TEXT, TEXT | INTEGERS | st.booleans()))
def test_a_span_is_read_as_it_was(name: str, kind: Kind, attributes: dict[str, Any]) -> None:
    span = recording(Kept()).begin(name, kind, attributes=dict(attributes))
    span.ended = span.begun + 7
    got = only(read(span))
    assert (got.name, got.kind) == (name, kind + 1)
    assert (got.trace_id.hex(), got.span_id.hex()) == span.point[:2]
    assert (got.start_time_unix_nano, got.end_time_unix_nano) == (span.begun, span.ended)
    assert (values(got), got.parent_span_id, got.status.code) == (attributes, b"", 0)


def test_parents_links_and_failures_are_told() -> None:
    span = recording(Kept()).begin("request", Kind.SERVER, parent=CALLER)
    span.link(Point("1" * 32, "2" * 16, is_sampled=True))
    span.fail("not-found")
    got = only(read(span))
    assert (got.parent_span_id.hex(), got.trace_state) == (SPAN, "a=1")
    assert [(link.trace_id.hex(), link.span_id.hex()) for link in got.links] == [
        ("1" * 32, "2" * 16)
    ]
    assert (got.status.code, values(got)) == (2, {"error.type": "not-found"})


def test_whether_the_parent_is_in_another_process_is_told() -> None:
    request = recording(Kept()).begin("request", Kind.SERVER, parent=CALLER)
    node = request.within("node")
    assert (only(read(request)).flags, only(read(node)).flags) == (0x300, 0x100)


def test_spans_stand_under_their_process_and_part() -> None:
    tracer = recording(Kept())
    spans = [tracer.begin(name, Kind.INTERNAL) for name in ("one", "two")]
    spans[1].shared = Shared({"alur.execution.id": new_span_id()})
    (of,) = read(*spans).resource_spans
    assert values(of.resource) == RESOURCE
    (scope,) = of.scope_spans
    assert (scope.scope.name, [span.name for span in scope.spans]) == ("alur", ["one", "two"])
    assert list(values(scope.spans[1])) == ["alur.execution.id"]


def test_a_share_of_the_traces_is_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "parentbased_traceidratio")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER_ARG", "0.1")
    is_sampled = sampler_of()
    # The sampler looks at the lower half of an id: these are spread evenly over it.
    ids = [f"{1 << 127 | number << 54:032x}" for number in range(1, 1_001)]
    assert sum(is_sampled(None, trace_id, "x") for trace_id in ids) == 102
    assert is_sampled(CALLER, TRACE, "x")
    assert not is_sampled(CALLER._replace(is_sampled=False), TRACE, "x")


def test_the_environment_says_more_of_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_SERVICE_NAME", "mine")
    said = resource_of({"service.name": "alur-dev", "service.version": "1"}).attributes
    assert (said["service.name"], said["service.version"]) == ("mine", "1")
