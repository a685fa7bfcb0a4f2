"""Spans of what the scheduler decides about one execution."""

from __future__ import annotations

from alur_common.definitions import WorkflowRecord
from alur_common.executions import Execution
from alur_common.telemetry import names
from alur_common.telemetry.tracing import Kind, Span, Tracer, point_of


class SchedulerTracing:
    """`Tracing` with a tracer."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer

    def admitting(self, execution: Execution) -> Span | None:
        accepted = point_of(execution.trace)
        if accepted is None:
            return None
        span = self._tracer.go_on("admit execution", accepted)
        span.set(names.EXECUTION, execution.id)
        span.set(names.WORKFLOW_ID, execution.workflow_uid)
        return span

    def firing(self, record: WorkflowRecord, trigger: str) -> Span:
        attributes = {
            names.TENANT: record.tenant,
            names.PROJECT: record.project,
            names.WORKFLOW: record.name,
            names.WORKFLOW_ID: record.uid,
            names.TRIGGER: trigger,
        }
        return self._tracer.begin("trigger.schedule", Kind.INTERNAL, attributes=attributes)
