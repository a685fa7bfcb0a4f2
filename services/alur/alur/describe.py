"""What `alur describe` tells about one thing."""

from __future__ import annotations

import json
from typing import Any

from alur import output
from alur.kinds import Kind, started_by
from alur.output import fields, milliseconds, table, write
from alur.session import Session

_LATEST = 5


def describe_one(session: Session, kind: Kind, shown: dict[str, Any]) -> None:
    """Print what there is to know, the most asked first."""
    special = {"workflows": _workflow, "executions": _execution, "nodes": _node_type}.get(kind.name)
    if special is None:
        fields((name, value) for name, value in shown.items())
    else:
        special(session, shown)


_AS_WARNINGS = frozenset({"Plausible", "Safe"})
"""Conditions whose messages only sum up the warnings, which are told one by one, with their places."""


def lacking(status: dict[str, Any]) -> list[list[str]]:
    """Return what a workflow lacks to be as it should: condition and message of each."""
    return [
        [c["type"], c["message"]]
        for c in status.get("conditions", ())
        if (c["status"], bool(c["message"])) == ("False", True) and c["type"] not in _AS_WARNINGS
    ]


def _workflow(session: Session, shown: dict[str, Any]) -> None:
    metadata, spec, status = shown["metadata"], shown["spec"], shown.get("status", {})
    fields(
        [
            ("Name", metadata["name"]),
            ("Project", metadata.get("namespace", session.project)),
            ("Title", spec.get("title")),
            ("Description", spec.get("description")),
            ("Labels", metadata.get("labels")),
            ("Version", status.get("activeVersion")),
            ("Suspended", spec.get("suspend") or None),
            ("Managed by", metadata.get("managedBy")),
            ("Created", metadata.get("createdAt")),
            ("Updated", metadata.get("updatedAt")),
        ]
    )
    if rows := lacking(status):
        _section("Lacking")
        table(["condition", "what"], rows, "")
    warnings = status.get("warnings", ())
    if warnings:
        _section("Warnings")
        table(["where", "what"], [[w["path"], w["message"]] for w in warnings], "")
    _section("Triggers")
    types = {trigger["name"]: trigger["type"] for trigger in spec.get("triggers", ())}
    triggers = [
        [t["name"], types.get(t["name"], ""), t.get("active"), _state(t)]
        for t in status.get("triggers", ())
    ]
    table(["name", "type", "active", "address, next or lag"], triggers, "none: it runs by hand")
    _section("Nodes")
    steps = [[n["name"], n["type"], _after(spec, n["name"])] for n in spec.get("nodes", ())]
    table(["name", "type", "after"], steps, "none")
    _section("Latest executions")
    latest = session.pages(session.path("executions"), {"workflow": metadata["name"]}, _LATEST)
    runs = [[e["id"], e["status"], output.age(e.get("startedAt"))] for e in latest]
    table(["id", "status", "age"], runs, "none yet")


def _execution(_session: Session, shown: dict[str, Any]) -> None:
    error = shown.get("error") or {}
    fields(
        [
            ("Id", shown["id"]),
            ("Workflow", f"{shown['workflow']} (version {shown['version']})"),
            ("Status", shown["status"]),
            ("Waits for", "; ".join(map(_awaited, shown.get("waits", ()))) or None),
            ("Trigger", started_by(shown)),
            ("Because of", shown.get("cause") or shown.get("parent") or shown.get("replayOf")),
            ("Started", shown.get("startedAt")),
            ("Finished", shown.get("finishedAt")),
            ("Duration", milliseconds(shown.get("durationMs"))),
            ("Error", output.failure(error)),
            ("Failed node", error.get("node")),
            ("Reason", shown.get("reason")),
            ("Trace", shown.get("traceId")),
        ]
    )
    _section("Nodes")
    nodes_table(shown.get("nodes", ()))
    if shown.get("output"):
        _section("Output")
        output.data(shown["output"], output.Format.JSON)


def _awaited(wait: dict[str, Any]) -> str:
    """Return what a node run waits for, in words."""
    words = []
    if "signal" in wait:
        words.append(f"the signal {wait['signal']!r}")
    if "children" in wait:
        words.append(f"the end of {len(wait['children'])} of its executions")
    if "pool" in wait:
        words.append(f"an executor of the pool {wait['pool']}")
    if "until" in wait:
        words.append(f"at most until {wait['until']}" if words else wait["until"])
    return f"{wait['node']}: {', '.join(words) or 'a message'}"


def nodes_table(nodes: list[dict[str, Any]] | tuple[()]) -> None:
    """Print the node runs of an execution."""
    rows = [
        [
            node["name"],
            node["status"],
            node.get("runs", 1 if node.get("attempts") else 0),
            node.get("attempts"),
            node.get("items"),
            milliseconds(node.get("durationMs")),
            output.failure(node.get("error") or {}),
        ]
        for node in nodes
    ]
    table(
        ["node", "status", "runs", "attempts", "items", "duration", "error"],
        rows,
        "no node has run",
    )


def _node_type(_session: Session, shown: dict[str, Any]) -> None:
    slots = [slot["name"] for slot in shown.get("credentials", ())]
    fields(
        [
            ("Type", shown["type"]),
            ("Label", shown.get("label")),
            ("Description", shown.get("description")),
            ("Effect", shown.get("effect")),
            ("Inputs", ", ".join(shown.get("inputs", ()))),
            ("Outputs", ", ".join(shown.get("outputs", ()))),
            ("Credentials", ", ".join(slots)),
        ]
    )
    _section("Parameters")
    schema = shown.get("parameters", {})
    required = schema.get("required", ())
    rows = [
        [name, _values(part), _unless_set(name in required, part), part.get("description", "")]
        for name, part in schema.get("properties", {}).items()
    ]
    table(["name", "values", "unless set", "what it is"], rows, "none")
    if shown.get("example"):
        _section("Example")
        output.data({"type": shown["type"], "params": shown["example"]}, output.Format.YAML)


def _values(part: dict[str, Any]) -> str:
    """Return what a parameter takes, in the words of its schema."""
    if "enum" in part:
        return ", ".join(map(str, part["enum"]))
    if "const" in part:
        return str(part["const"])
    ways = [_values(way) for way in (*part.get("anyOf", ()), *part.get("oneOf", ()))]
    kind = part.get("type", "")
    return " or ".join(dict.fromkeys(filter(None, ways))) or (
        kind if isinstance(kind, str) else " or ".join(kind)
    )


def _unless_set(is_required: bool, part: dict[str, Any]) -> str:
    if is_required:
        return "required"
    return "" if part.get("default") is None else json.dumps(part["default"])


def _after(spec: dict[str, Any], name: str) -> str:
    return ", ".join(edge["from"] for edge in spec.get("edges", ()) if edge["to"] == name)


def _section(title: str) -> None:
    write()
    write(f"{title}:")


def _state(trigger: dict[str, Any]) -> object:
    """Return what there is to say of a trigger: where it is called, when it is due, how far it is behind, what is wrong."""
    lag = trigger.get("lag")
    behind = None if lag is None else f"{lag} behind"
    return trigger.get("error") or trigger.get("url") or trigger.get("nextDue") or behind
