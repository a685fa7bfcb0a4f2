"""What is valid and hardly meant."""

from __future__ import annotations

from typing import Any

import pytest

from alur_engine.validation import find_doubts, variables_named

MANUAL = {"name": "t", "type": "trigger.manual"}


def noop(name: str, **params: Any) -> dict[str, Any]:
    return {"name": name, "type": "core.noop", "params": params}


@pytest.mark.parametrize(
    ("spec", "paths"),
    [
        ({"nodes": [noop("a")]}, []),
        ({"triggers": [MANUAL], "nodes": [noop("a")]}, ["spec.nodes[0]"]),
        ({"triggers": [MANUAL], "nodes": [noop("a")], "edges": [{"from": "t", "to": "a"}]}, []),
        (
            {
                "triggers": [MANUAL],
                "nodes": [noop("a"), noop("b"), noop("c")],
                "edges": [{"from": "t", "to": "a"}, {"from": "b", "to": "c"}],
            },
            ["spec.nodes[1]", "spec.nodes[2]"],
        ),
        (
            {"nodes": [noop("a", x="={{ $json.a }}", y="{{ 1 }}", z="=5")]},
            ["spec.nodes[0].params.x"],
        ),
        (
            {
                "nodes": [
                    noop("a", x="$json.a", y="{ $json.a + 1 }", z=["${$vars.A}", "$('b').item"])
                ]
            },
            [f"spec.nodes[0].params.{place}" for place in ("x", "y", "z[0]", "z[1]")],
        ),
        (
            {
                "nodes": [
                    noop("a", x="$jsonnet", y="$5", z="costs $json", code="$json.a;\nreturn {}")
                ]
            },
            [],
        ),
    ],
)
def test_what_is_hardly_meant_is_told_with_its_path(spec: dict[str, Any], paths: list[str]) -> None:
    assert [doubt.path for doubt in find_doubts({"spec": spec})] == paths


def test_variables_are_found_in_expressions_alone() -> None:
    params = {"a": "{{ $vars.ONE + $vars?.TWO }}", "b": "$vars.THREE", "c": ["{{ $vars.ONE }}"]}
    named = variables_named({"spec": {"nodes": [noop("n", **params)]}})
    assert named == {"ONE": "spec.nodes[0].params.a", "TWO": "spec.nodes[0].params.a"}
