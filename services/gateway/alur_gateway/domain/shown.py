"""Executions as the API shows them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from alur_common.executions import Execution
from alur_sdk.errors import InvalidError, Problem
from alur_sdk.instants import rfc3339
from alur_sdk.items import Json

STATUSES = ("queued", "running", "waiting", "succeeded", "failed", "cancelled", "in-doubt")


@dataclass(frozen=True, slots=True)
class Overview:
    """An execution's node runs in short, and which of them wait or are in doubt."""

    nodes: list[dict[str, Any]]
    waits: list[dict[str, Any]] = field(default_factory=list)
    doubts: list[dict[str, Any]] = field(default_factory=list)


def seconds_of(text: str, path: str) -> float:
    """Return the seconds since 1970 of an RFC 3339 time, or raise `InvalidError` naming `path`."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise _no_time(path) from error
    if moment.tzinfo is None:
        raise _no_time(path)
    return moment.timestamp()


def _no_time(path: str) -> InvalidError:
    problem = Problem(path, "time", "give an RFC 3339 time, such as 2026-01-31T00:00:00Z")
    return InvalidError(f"{path}: {problem.message}", [problem])


def brief(execution: Execution) -> dict[str, Any]:
    """Return an execution as a list shows it: without output and nodes."""
    shown: dict[str, Any] = {
        "id": execution.id,
        "project": execution.project,
        "workflow": execution.workflow,
        "version": execution.version,
        "status": execution.status,
        "mode": execution.mode,
        "trigger": execution.trigger,
        "acceptedAt": rfc3339(execution.accepted_at),
        "startedAt": rfc3339(execution.started_at),
        "finishedAt": rfc3339(execution.finished_at),
        "durationMs": _duration_ms(execution),
        "traceId": execution.shown_trace,
    }
    optional = {
        "error": execution.error,
        "reason": execution.reason,
        "replayOf": execution.replay_of,
        "cause": execution.cause,
        "handler": execution.handler,
        "parent": execution.parent.execution if execution.parent else None,
        "wakeAt": rfc3339(execution.wake_at) if execution.status == "waiting" else None,
    }
    return shown | {name: value for name, value in optional.items() if value is not None}


def whole(execution: Execution, output: Json, overview: Overview) -> dict[str, Any]:
    """Return an execution with its output, its node runs in short, and what it rests for."""
    return brief(execution) | {
        "output": output,
        "nodes": overview.nodes,
        "waits": overview.waits,
        "doubts": overview.doubts,
    }


def _duration_ms(execution: Execution) -> float | None:
    if execution.finished_at is None:
        return None
    begun = execution.started_at if execution.started_at is not None else execution.accepted_at
    return round(max(0.0, execution.finished_at - begun) * 1000, 3)
