"""What a document names beside its own nodes: credentials, workflows, variables, pools and topics, each with its path.

Who saves a workflow, and who published what runs, must have the right to use all of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from alur_engine.catalogue import Catalogue, NodeType
from alur_engine.reading.limits import child_path

Named = Literal["credential", "workflow", "variable", "pool", "topic"]
OWN_POOL: Final = "default"
_WIDGETS: Final[Mapping[str, Named]] = {"workflow": "workflow", "topic": "topic"}
"""What a parameter's `x-ui.widget` says that it names."""
_VARIABLES = re.compile(r"(?:\$|\b_)vars\b(?:\s*(?:\?\.|\.)\s*([A-Za-z_]\w*))?")


@dataclass(frozen=True, slots=True)
class Reference:
    """Something that a document names. `name` is empty where only the run tells it: an expression says it."""

    kind: Named
    name: str
    path: str


def find_references(document: Mapping[str, Any], catalogue: Catalogue) -> list[Reference]:
    """Return all that a valid document names, however deep in its parameters, in the order of the document."""
    spec = document["spec"]
    found = [
        reference
        for part in ("triggers", "nodes")
        for index, step in enumerate(spec.get(part, ()))
        for reference in _of_step(step, f"spec.{part}[{index}]", catalogue.find(step["type"]))
    ]
    handler = spec.get("settings", {}).get("errorWorkflow")
    if handler:
        found.append(Reference("workflow", handler, "spec.settings.errorWorkflow"))
    return found


def _of_step(step: Mapping[str, Any], path: str, kind: NodeType | None) -> Iterator[Reference]:
    for slot, credential in step.get("credentials", {}).items():
        yield Reference("credential", credential, f"{path}.credentials.{slot}")
    pool = step.get("pool", OWN_POOL)
    if pool == OWN_POOL and kind is not None and kind.pool is not None:
        pool = kind.pool
    if pool != OWN_POOL:
        yield Reference("pool", pool, f"{path}.pool")
    params = step.get("params", {})
    if kind is not None:
        yield from dict.fromkeys(_by_schema(params, kind.parameters, f"{path}.params", kind))
    yield from _variables(params, f"{path}.params")


def _by_schema(value: object, schema: object, path: str, kind: NodeType) -> Iterator[Reference]:
    """Yield what the parameters name whose schema says so, in objects, lists and alternatives alike."""
    if not isinstance(schema, dict):
        return
    named = _WIDGETS.get(schema.get("x-ui", {}).get("widget", ""))
    if named is not None and isinstance(value, str):
        yield Reference(named, "" if "{{" in value else value, path)
    for narrower in _alternatives(schema, kind):
        yield from _by_schema(value, narrower, path, kind)
    if isinstance(value, dict):
        properties, others = schema.get("properties", {}), schema.get("additionalProperties")
        for key, member in value.items():
            inner = properties.get(key, others)
            yield from _by_schema(member, inner, child_path(path, key), kind)
    elif isinstance(value, list):
        for index, element in enumerate(value):
            yield from _by_schema(element, schema.get("items"), f"{path}[{index}]", kind)


def _alternatives(schema: Mapping[str, Any], kind: NodeType) -> Iterator[object]:
    for word in ("anyOf", "oneOf", "allOf"):
        yield from schema.get(word, ())
    reference = schema.get("$ref", "")
    if reference.startswith("#/$defs/"):
        yield kind.parameters.get("$defs", {}).get(reference.removeprefix("#/$defs/"))


def _variables(value: object, path: str) -> Iterator[Reference]:
    """Yield what any text names, expression or not: only what is named here does a run get to see."""
    for place, text in _texts(value, path):
        names = dict.fromkeys(_VARIABLES.findall(text))
        yield from (Reference("variable", name, place) for name in names)


def _texts(value: object, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict | list):
        for key, member in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _texts(member, child_path(path, key))
