"""Objects of Kubernetes as the operator's tests want them."""

from __future__ import annotations

from typing import Any

from alur_operator.domain.plan import Live, document_of

Object = dict[str, Any]


def workflow(**changes: Any) -> Object:
    """Return a workflow's object."""
    metadata = {
        "name": "greet",
        "namespace": "shop",
        "uid": "u-1",
        "generation": 3,
        "resourceVersion": "7",
    }
    spec = {"nodes": [{"name": "a", "type": "core.noop"}]}
    return {
        "apiVersion": "alur.dev/v1alpha1",
        "kind": "Workflow",
        "metadata": {**metadata, **changes.pop("metadata", {})},
        "spec": {**spec, **changes.pop("spec", {})},
        **changes,
    }


def live(body: Object, **changes: Any) -> Live:
    """Return what Alur has when it has what the object says."""
    known = {"uid": "w-1", "version": 4, "etag": '"9"', "managed_by": "kubernetes"}
    return Live(**{**known, "document": document_of(body), **changes})


def run(phase: str = "", **spec: Any) -> Object:
    """Return a run's object."""
    status = {"phase": phase, "executionId": "e-1", "observedGeneration": 1} if phase else {}
    return {
        "apiVersion": "alur.dev/v1alpha1",
        "kind": "WorkflowRun",
        "metadata": {
            "name": "one",
            "namespace": "shop",
            "uid": "r-1",
            "generation": 1,
            "creationTimestamp": "2026-01-01T12:00:00Z",
        },
        "spec": {"workflow": "greet", **spec},
        "status": status,
    }


def execution(status: str, **changes: Any) -> Object:
    """Return an execution as the API shows it."""
    times = {"startedAt": "2026-01-01T00:00:00.000Z", "finishedAt": None}
    known = {"id": "e-1", "workflow": "greet", "version": 4, "mode": "manual", "output": []}
    return {**known, "status": status, **times, **changes}
