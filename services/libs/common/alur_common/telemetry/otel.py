"""The OpenTelemetry SDK behind the tracer; imported only by a process that traces.

Spans are made whole when they end and handed to the SDK's batch processor: its own spans, which can be changed by
many threads, cost several times as much.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    TraceState,
    set_span_in_context,
)

from alur_common.telemetry import names
from alur_common.telemetry.tracing import Point, Sampler, Span

_SAMPLED = TraceFlags(TraceFlags.SAMPLED)
_NOT_SAMPLED = TraceFlags(TraceFlags.DEFAULT)
_KINDS = {kind.value: kind for kind in SpanKind}
_FAILED = Status(StatusCode.ERROR)
_UNSET = Status(StatusCode.UNSET)


class OtelRecorder:
    """`Recorder` that sends by OTLP, in batches from a thread; what does not fit its bounded queue is dropped."""

    def __init__(self, resource: Resource, exporter: SpanExporter | None = None) -> None:
        """Without an exporter, spans go to where `OTEL_EXPORTER_OTLP_*` says."""
        self._resource = resource
        self._processor = BatchSpanProcessor(exporter or OTLPSpanExporter())

    def record(self, span: Span) -> None:
        if span.error:
            span.attributes[names.ERROR] = span.error
        self._processor.on_end(
            ReadableSpan(
                span.name,
                context=_context(span.point),
                parent=None if span.parent is None else _context(span.parent, is_remote=True),
                resource=self._resource,
                attributes=span.attributes,
                links=[Link(_context(point)) for point in span.links],
                kind=_KINDS[span.kind],
                status=_FAILED if span.error else _UNSET,
                start_time=span.begun,
                end_time=span.ended,
                instrumentation_scope=_scope(span.scope),
            )
        )

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
            context = set_span_in_context(NonRecordingSpan(_context(parent, is_remote=True)))
        decision = sampler.should_sample(context, int(trace_id, 16), name).decision
        return decision is Decision.RECORD_AND_SAMPLE

    return is_sampled


def _context(point: Point, *, is_remote: bool = False) -> SpanContext:
    return SpanContext(
        int(point.trace_id, 16),
        int(point.span_id, 16),
        is_remote,
        _SAMPLED if point.is_sampled else _NOT_SAMPLED,
        TraceState.from_header([point.state]) if point.state else None,
    )


@lru_cache(maxsize=16)
def _scope(name: str) -> InstrumentationScope:
    return InstrumentationScope(name)
