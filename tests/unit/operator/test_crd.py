"""The definitions that the cluster is given say of every field what it is for and how much fits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from alur_operator.domain.crd import run_crd, workflow_crd

OF_THE_SERVER = "the API server declares and bounds these itself and takes no more than the type"
BY_TYPE = "each type of node declares its own, which Alur checks; a request's size bounds all"
BY_USERS = "items of users, as many fields as they have; a request's size bounds all"
EXCEPTIONS: Mapping[str, str] = {
    "Workflow.apiVersion": OF_THE_SERVER,
    "Workflow.kind": OF_THE_SERVER,
    "Workflow.metadata": OF_THE_SERVER,
    "Workflow.spec.triggers[].params": BY_TYPE,
    "Workflow.spec.nodes[].params": BY_TYPE,
    "WorkflowRun.apiVersion": OF_THE_SERVER,
    "WorkflowRun.kind": OF_THE_SERVER,
    "WorkflowRun.metadata": OF_THE_SERVER,
    "WorkflowRun.spec.input[]": BY_USERS,
    "WorkflowRun.status.output[]": BY_USERS,
}
"""Why a field has no bound."""
Schema = Mapping[str, Any]


def fields(schema: Schema, path: str) -> Iterator[tuple[str, Schema]]:
    """Yield a field and all within it: an array's items as `[]`, the values of free keys as `{}`."""
    yield path, schema
    parts = {f"{path}.{name}": part for name, part in schema.get("properties", {}).items()}
    parts |= {f"{path}{mark}": schema[key] for key, mark in (("items", "[]"), ("additionalProperties", "{}")) if key in schema}  # fmt: skip
    for place, part in parts.items():
        yield from fields(part, place)


def is_bounded(schema: Schema) -> bool:
    """Whether no value of a field is larger than its definition says; raises `KeyError` for a type it does not know."""
    names = set(schema)
    by_type = {
        "boolean": True,
        "string": bool(names & {"maxLength", "enum"}),
        "array": "maxItems" in names,
        "integer": {"minimum", "maximum"} <= names,
        "number": {"minimum", "maximum"} <= names,
        "object": "maxProperties" in names or ("properties" in names and not is_open(schema)),
    }
    return by_type[schema["type"]]


def is_open(schema: Schema) -> bool:
    return bool(
        schema.get("x-kubernetes-preserve-unknown-fields") or "additionalProperties" in schema
    )


def of_both_kinds() -> dict[str, Schema]:
    found: dict[str, Schema] = {}
    for definition in (workflow_crd(), run_crd()):
        (version,) = definition["spec"]["versions"]
        schema = version["schema"]["openAPIV3Schema"]
        found |= dict(fields(schema, definition["spec"]["names"]["kind"]))
    return found


def test_every_field_is_described() -> None:
    named = {path: one for path, one in of_both_kinds().items() if path[-2:] not in {"[]", "{}"}}
    silent = {path for path, one in named.items() if not one.get("description", "").strip()}
    assert silent == {path for path in named if path.endswith(".metadata")}


def test_every_field_is_bounded_or_says_why_not() -> None:
    unbounded = {path for path, one in of_both_kinds().items() if not is_bounded(one)}
    assert unbounded == set(EXCEPTIONS)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "format": "date-time"},
        {"type": "array", "items": {"type": "boolean"}},
        {"type": "integer", "minimum": 0},
        {"type": "number", "maximum": 1},
        {"type": "object"},
        {"type": "object", "additionalProperties": {"type": "boolean"}},
        {"type": "object", "properties": {}, "x-kubernetes-preserve-unknown-fields": True},
    ],
    ids=str,
)
def test_a_field_without_its_bound_is_found(schema: Schema) -> None:
    assert not is_bounded(schema)
