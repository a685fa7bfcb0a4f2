"""All valid workflow documents of the tests: cases, examples, what pages show, and the example of each node type."""

from __future__ import annotations

import copy
from typing import Any

from alur_common.catalogue import load_catalogue
from alur_engine.reading import read_documents
from tests.unit.engine.validation.test_documents import CASES
from tests.unit.test_docs import EXAMPLES, SHOWN

Document = dict[str, Any]


def corpus(namespace: str = "") -> dict[str, Document]:
    """Return them by what they are, each with a name of its own, in a namespace where one is given."""
    found = {**_cases(), **_written(), **_of_node_types()}
    for number, document in enumerate(found.values()):
        document["metadata"]["name"] = f"corpus-{number}"
        document["metadata"].pop("namespace", None)
        if namespace:
            document["metadata"]["namespace"] = namespace
    return found


def with_ports(spec: Document) -> Document:
    """Return the spec with the ports of edges, which are the keys of their list."""
    ports = {"output": "main", "input": "main"}
    if "edges" not in spec:
        return spec
    return {**spec, "edges": [{**ports, **edge} for edge in spec["edges"]]}


def _cases() -> dict[str, Document]:
    good = [case for case in CASES if "spec" in case and not case.get("problems")]
    return {case["name"]: _around(copy.deepcopy(case["spec"])) for case in good}


def _written() -> dict[str, Document]:
    texts = {**EXAMPLES, **SHOWN}
    found: dict[str, Document] = {}
    for place, text in texts.items():
        for number, document in enumerate(read_documents(text)):
            if isinstance(document, dict) and document["kind"] == "Workflow":
                found[f"{place} {number}"] = document
    return found


def _of_node_types() -> dict[str, Document]:
    found = {}
    for entry in load_catalogue()["items"]:
        step = {"name": "it", "type": entry["type"], "params": entry["example"]}
        if entry["credentials"]:
            step["credentials"] = {slot["name"]: "some" for slot in entry["credentials"]}
        found[entry["type"]] = _around({"triggers" if entry["trigger"] else "nodes": [step]})
    return found


def _around(spec: Document) -> Document:
    return {
        "apiVersion": "alur.dev/v1alpha1",
        "kind": "Workflow",
        "metadata": {"name": "w"},
        "spec": spec,
    }
