"""Spans of executions: one for each session, and within it one for each attempt of a node."""

from __future__ import annotations

import time

from alur_common.executions import Execution
from alur_common.telemetry import names
from alur_common.telemetry.tracing import (
    Kind,
    Point,
    Shared,
    Span,
    Tracer,
    current,
    point_of,
)
from alur_engine.journal import Failed, JournalEntry
from alur_engine.state import Run
from alur_executor.domain.programs import Step
from alur_executor.domain.results import result_of

_SESSION = "execution"
_TASK = "task"


class OtelTracing:
    """`Tracing` with a tracer."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer

    def session(self, execution: Execution) -> Span | None:
        here = current()
        if here is not None and _is_unseen_part(here, execution):
            return None
        known = point_of(execution.trace)
        if known is None:
            span = self._tracer.begin(_SESSION, Kind.INTERNAL)
        elif execution.epoch == 0 and execution.status == "queued":
            span = self._tracer.go_on(_SESSION, known)
        else:
            span = self._tracer.link(_SESSION, Kind.INTERNAL, (known,))
        if span.is_recorded:
            span.attributes = _attributes(execution)
        return span

    def task(self, execution: Execution) -> Span | None:
        known = point_of(execution.trace)
        if known is None:
            return None
        span = self._tracer.link(_TASK, Kind.INTERNAL, (known,))
        if span.is_recorded:
            span.attributes = _attributes(execution)
        return span

    def trace(self, span: Span, execution: Execution) -> SessionTrace:
        return SessionTrace(span, execution)


class SessionTrace:
    """`Trace` of a session whose span is recorded."""

    def __init__(self, span: Span, execution: Execution) -> None:
        self._span = span
        self._common = Shared(
            {
                names.WORKFLOW_ID: execution.workflow_uid,
                names.WORKFLOW_VERSION: execution.version,
                names.EXECUTION: execution.id,
            }
        )
        self._failed: dict[tuple[str, str], Point] = {}

    def attempt(self, step: Step, run: Run) -> Span:
        node_type = step.graph.type.type
        attributes: dict[str, object] = {
            names.NODE: run.node.name,
            names.NODE_TYPE: node_type,
            names.ATTEMPT: run.attempt + 1,
        }
        if run.frame.path:
            attributes[names.NODE_PATH] = run.frame.path
        before = self._failed.pop(run.key, None)
        links = () if before is None else (before,)
        span = self._span.within(f"node {node_type}", Kind.INTERNAL, attributes, links)
        span.shared = self._common
        return span

    def ended(self, span: Span, entry: JournalEntry | None) -> None:
        if entry is None:
            return
        span.set(names.NODE_RESULT, result_of(entry))
        error = getattr(entry, "error", None)
        if error:
            span.fail(str(error.get("code") or "failed"))
        if isinstance(entry, Failed) and entry.retry_at is not None:
            self._failed[entry.node, entry.path] = span.point

    def took(self, step: Step, run: Run, entry: JournalEntry, seconds: float) -> None:
        span = self.attempt(step, run)
        span.ended = time.time_ns()
        span.begun = span.ended - int(seconds * 1e9)
        self.ended(span, entry)
        span.end()

    def step(self, name: str) -> Span:
        return self._span.within(name)


def _is_unseen_part(here: Span, execution: Execution) -> bool:
    """Whether this is the execution's own trace, and is not recorded."""
    return not here.is_recorded and here.point.trace_id == execution.trace[3:35]


def _attributes(execution: Execution) -> dict[str, object]:
    attributes: dict[str, object] = {
        names.TENANT: execution.tenant,
        names.PROJECT: execution.project,
        names.WORKFLOW: execution.workflow,
        names.WORKFLOW_ID: execution.workflow_uid,
        names.WORKFLOW_VERSION: execution.version,
        names.EXECUTION: execution.id,
        names.EXECUTION_MODE: execution.mode,
    }
    if execution.trigger:
        attributes[names.TRIGGER] = execution.trigger
    return attributes
