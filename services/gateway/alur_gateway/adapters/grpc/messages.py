"""Executions, triggers and node types as messages, made of what REST answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from alur_api.executions.v1 import executions_pb2 as executions
from alur_api.nodes.v1 import nodes_pb2 as nodes
from alur_api.workflows.v1 import workflows_pb2 as workflows
from alur_gateway.adapters.grpc.structs import to_duration, to_struct, to_timestamp
from alur_sdk.errors import InvalidError, Problem

Shown = Mapping[str, Any]


def execution_message(shown: Shown) -> executions.Execution:
    """Return an execution as a message; what a list leaves out stays empty."""
    return executions.Execution(
        id=shown["id"],
        project=shown.get("project") or "",
        workflow=shown["workflow"],
        version=shown["version"],
        status=_status(shown["status"]),
        mode=shown.get("mode") or "",
        trigger=shown.get("trigger") or "",
        accepted_at=to_timestamp(shown.get("acceptedAt")),
        started_at=to_timestamp(shown.get("startedAt")),
        finished_at=to_timestamp(shown.get("finishedAt")),
        duration=to_duration(shown.get("durationMs")),
        error=_error(shown.get("error")),
        reason=shown.get("reason") or "",
        output=[to_struct(item) for item in shown.get("output") or ()],
        nodes=[node_message(node) for node in shown.get("nodes") or ()],
        trace_id=shown.get("traceId") or "",
    )


def node_message(shown: Shown) -> executions.NodeRun:
    """Return a node run as a message."""
    return executions.NodeRun(
        name=shown["name"],
        path=shown.get("path") or "",
        status=_status(shown["status"]),
        attempts=shown.get("attempts") or 0,
        items=shown.get("items") or 0,
        started_at=to_timestamp(shown.get("startedAt")),
        duration=to_duration(shown.get("durationMs")),
        error=_error(shown.get("error")),
    )


def log_line_message(shown: Shown) -> executions.LogLine:
    """Return a line that a node run wrote as a message."""
    return executions.LogLine(
        node=shown["node"],
        path=shown["path"],
        attempt=shown["attempt"],
        at=to_timestamp(shown["at"]),
        text=shown["text"],
    )


def trigger_message(shown: Shown) -> workflows.TriggerStatus:
    """Return the status of a trigger as a message."""
    return workflows.TriggerStatus(
        name=shown["name"],
        type=shown["type"],
        active=shown["active"],
        url=shown.get("url") or "",
        next_due=to_timestamp(shown.get("nextDue")),
        lag=shown.get("lag"),
        error=shown.get("error") or "",
    )


def node_type_message(shown: Shown) -> nodes.NodeType:
    """Return a node type as a message."""
    slots = [
        nodes.CredentialSlot(
            name=slot["name"], types=slot["types"], required=slot.get("required", False)
        )
        for slot in shown.get("credentials", ())
    ]
    return nodes.NodeType(
        type=shown["type"],
        label=shown["label"],
        description=shown.get("description") or "",
        group=shown.get("group") or "",
        effect=nodes.Effect.Value(f"EFFECT_{shown['effect'].upper()}"),
        trigger=shown["trigger"],
        inputs=shown["inputs"],
        outputs=shown["outputs"],
        parameters=to_struct(shown["parameters"]),
        credentials=slots,
        docs=shown.get("docs") or "",
    )


def status_word(status: executions.Status.ValueType) -> str:
    """Return the word that REST has for a status. Raises `InvalidError` for none."""
    return _word(executions.Status.Name(status), "STATUS_", "statuses")


def outcome_word(outcome: executions.Outcome.ValueType) -> str:
    """Return the word that REST has for an outcome. Raises `InvalidError` for none."""
    return _word(executions.Outcome.Name(outcome), "OUTCOME_", "outcome")


def _word(name: str, prefix: str, path: str) -> str:
    word = name.removeprefix(prefix).lower().replace("_", "-")
    if word == "unspecified":
        message = f"{path}: say which"
        raise InvalidError(message, [Problem(path, "missing", message)])
    return word


def _status(word: str) -> executions.Status.ValueType:
    return executions.Status.Value(f"STATUS_{word.upper().replace('-', '_')}")


def _error(shown: Any) -> executions.Error | None:  # noqa: ANN401  # an object or nothing
    if not shown:
        return None
    return executions.Error(
        code=str(shown.get("code") or ""),
        message=str(shown.get("message") or ""),
        node=str(shown.get("node") or ""),
        field=str(shown.get("field") or ""),
    )
