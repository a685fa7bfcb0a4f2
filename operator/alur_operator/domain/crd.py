"""The custom resource definitions, made of the same models as files, REST and the drawing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from alur_engine.document import Spec
from alur_operator.domain.documents import RunSpec, RunStatus, WorkflowStatus
from alur_operator.domain.names import GROUP, VERSION
from alur_operator.domain.rules import DECLARED, DEFAULTS, LISTS, RUN_RULES, WORKFLOW_RULES, Rule
from alur_operator.domain.structural import Schema, structural

_COLUMNS_OF_WORKFLOWS = (
    ("Ready", "string", ".status.conditions[?(@.type=='Ready')].status", 0),
    ("Version", "integer", ".status.activeVersion", 0),
    ("Triggers", "integer", ".status.triggerCount", 0),
    ("Suspended", "string", ".status.conditions[?(@.type=='Suspended')].status", 0),
    ("Last Run", "date", ".status.lastExecution.startTime", 0),
    ("Last Status", "string", ".status.lastExecution.phase", 0),
    ("Age", "date", ".metadata.creationTimestamp", 0),
    ("Reason", "string", ".status.conditions[?(@.type=='Ready')].reason", 1),
    ("Node Count", "integer", ".status.nodeCount", 1),
    ("Message", "string", ".status.conditions[?(@.type=='Ready')].message", 1),
)
_COLUMNS_OF_RUNS = (
    ("Workflow", "string", ".spec.workflow", 0),
    ("Phase", "string", ".status.phase", 0),
    ("Started", "date", ".status.startTime", 0),
    ("Finished", "date", ".status.completionTime", 0),
    ("Age", "date", ".metadata.creationTimestamp", 0),
    ("Version", "integer", ".status.version", 1),
    ("Execution", "string", ".status.executionId", 1),
    ("Message", "string", ".status.message", 1),
)


def workflow_crd() -> dict[str, Any]:
    """Return the definition of `workflows.alur.dev`."""
    schema = _schema(
        "A graph of steps, and what starts it. Alur runs its active version.",
        Spec,
        WorkflowStatus,
        WORKFLOW_RULES,
    )
    return _definition(
        "Workflow",
        "workflows",
        "awf",
        schema=schema,
        columns=_COLUMNS_OF_WORKFLOWS,
        selectable=(".spec.suspend", ".status.phase"),
    )


def run_crd() -> dict[str, Any]:
    """Return the definition of `workflowruns.alur.dev`."""
    schema = _schema(
        "One execution of a Workflow, once for each object.", RunSpec, RunStatus, RUN_RULES
    )
    return _definition(
        "WorkflowRun",
        "workflowruns",
        "awr",
        schema=schema,
        columns=_COLUMNS_OF_RUNS,
        selectable=(".spec.workflow", ".status.phase"),
    )


def _definition(
    kind: str,
    plural: str,
    short: str,
    *,
    schema: Schema,
    columns: Sequence[tuple[str, str, str, int]],
    selectable: Sequence[str],
) -> dict[str, Any]:
    version = {
        "name": VERSION,
        "served": True,
        "storage": True,
        "subresources": {"status": {}},
        "additionalPrinterColumns": [
            {"name": name, "type": kind, "jsonPath": path, **({"priority": level} if level else {})}
            for name, kind, path, level in columns
        ],
        "selectableFields": [{"jsonPath": path} for path in selectable],
        "schema": {"openAPIV3Schema": schema},
    }
    names = {
        "kind": kind,
        "listKind": f"{kind}List",
        "plural": plural,
        "singular": kind.lower(),
        "shortNames": [short],
        "categories": ["alur"],
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {
            "name": f"{plural}.{GROUP}",
            # Helm leaves it when it uninstalls: deleting it would delete every object of its kind.
            "annotations": {"helm.sh/resource-policy": "keep"},
            "labels": {"app.kubernetes.io/name": "alur", "app.kubernetes.io/part-of": "alur"},
        },
        "spec": {"group": GROUP, "names": names, "scope": "Namespaced", "versions": [version]},
    }


def _schema(
    description: str,
    spec: type[BaseModel],
    status: type[BaseModel],
    rules: Mapping[str, tuple[Rule, ...]],
) -> Schema:
    schema: Schema = {
        "description": description,
        "type": "object",
        "required": ["spec"],
        "properties": {
            "apiVersion": {"type": "string", "description": f"{GROUP}/{VERSION}."},
            "kind": {"type": "string", "description": "The kind of the object."},
            "metadata": {"type": "object"},
            "spec": structural(spec.model_json_schema(by_alias=True)),
            "status": structural(status.model_json_schema(by_alias=True)),
        },
    }
    _walk(schema, "", lambda part, path: _annotate(part, path, rules))
    return schema


def _walk(schema: Schema, path: str, visit: Callable[[Schema, str], None]) -> None:
    visit(schema, path)
    for name, part in schema.get("properties", {}).items():
        _walk(part, f"{path}.{name}".lstrip("."), visit)
    if "items" in schema:
        _walk(schema["items"], f"{path}[]", visit)


def _annotate(schema: Schema, path: str, rules: Mapping[str, tuple[Rule, ...]]) -> None:
    """Add to one part of a schema what stands in the tables of rules."""
    if path in DECLARED:
        more = {name: dict(part) for name, part in DECLARED[path].items()}
        schema["properties"] = schema.get("properties", {}) | more
    if path in DEFAULTS:
        schema["default"] = DEFAULTS[path]
    if schema.get("type") == "array":
        keys = LISTS.get(path)
        schema["x-kubernetes-list-type"] = "map" if keys else "atomic"
        if keys:
            schema["x-kubernetes-list-map-keys"] = list(keys)
    if path in rules:
        known = schema.get("x-kubernetes-validations", [])
        schema["x-kubernetes-validations"] = [*known, *map(dict, rules[path])]
