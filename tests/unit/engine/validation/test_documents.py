"""Workflow documents that are wrong, as data: each with the path and the word that its problem must carry."""

from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from alur_common.catalogue import load_catalogue
from alur_engine.catalogue import Catalogue
from alur_engine.validation import validate_document
from alur_engine.validation.suggestions import MOST_HINTS
from alur_sdk.errors import Problem

CATALOGUE = Catalogue.from_json(load_catalogue())
CASES: list[dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("documents.yaml").read_text())


def workflow(spec: dict[str, Any]) -> dict[str, Any]:
    named = {"name": "w"}
    return {"apiVersion": "alur.dev/v1alpha1", "kind": "Workflow", "metadata": named, "spec": spec}


def a_set(name: str) -> dict[str, Any]:
    return {"name": name, "type": "core.set", "params": {"fields": {"a": 1}}}


def found(document: object) -> list[Problem]:
    workflow, problems = validate_document(document, CATALOGUE)
    assert (workflow is None) == bool(problems)
    return problems


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_document_is_refused_with_the_path_of_each_fault(case: dict[str, Any]) -> None:
    document = case["document"] if "document" in case else workflow(case["spec"])
    problems = found(document)
    expected = case.get("problems", {})
    assert {problem.path for problem in problems} == set(expected), problems
    for path, word in expected.items():
        said = " ".join(problem.message for problem in problems if problem.path == path)
        assert word in said


@pytest.mark.parametrize("entry", load_catalogue()["items"], ids=lambda entry: str(entry["type"]))
def test_the_example_of_every_node_type_is_accepted(entry: dict[str, Any]) -> None:
    step = {"name": "it", "type": entry["type"], "params": entry["example"]}
    slots = {"credentials": {slot["name"]: "some" for slot in entry["credentials"]}}
    if entry["trigger"]:
        problems = found(workflow({"triggers": [step | slots]}))
    else:
        problems = found(workflow({"nodes": [step | slots]}))
    assert problems == []


def test_what_the_server_owns_is_ignored_on_the_way_in() -> None:
    document = workflow({"nodes": [a_set("a")]})
    document["status"] = {"activeVersion": 3}
    document["metadata"] |= {
        "uid": "u",
        "createdAt": "2026-01-01T00:00:00Z",
        "resourceVersion": "9",
    }
    known, problems = validate_document(document, CATALOGUE)
    assert problems == []
    assert known is not None
    assert known.metadata.name == "w"


def test_the_document_is_not_changed() -> None:
    document = workflow({"nodes": [a_set("a")]}) | {"status": {}}
    before = yaml.safe_dump(document)
    validate_document(document, CATALOGUE)
    assert yaml.safe_dump(document) == before


def test_a_hundred_thousand_nodes_are_refused_at_once() -> None:
    document = workflow({"nodes": [a_set(f"n{i}") for i in range(100_000)]})
    begun = time.process_time()
    problems = found(document)
    assert [problem.path for problem in problems] == ["spec.nodes"]
    assert time.process_time() - begun < 0.5


def test_a_thousand_nodes_in_a_row_are_accepted() -> None:
    names = [f"n{i}" for i in range(1_000)]
    edges = [{"from": a, "to": b} for a, b in pairwise(names)]
    assert found(workflow({"nodes": [a_set(name) for name in names], "edges": edges})) == []


@given(st.permutations(range(8)), st.integers(2, 7))
def test_a_ring_of_nodes_is_one_cycle_whatever_their_order(order: list[int], size: int) -> None:
    ring = [f"n{i}" for i in order[:size]]
    edges = [{"from": a, "to": b} for a, b in zip(ring, [*ring[1:], ring[0]], strict=True)]
    problems = found(workflow({"nodes": [a_set(f"n{i}") for i in range(8)], "edges": edges}))
    assert [problem.code for problem in problems] == ["cycle"]
    assert all(repr(name) in problems[0].message for name in ring)


@given(st.sets(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=30))
def test_edges_that_only_lead_onwards_are_never_a_cycle(pairs: set[tuple[int, int]]) -> None:
    edges = [{"from": f"n{min(p)}", "to": f"n{max(p)}"} for p in pairs if p[0] < p[1]]
    document = workflow({"nodes": [a_set(f"n{i}") for i in range(10)], "edges": edges})
    assert found(document) == []


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(
                    ["metadata", "spec", "nodes", "edges", "name", "type", "params", "from"]
                )
                | st.text(max_size=5),
                inner,
                max_size=5,
            )
        ),
        max_leaves=30,
    )
)
def test_any_json_is_answered_and_never_ends_in_an_error(value: object) -> None:
    for document in (value, workflow(value), workflow({"nodes": value, "edges": value})):  # type: ignore[arg-type]  # on purpose of any shape
        validate_document(document, CATALOGUE)


def test_only_the_first_unknown_fields_of_a_place_are_compared_with_the_known_ones() -> None:
    many = {f"field{n}": 1 for n in range(100)}
    step = {"name": "a", "type": "core.set", "params": {"fields": {}, **many}}
    document = workflow({"nodes": [step], "edges": []})
    for problems in (
        validate_document(document, CATALOGUE)[1],
        validate_document(workflow({"nodes": [], **many}), CATALOGUE)[1],
    ):
        unknown = [each.message for each in problems if each.code == "unknown-field"]
        assert len(unknown) == 100
        assert sum(";" in message for message in unknown) == MOST_HINTS
