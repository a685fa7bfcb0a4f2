"""Objects that these tests apply."""

from __future__ import annotations

from typing import Any

from tests.support.cluster import API, Object

ENDED = ("Succeeded", "Failed", "Cancelled")


def workflow(namespace: str, name: str = "greet", **spec: Any) -> Object:
    """Return a workflow of one pure node."""
    fields = {"hello": "{{ $json.who }}"}
    nodes = [{"name": "greet", "type": "core.set", "params": {"fields": fields}}]
    metadata = {"name": name, "namespace": namespace}
    return {
        "apiVersion": API,
        "kind": "Workflow",
        "metadata": metadata,
        "spec": {"nodes": nodes, **spec},
    }


def waiting(namespace: str, name: str = "waits", seconds: int = 600) -> Object:
    """Return a workflow that waits."""
    node = {"name": "wait", "type": "core.wait", "params": {"for": f"PT{seconds}S"}}
    return workflow(namespace, name, nodes=[node])


def run(namespace: str, workflow_name: str, name: str = "one", **spec: Any) -> Object:
    """Return a run of a workflow."""
    metadata = {"name": name, "namespace": namespace}
    return {
        "apiVersion": API,
        "kind": "WorkflowRun",
        "metadata": metadata,
        "spec": {"workflow": workflow_name, **spec},
    }


def address(namespace: str, name: str = "greet") -> str:
    """Return the path of a workflow in the REST API."""
    return f"/api/v1/projects/{namespace}/workflows/{name}"


def status_of(found: Object | None) -> Object:
    """Return the status of an object, empty when there is none."""
    return (found or {}).get("status") or {}


def version_of(found: Object | None) -> int | None:
    """Return the active version that an object tells."""
    return status_of(found).get("activeVersion")


def has_phase(*phases: str) -> Any:  # noqa: ANN401  # a predicate
    """Return whether an object is in one of these phases."""
    return lambda found: status_of(found).get("phase") in phases
