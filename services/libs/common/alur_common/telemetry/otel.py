"""The OpenTelemetry SDK behind the tracer; imported only by a process that traces.

The SDK decides which traces are recorded, says who we are, and sends in batches from a thread of its own. The spans
are ours until they leave: those of the SDK can be changed by many threads, and cost several times as much.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    TraceFlags,
    TraceState,
    set_span_in_context,
)

from alur_common.telemetry.otlp import Encoder
from alur_common.telemetry.tracing import Point, Sampler, Span


def _context(point: Point) -> SpanContext:
    return SpanContext(
        int(point.trace_id, 16),
        int(point.span_id, 16),
        is_remote=True,
        trace_flags=TraceFlags(TraceFlags.SAMPLED if point.is_sampled else TraceFlags.DEFAULT),
        trace_state=TraceState.from_header([point.state]) if point.state else None,
    )


_RECORDED = _context(Point("1" * 32, "1" * 16, is_sampled=True))


class _Ended(ReadableSpan):
    """One of our spans on its way through the SDK, which looks only at whether it is to be sent."""

    def __init__(self, span: Span) -> None:
        self.span = span
        self._context = _RECORDED


class _Exporter(OTLPSpanExporter):
    """The SDK's exporter for our spans. A test on a real collector notices when the SDK calls it otherwise."""

    def __init__(self, resource: Resource) -> None:
        super().__init__()
        self._encoder = Encoder(resource.attributes)

    def _translate_data(self, data: Sequence[ReadableSpan]) -> ExportTraceServiceRequest:
        spans = [ended.span for ended in data if isinstance(ended, _Ended)]
        return ExportTraceServiceRequest.FromString(self._encoder.request(spans))


class OtelRecorder:
    """`Recorder` that sends by OTLP, in batches from a thread; what does not fit its bounded queue is dropped."""

    def __init__(self, resource: Resource) -> None:
        """Send to where `OTEL_EXPORTER_OTLP_*` says."""
        self._processor = BatchSpanProcessor(_Exporter(resource))

    def record(self, span: Span) -> None:
        self._processor.on_end(_Ended(span))

    def close(self) -> None:
        self._processor.shutdown()  # type: ignore[no-untyped-call]  # it has no annotations


def resource_of(given: Mapping[str, str]) -> Resource:
    """Return what is said of this process; `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` win."""
    ours = Resource(dict(given))
    return Resource.create().merge(ours).merge(OTELResourceDetector().detect())


def sampler_of() -> Sampler:
    """Return the sampler that `OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG` name: all, unless the parent is not."""
    sampler = TracerProvider(shutdown_on_exit=False).sampler

    def is_sampled(parent: Point | None, trace_id: str, name: str) -> bool:
        context = None
        if parent is not None:
            context = set_span_in_context(NonRecordingSpan(_context(parent)))
        decision = sampler.should_sample(context, int(trace_id, 16), name).decision
        return decision is Decision.RECORD_AND_SAMPLE

    return is_sampled
