"""What is valid and hardly meant."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from alur_engine.validation import find_doubts, variables_named
from alur_engine.validation.hidden import RANGES

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


@pytest.mark.parametrize(
    ("language", "code", "names"),
    [
        ("javascript", "return $('gone').all().concat($node[\"gone\"].all())", ["gone"]),
        ("javascript", "return [$node( `x` ), $( \"lost one\" ), $('n')]", ["lost one"]),
        ("javascript", "// $('gone')\n * $('gone')\nreturn jQuery.$('gone') + $gone('gone')", []),
        ("javascript", "return $('go' + 'ne') + '$' + $(`${1}`) + _node('gone')", []),
        ("python", "a = _node('gone').first()\nreturn _(\"lost\").all()", ["gone", "lost"]),
        ("python", "# _node('gone')\nreturn my_node('gone') + _node('n') + _node(name)", []),
    ],
)
def test_nodes_that_code_names_and_that_are_not_there_are_told(
    language: str, code: str, names: list[str]
) -> None:
    node = {"name": "n", "type": "core.code", "params": {"language": language, "code": code}}
    doubts = find_doubts({"spec": {"nodes": [node]}})
    assert [doubt.path for doubt in doubts] == ["spec.nodes[0].params.code"] * len(names)
    told = [f"there is no node or trigger {name!r}; known: `n`" for name in names]
    assert [doubt.message for doubt in doubts] == told


@pytest.mark.parametrize(
    ("params", "path", "told"),
    [
        ({"url": "https://a.exam\u200bple"}, "url", "1 characters that nobody sees (U+200B)"),
        ({"code": "/* \u202e } \u2066if (admin)\u2069 { */"}, "code", "U+202E, U+2066, U+2069"),
        ({"fields": {"to\ufefftal": 1}}, "fields.to\ufefftal", "U+FEFF"),
        ({"list": [{"a": "x\x1b[31m"}]}, "list[0].a", "U+001B"),
    ],
)
def test_characters_that_nobody_sees_are_told(
    params: dict[str, object], path: str, told: str
) -> None:
    node = {"name": "n", "type": "core.set", "params": params}
    (doubt,) = find_doubts({"spec": {"nodes": [node]}})
    assert (doubt.path, doubt.code) == (f"spec.nodes[0].params.{path}", "hidden-characters")
    assert told in doubt.message


def test_what_people_write_needs_none_of_them() -> None:
    texts = [
        "a\tb\r\nc",
        "naïve 日本語 \U0001f600",
        "\U0001f469\u200d\U0001f4bb",
        "\u0645\u06cc\u200c\u062e",
        "a\u00a0b",
    ]
    node = {"name": "n", "type": "core.set", "params": {"fields": texts}}
    assert find_doubts({"spec": {"nodes": [node]}}) == []


def test_the_editor_finds_the_same_characters() -> None:
    written = Path("services/editor/src/graph/hidden.ts").read_text(encoding="utf-8")
    ranges = re.findall(r"\[0x([0-9a-f]+), 0x([0-9a-f]+)\]", written)
    assert tuple((int(first, 16), int(last, 16)) for first, last in ranges) == RANGES
